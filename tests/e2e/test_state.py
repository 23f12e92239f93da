"""belay's own directory lies outside of the live directory. One that an older belay left there is moved, and nothing of the app notices."""
import json
import os
import shutil

import pytest
from belay_world.commands import run
from belay_world.state import state_of
from light_app import LightApp

PORT, PROJECT, IMAGE = 18431, "belay-test-state", "belay-test-state"
COMPOSE = f"""\
name: {PROJECT}
services:
  web:
    build: .
    image: {IMAGE}
    stop_grace_period: 1s
    ports: ["127.0.0.1:{PORT}:8080"]
    environment: {{{{ PASSWORD: a-very-secret-word }}}}
    volumes: ["./www/motd:/www/motd:ro"{{more}}]
"""
DOCKERFILE = """\
FROM busybox:latest
COPY . /app
COPY www /www
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
"""
EDGE = 'edge: { image: "haproxy:2.6", drain_timeout: 1s }\n'


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "state", PROJECT, PORT)
        self.state = state_of(self.live)
        self.write("app/Dockerfile", DOCKERFILE)

    def release(self, version, environment="", mounts="", good=True):
        self.configure("source: app\n", environment)
        self.write("app/compose.yml", COMPOSE.format(more=mounts))
        self.write("app/Dockerfile", DOCKERFILE if good else DOCKERFILE.replace('"httpd"', '"false"'))
        self.write("app/www/version", version)
        self.write("app/www/motd", f"release {version}\n")
        self.commit()

    def belay(self, *arguments):
        return self.world.belay(*arguments, "production", cwd=self.repository)

    def deploy(self, version, **options):
        self.release(version, **options)
        deployed = self.belay("deploy")
        assert deployed.code == 0 and self.serves() == version, deployed
        return deployed

    def begin_as_an_older_belay(self):
        """A state that is a mount point in the live directory stays there, with all that is made by its path."""
        (self.live / ".belay").mkdir()
        run("mount", "-t", "tmpfs", "tmpfs", self.live / ".belay")

    def end_as_an_older_belay(self, *users):
        """It is a plain directory now. `users` are containers that have it mounted."""
        for name in users:
            run("docker", "stop", "-t", "1", name)
        kept = self.live.with_name("kept-state")
        run("cp", "-a", self.live / ".belay", kept)
        run("umount", "-l", self.live / ".belay")
        (self.live / ".belay").rmdir()
        run("mv", kept, self.live / ".belay")
        shutil.rmtree(self.state)
        for name in users:
            run("docker", "start", name)

    def is_settled(self):
        assert (self.live / ".belay").is_symlink() and os.readlink(self.live / ".belay") == str(self.state)
        assert sorted(entry.name for entry in self.live.iterdir()) == [".belay", "Dockerfile", "compose.yml", "www"]
        assert self.state.stat().st_mode & 0o777 == 0o700 and (self.state / "current/release.json").exists()

    def container(self, kind="web"):
        return json.loads(run("docker", "inspect", f"{PROJECT}-{kind}-1").out)[0]


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    for place in (app.live / ".belay", app.live, app.state):
        run("umount", "-l", place, check=False)
    app.gone(IMAGE)


def holds_a_secret(container):
    """Whether anything of belay's can be read in a container, by a search of all that has a name in it."""
    found = run("docker", "exec", container, "sh", "-c", "find / /whole -xdev -path /proc -prune -o -name release.json -print -o -name 'journal.jsonl' -print -o -name 'belay-*' -type f -print").out
    inside = run("docker", "exec", container, "sh", "-c", "ls /app/.belay/ 2>&1", check=False)
    return found.split(), inside


def test_neither_an_image_nor_a_container_of_the_live_directory_gets_belays_state(app):
    app.deploy("1", mounts=', ".:/whole"')
    app.deploy("2", mounts=', ".:/whole"')
    app.is_settled()
    run("docker", "compose", "build", cwd=app.live)  # as an operator types it
    run("docker", "compose", "up", "-d", cwd=app.live)
    found, inside = holds_a_secret(f"{PROJECT}-web-1")
    assert found == [] and inside.code != 0, (found, inside)
    assert run("docker", "exec", f"{PROJECT}-web-1", "readlink", "/whole/.belay").out.strip() == str(app.state)
    assert run("docker", "exec", f"{PROJECT}-web-1", "ls", "/whole/.belay/", check=False).code != 0


def test_what_a_container_makes_of_the_link_is_put_right_and_never_followed(app):
    app.deploy("1", mounts=', ".:/whole"')
    run("docker", "exec", f"{PROJECT}-web-1", "sh", "-c", "cd /whole && rm .belay && mkdir -p forged/bin && ln -s forged .belay")
    assert app.belay("status").code == 0
    app.deploy("2")
    assert os.readlink(app.live / ".belay") == str(app.state)
    assert sorted(entry.name for entry in (app.live / "forged").rglob("*")) == ["bin"]


@pytest.mark.parametrize("where", ["same disk", "another disk", "behind an edge"])
def test_a_state_in_the_live_directory_is_read_there_and_moved_by_a_deployment(app, where):
    environment = EDGE if where == "behind an edge" else ""
    if where == "another disk":
        run("mount", "-t", "tmpfs", "tmpfs", app.live)
    app.begin_as_an_older_belay()
    app.deploy("1", environment=environment)
    app.deploy("2", environment=environment)
    edge = [f"{PROJECT}-belay-edge-1"] if environment else []
    app.end_as_an_older_belay(*edge)
    ids = [app.container("belay-edge")["Id"] for _ in edge]

    for command in ("status", "releases", "check", "plan"):
        assert app.belay(command).code == 0, app.belay(command)
    assert (app.live / ".belay").is_dir() and not (app.live / ".belay").is_symlink()
    first, second = sorted(entry.name for entry in (app.live / ".belay/releases").iterdir())

    app.deploy("3", environment=environment)
    app.is_settled()
    assert [app.container("belay-edge")["Id"] for _ in edge] == ids
    for name in edge:  # Docker mounts it by the path that it had
        run("docker", "restart", "-t", "1", name)
    assert app.belay("status").code == 0 and app.serves() == "3"
    for release, version in ((second, "2"), (first, "1")):
        back = app.world.belay("rollback", "production", release, cwd=app.repository)
        assert back.code == 0 and app.serves() == version, back
    app.is_settled()


@pytest.mark.core
def test_a_state_on_another_disk(app):
    """What is published, and what is brought back, goes from one file system to the other."""
    app.state.mkdir(parents=True)
    run("mount", "-t", "tmpfs", "tmpfs", app.state)
    app.deploy("1")
    app.deploy("2")
    os.chown(app.live / "www/motd", 1234, 1234)
    app.release("3", good=False)
    failed = app.belay("deploy")
    assert failed.code == 1 and app.serves() == "2", failed
    assert (app.live / "www/motd").read_text() == "release 2\n" and (app.live / "www/motd").stat().st_uid == 1234
    assert not list((app.state / "replaced").iterdir())
