"""`compose: { host: … }`: one repository per service, the stack beside them. Two repositories share one compose project, and neither touches what is the other's."""
import fcntl
import json
import os
import shutil
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pytest
from belay_world.commands import run, wait_until
from light_app import LightApp

PROJECT, IMAGE = "belay-test-stack", "belay-test-stack"
PORTS = {"api": 18384, "web": 18385}
DOCKERFILE = """\
FROM busybox:latest
COPY www /www
CMD ["sh", "-c", "test ! -e /www/broken && exec httpd -f -p 8080 -h /www"]
"""


class Service(LightApp):
    """The repository of one service; the stack's compose file builds it from this service's live directory."""

    def __init__(self, world, name, stack):
        super().__init__(world, f"stack-{name}", PROJECT, PORTS[name])
        self.service, self.stack = name, stack
        self.write("Dockerfile", DOCKERFILE)
        self.version("1")

    def configure(self, keys=""):
        production = textwrap.indent(textwrap.dedent(f"""\
            host: ${{VPS_USER}}@${{VPS_HOST}}
            path: {self.live}
            compose: {{ host: {self.stack}/compose.yml }}
            health: {{ url: "http://127.0.0.1:{self.port}/version", attempts: 20, interval: 100ms }}
            """), "    ")
        self.write("belay.yml", f"app: {self.name}\nservices: [{self.service}]\nenvironments:\n  production:\n{production}{keys}")

    def version(self, version, broken=False):
        self.configure()
        self.write("www/version", version)
        if broken:
            self.write("www/broken", "")
        else:
            (self.repository / "www/broken").unlink(missing_ok=True)
        self.commit()

    def belay(self, *arguments, **options):
        return self.world.belay(*arguments, cwd=self.repository, **options)

    def deploy(self):
        return self.belay("deploy", "production")

    def container(self):
        return run("docker", "ps", "-aq", "--no-trunc", "--filter", f"label=com.docker.compose.project={PROJECT}",
                   "--filter", f"label=com.docker.compose.service={self.service}").out.split()


class Stack:
    def __init__(self, world):
        self.directory = world.root / "stack"
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.api, self.web = Service(world, "api", self.directory), Service(world, "web", self.directory)
        self.write()
        (self.directory / ".env").write_text("GREETING=hello\n")

    def write(self, more=""):
        services = "".join(textwrap.indent(textwrap.dedent(f"""\
            {one.service}:
              build: {context}
              image: {IMAGE}-{one.service}
              depends_on: [db]
              environment: {{ GREETING: "${{GREETING}}"{more} }}
              ports: ["127.0.0.1:{one.port}:8080"]
            """), "  ") for one, context in ((self.api, f"../{self.api.name}"), (self.web, self.web.live)))
        (self.directory / "compose.yml").write_text(
            f"name: {PROJECT}\nservices:\n{services}  db:\n    image: busybox:latest\n    command: [sleep, \"100000\"]\n    volumes: [data:/data]\nvolumes:\n  data:\n")

    def compose(self, *arguments):
        return run("docker", "compose", *arguments, cwd=self.directory)

    def containers(self):
        found = run("docker", "ps", "-a", "--no-trunc", "--filter", f"label=com.docker.compose.project={PROJECT}", "--format", "{{.ID}} {{.Names}} {{.State}}").out
        return {line.split()[1]: (line.split()[0], line.split()[2]) for line in found.splitlines()}

    def networks(self):
        return run("docker", "network", "ls", "-q", "--filter", f"label=com.docker.compose.project={PROJECT}").out.split()

    def changed_by(self, act):
        """What is not as before, by the containers' names."""
        before = self.containers()
        act()
        after = self.containers()
        return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}

    def gone(self):
        run("docker", "compose", "-p", PROJECT, "down", "-v", "-t", "1", check=False)
        for one in (self.api, self.web):
            one.gone(f"{IMAGE}-{one.service}")
        shutil.rmtree(self.directory)


@pytest.fixture
def stack(world):
    stack = Stack(world)
    yield stack
    stack.gone()


def deployed(service):
    result = service.deploy()
    assert result.code == 0, result


def names(*services):
    return {f"{PROJECT}-{service}-1" for service in services}


@pytest.mark.core
def test_two_repositories_deploy_into_one_stack_and_neither_touches_the_other(stack):
    api, web = stack.api, stack.web
    planned = api.belay("plan", "production")
    assert planned.code == 0 and f"-f {stack.directory}/compose.yml" in planned.out, planned
    assert stack.containers() == {}
    assert stack.changed_by(lambda: deployed(api)) == names("api", "db")
    assert stack.changed_by(lambda: deployed(web)) == names("web")
    assert (api.serves(), web.serves()) == ("1", "1")

    api.version("2")
    assert stack.changed_by(lambda: deployed(api)) == names("api")
    web.version("2", broken=True)
    failures = []
    stack.changed_by(lambda: failures.append(web.deploy()))
    assert failures[0].code == 1, failures
    assert (api.serves(), web.serves()) == ("2", "1")
    web.version("3")
    assert stack.changed_by(lambda: deployed(web)) == names("web")

    back = []
    assert stack.changed_by(lambda: back.append(api.belay("rollback", "production"))) == names("api")
    assert back[0].code == 0, back
    assert (api.serves(), web.serves()) == ("1", "3")

    assert stack.changed_by(lambda: stack.compose("up", "-d")) == set()
    assert (api.live / "www/version").read_text() == "1" and (web.live / "www/version").read_text() == "3"


def test_each_command_works_and_the_services_of_others_are_refused(stack):
    api = stack.api
    deployed(api)
    checked = api.belay("check", "production")
    assert checked.code == 0, checked
    status = api.belay("status", "production")
    assert status.code == 0 and "api" in status.out and "web" not in status.out, status
    assert api.belay("exec", "production", "--", "cat", "/www/version").out.strip() == "1"
    assert api.belay("logs", "production").code == 0
    refused = []
    assert stack.changed_by(lambda: refused.append(api.belay("up", "production", "db"))) == set()
    assert refused[0].code == 2 and "docker compose up -d db" in refused[0].err, refused
    run("docker", "stop", "-t", "1", api.container()[0])
    up = api.belay("up", "production")
    assert up.code == 0, up
    assert api.serves() == "1"


def test_what_was_started_by_hand_is_adopted_and_gone_back_to(stack):
    shutil.copytree(stack.api.repository / "www", stack.api.live / "www")
    shutil.copy(stack.api.repository / "Dockerfile", stack.api.live)
    shutil.copytree(stack.web.repository / "www", stack.web.live / "www")
    shutil.copy(stack.web.repository / "Dockerfile", stack.web.live)
    stack.compose("up", "-d", "--build")
    assert stack.changed_by(lambda: stack.compose("up", "-d")) == set()
    stack.api.version("2")
    assert stack.changed_by(lambda: deployed(stack.api)) == names("api")
    assert stack.api.serves() == "2"
    assert stack.changed_by(lambda: stack.compose("up", "-d")) == set()
    assert stack.changed_by(lambda: stack.api.belay("rollback", "production")) == names("api")
    assert stack.api.serves() == "1"


def test_a_rollback_brings_the_definition_of_its_service_back(stack):
    deployed(stack.api)
    stack.write(more=", ADDED: yes")
    stack.api.version("2")
    deployed(stack.api)
    environment = lambda: run("docker", "inspect", "-f", "{{.Config.Env}}", stack.api.container()[0]).out
    assert "ADDED=yes" in environment() and "GREETING=hello" in environment()
    kept = list((stack.api.live / ".belay/releases").glob(f"*/compose/{str(stack.directory).lstrip('/')}/compose.yml"))
    assert len(kept) == 2 and kept[0].read_text() != kept[1].read_text()
    assert stack.api.belay("rollback", "production").code == 0
    assert "ADDED" not in environment() and stack.api.serves() == "1"


def test_what_others_stopped_or_changed_is_left_to_them_and_not_spoken_of(stack):
    deployed(stack.api)
    deployed(stack.web)
    run("docker", "stop", "-t", "1", f"{PROJECT}-db-1")
    stack.write(more=", ADDED: yes")
    stack.api.version("2")
    results = []
    assert stack.changed_by(lambda: results.append(stack.api.deploy())) == names("api")
    assert results[0].code == 0, results
    assert "not released" not in results[0].out and "web" not in results[0].out, results
    checked = stack.api.belay("check", "production")
    assert "not released" not in checked.out, checked


def test_two_deployments_at_once_make_each_network_once(stack):
    with ThreadPoolExecutor() as both:
        for result in both.map(lambda one: one.deploy(), (stack.api, stack.web)):
            assert result.code == 0, result
    assert len(stack.networks()) == 1
    assert (stack.api.serves(), stack.web.serves()) == ("1", "1")
    assert stack.changed_by(lambda: stack.compose("up", "-d")) == set()


def test_a_deployment_waits_while_another_one_makes_its_containers_there(stack):
    def told():
        return any("waiting: another deployment makes its containers" in journal.read_text() for journal in stack.api.live.glob(".belay/runs/*/journal.jsonl"))

    held = os.open(stack.directory, os.O_RDONLY)
    with ThreadPoolExecutor() as beside:
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            deploying = beside.submit(stack.api.deploy)
            wait_until("the deployment waits", lambda: told() or deploying.done())
            assert not deploying.done() and stack.containers() == {}
        finally:
            os.close(held)
        result = deploying.result()
    assert result.code == 0 and stack.api.serves() == "1", result


def test_a_stack_that_is_not_there_is_told_before_anything_is_touched(stack):
    (stack.directory / "compose.yml").unlink()
    planned = stack.api.belay("plan", "production")
    assert planned.code == 2 and f"{stack.directory}/compose.yml is not on the host" in planned.out + planned.err, planned
    failed = stack.api.deploy()
    assert failed.code != 0 and stack.containers() == {}, failed
    assert json.loads(stack.api.belay("releases", "production", "--json").out)["releases"] == []
