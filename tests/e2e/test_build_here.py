"""`build: here`: the images are built by this machine's Engine, and another one, the server's, gets the layers that it lacks."""
import json
import os
import re

import pytest

from belay_world.commands import run

from light_app import LightApp, SERVE
from own_engine import OwnEngine

PORT = 18391
BASE, IMAGE, PROJECT = "belay-test-here-base", "belay-test-here", "belay-test-here"
BASE_BYTES = 6_000_000
COMPOSE = f"""\
name: {PROJECT}
services:
  web:
    build: {{ context: ., args: {{ GREETING: "${{GREETING}}" }} }}
    image: {IMAGE}
    ports: ["127.0.0.1:{PORT}:8080"]
"""
DOCKERFILE = f"""\
FROM {BASE}
ARG GREETING
COPY www /www
LABEL greeting=$GREETING
{SERVE}"""


class Builder(OwnEngine):
    """It builds, and runs nothing."""

    def __init__(self):
        super().__init__()
        self.make_base()

    def make_base(self):
        """An image that only this Engine has: what busybox has, and a layer that does not compress."""
        context = self.place / "base"
        context.mkdir()
        (context / "noise").write_bytes(os.urandom(BASE_BYTES))
        (context / "Dockerfile").write_text("FROM busybox:latest\nCOPY noise /noise\n")
        self.docker("build", "-q", "-t", BASE, context)

    def images(self):
        return self.docker("images", "--format", "{{.Repository}}").out.split()


@pytest.fixture(scope="module")
def builder():
    builder = Builder()
    yield builder
    builder.close()


class App(LightApp):
    def __init__(self, world, builder):
        super().__init__(world, "here", PROJECT, PORT)
        self.builder = builder
        (self.live / ".env").write_text("GREETING=from the server\n")
        self.write("compose.yml", COMPOSE)
        self.write("Dockerfile", DOCKERFILE)
        self.configure("build: here\n")
        self.write("www/version", "1")
        self.commit()

    def belay(self, *arguments):
        return self.world.belay(*arguments, "production", env={"DOCKER_HOST": self.builder.socket}, cwd=self.repository)

    def images_told(self):
        """What the host was told of the images, in the newest run."""
        run_of = sorted((self.live / ".belay" / "runs").iterdir())[-1]
        records = [json.loads(line[9:]) for line in (run_of / "journal.jsonl").read_text().splitlines()]
        return [record["detail"] for record in records if record["type"] == "heard" and record["what"].startswith("images")]

    def sent(self):
        """Bytes that went to the host, and those of the whole images."""
        [told] = self.images_told()
        units = {"B": 1, "kB": 1e3, "MB": 1e6}
        return [float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (B|kB|MB)", told)]


@pytest.fixture
def app(world, builder):
    app = App(world, builder)
    yield app
    app.gone(IMAGE)


@pytest.mark.core
def test_an_image_is_built_here_and_only_what_is_missing_is_sent(app):
    assert app.belay("check").code == 0
    first = app.belay("deploy")
    assert first.code == 0 and app.serves() == "1", first
    sent, whole = app.sent()
    assert 0.99 * BASE_BYTES < sent < whole  # the layers of busybox are there
    label = run("docker", "inspect", "-f", "{{.Config.Labels.greeting}}", f"{PROJECT}-web-1").out.strip()
    assert label == "from the server"  # compose's model is the server's, wherever it is built

    app.write("www/version", "2")
    app.commit()
    second = app.belay("deploy")
    assert second.code == 0 and app.serves() == "2", second
    sent, whole = app.sent()
    assert sent < 100_000 and whole > BASE_BYTES
    assert sorted(app.builder.images()) == sorted([BASE, "busybox"])  # nothing is left here

    back = app.belay("rollback")
    assert back.code == 0 and app.serves() == "1", back


def test_a_build_that_fails_here_is_told_with_its_words_and_leaves_nothing(app):
    assert app.belay("deploy").code == 0
    before = app.world.inventory()
    app.write("Dockerfile", DOCKERFILE + "COPY nothing.like.this /\n")
    app.commit()
    failed = app.belay("deploy")
    assert failed.code == 1 and app.serves() == "1", failed
    assert "could not be built where belay was started" in failed.out + failed.err and "nothing.like.this" in failed.out + failed.err
    assert app.world.inventory().images == before.images
    assert not list((app.live / ".belay").rglob("built"))


def test_what_only_the_server_has_is_not_fetched_for_a_build_here(app):
    (app.live / "token").write_text("secret")
    app.write("compose.yml", COMPOSE.replace("args:", "secrets: [token], args:") + "secrets:\n  token: { file: ./token }\n")
    app.commit()
    refused = app.belay("deploy")
    assert refused.code != 0 and "the secret token is" in refused.out + refused.err and "build: host" in refused.out + refused.err, refused
    assert not run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}").out


def test_without_an_engine_here_nothing_is_begun(app):
    found = app.world.belay("deploy", "production", env={"DOCKER_HOST": "unix:///nowhere.sock"}, cwd=app.repository)
    assert found.code == 2 and "nothing to build with" in found.err + found.out, found
    assert not (app.live / ".belay").exists()
