"""Whose is it: what belongs to another directory, another project or nobody's is refused by each command, and goes on as it runs."""
import socket

import pytest
from belay_world.commands import run
from belay_world.state import state_of
from light_app import DOCKERFILE, HEALTH, LightApp

NAME, PORTS = "belay-test-own", {"staging": 18421, "production": 18422}
OTHER_PORT = 18423
# No name: the directory's last name is the project's.
COMPOSE = """\
services:
  web: {{ build: ., {name}ports: ["127.0.0.1:${{PORT}}:8080"], stop_grace_period: 0s }}
  side: {{ image: "busybox:latest", command: [sleep, "100000"], {side}stop_grace_period: 0s }}
"""
ENVIRONMENT = """\
  {name}:
    host: ${{VPS_USER}}@${{VPS_HOST}}
    path: {live}
    compose: compose.yml
    services: [web]
    {health}{more}"""


class App(LightApp):
    """One repository, and two live directories of one name; the server's .env says the port of each."""

    def __init__(self, world):
        super().__init__(world, NAME, NAME, PORTS["production"])
        self.lives = {name: world.root / name / NAME for name in PORTS}
        for name, live in self.lives.items():
            live.mkdir(parents=True)
            self.publish(name, PORTS[name])
        self.write("Dockerfile", DOCKERFILE)

    def publish(self, environment, port):
        (self.lives[environment] / ".env").write_text(f"PORT={port}\n")
        self.health = getattr(self, "health", {}) | {environment: HEALTH.format(port=port)}

    def release(self, version, name="", side="", project="", keys=""):
        """`name` and `side`: container names; `project`: of production; `keys` of each environment."""
        more = {"production": (f"    project: {project}\n" if project else "") + keys, "staging": keys}
        self.write("belay.yml", f"app: {NAME}\nenvironments:\n" + "".join(
            ENVIRONMENT.format(name=each, live=live, health=self.health[each], more=more[each]) for each, live in self.lives.items()))
        named = {"name": name, "side": side}
        self.write("compose.yml", COMPOSE.format(**{key: f"container_name: {value}, " if value else "" for key, value in named.items()}))
        self.write("version", version)
        self.commit()

    def belay(self, *arguments):
        return self.world.belay(*arguments, cwd=self.repository)

    def deploys(self, environment="production"):
        ended = self.belay("deploy", environment)
        assert ended.code == 0, ended
        return ended

    def refused(self, *words, environment="production", commands=("check", "plan", "deploy")):
        """Each of the commands says all these words, and no container is another one afterwards, or was started again."""
        before = running()
        for command in commands:
            ended = self.belay(command, environment)
            assert ended.code == (2 if command == "plan" else 1), ended
            for word in words:
                assert word in ended.out + ended.err, (word, ended)
            assert running() == before, ended

    def clean(self):
        for project in (NAME, "belay-test-own-production"):
            run("docker", "compose", "-p", project, "down", "-v", "-t", "0", check=False)
            for image in run("docker", "images", "-q", f"{project}-web").out.split():
                run("docker", "rmi", "-f", image, check=False)
        for live in self.lives.values():
            run("rm", "-rf", state_of(live), live)


def running():
    """Every container of these tests, with the time of its start."""
    ids = run("docker", "ps", "-aq", "--no-trunc").out.split()
    lines = run("docker", "inspect", "-f", "{{.Id}} {{.Name}} {{.State.StartedAt}} {{.State.Status}}", *ids).out.splitlines() if ids else []
    return {line.split()[0]: line for line in lines if " /belay-test-own" in line}


def changed(before, after):
    """The names of what was there and is gone or was started again."""
    return {line.split()[1] for identity, line in before.items() if after.get(identity) != line}


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.clean()


@pytest.fixture
def stranger():
    """Starts containers by hand, as an operator does who has heard of neither compose nor belay."""
    made = []

    def start(name, *options):
        run("docker", "run", "-d", "--name", name, *options, "busybox:latest", "sleep", "100000")
        made.append(name)

    yield start
    for name in made:
        run("docker", "rm", "-f", name)


@pytest.mark.core
def test_staging_and_production_of_one_directory_name_are_one_project_and_neither_touches_the_other(app):
    app.release("1")
    app.deploys("staging")
    app.refused(f"container {NAME}-web-1 is of compose project {NAME} in {app.lives['staging']}", "project: in belay.yml")

    app.release("2", project="belay-test-own-production")
    before = running()
    app.deploys()
    assert changed(before, running()) == set()
    app.release("3", project="belay-test-own-production")
    before = running()
    app.deploys()
    app.belay("rollback", "production")
    assert changed(before, running()) == {"/belay-test-own-production-web-1"}
    before = running()
    app.deploys("staging")
    assert changed(before, running()) == {f"/{NAME}-web-1"}
    assert app.serves() == "2"


@pytest.mark.parametrize("image_of_ours", [False, True], ids=["of another image", "of the image that compose built"])
def test_a_container_made_by_hand_under_a_wanted_name_is_refused_and_goes_on(app, stranger, image_of_ours):
    """An image that compose built gives the project's label to whatever is made of it."""
    labels = ("--label", f"com.docker.compose.project={NAME}", "--label", "com.docker.compose.service=web") if image_of_ours else ()
    stranger("belay-test-own-taken", *labels)
    app.release("1", name="belay-test-own-taken")
    app.refused("the name belay-test-own-taken has a container made without compose (image busybox:latest)", "another container_name")


def test_with_as_compose_the_name_of_a_service_beside_it_is_refused_too(app, stranger):
    stranger("belay-test-own-side")
    app.release("1", side="belay-test-own-side", keys="    accessories: as-compose\n")
    app.refused("the name belay-test-own-side has a container made without compose")


@pytest.mark.core
def test_a_port_that_is_taken_is_refused_by_each_command_and_by_a_rollback(app, stranger):
    app.release("1")
    app.deploys()
    # The release that serves has another port, and the one to go back to has what a stranger takes meanwhile.
    app.publish("production", OTHER_PORT)
    app.release("2")
    app.deploys()
    stranger("belay-test-own-port", "-p", f"127.0.0.1:{PORTS['production']}:80")
    app.refused(f"127.0.0.1:{PORTS['production']} by container belay-test-own-port", "stop what holds them", commands=["rollback"])

    app.publish("production", PORTS["production"])
    app.release("3")
    app.refused(f"127.0.0.1:{PORTS['production']} by container belay-test-own-port", "publish other ports")
    with socket.create_server(("127.0.0.1", 18424)):
        app.publish("production", 18424)
        app.release("4")
        app.refused("127.0.0.1:18424 by another program")


def test_a_name_that_a_stranger_took_is_refused_by_a_rollback(app, stranger):
    app.release("1", name="belay-test-own-first")
    app.deploys()
    app.release("2", name="belay-test-own-second")
    app.deploys()
    stranger("belay-test-own-first")
    app.refused("the name belay-test-own-first has a container made without compose", commands=["rollback"])


def test_a_network_and_a_volume_of_another_project_are_used_as_compose_uses_them_and_their_owner_is_told(app):
    made = ("--label", "com.docker.compose.project=belay-other")
    run("docker", "network", "create", "--label", "com.docker.compose.network=default", *made, f"{NAME}_default")
    run("docker", "volume", "create", *made, f"{NAME}_data")
    try:
        app.release("1")
        app.write("compose.yml", COMPOSE.format(name="volumes: [data:/data], ", side="") + "volumes: { data: {} }\n")
        app.commit()
        words = [f"{kind} {NAME}_{key} is of compose project belay-other" for kind, key in (("network", "default"), ("volume", "data"))]
        ids = run("docker", "network", "inspect", "-f", "{{.Id}} {{.Created}}", f"{NAME}_default").out
        for command in ("check", "plan", "deploy"):
            ended = app.belay(command, "production")
            assert all(word in ended.out for word in words), ended
            assert command == "check" or ended.code == 0, ended
        assert app.serves() == "1"
        assert run("docker", "network", "inspect", "-f", "{{.Id}} {{.Created}}", f"{NAME}_default").out == ids
    finally:
        run("docker", "compose", "-p", NAME, "down", "-t", "0", check=False)
        run("docker", "network", "rm", f"{NAME}_default", check=False)
        run("docker", "volume", "rm", f"{NAME}_data", check=False)
