"""`registries:`: a private image is pulled with a login that comes with the deployment, and is nowhere afterwards."""
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from belay_world.commands import run, wait_until
from light_app import LightApp

PORT, PROJECT = 18392, "belay-test-registry"
USER, PASSWORD = "ci", "s3cret-w0rd-of-the-registry"
COMPOSE = """\
name: {project}
services:
  web:
    image: {image}
    ports: ["127.0.0.1:{port}:8080"]
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Registry:
    """A real one, that lets nobody in without the password."""

    def __init__(self, place):
        self.name = f"127.0.0.1:{free_port()}"
        self.place = place / "registry"
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        (self.place / "users").write_text(run("htpasswd", "-nbB", USER, PASSWORD).out)
        (self.place / "config.yml").write_text(
            f"version: 0.1\nstorage: {{ filesystem: {{ rootdirectory: {self.place}/data }} }}\nhttp: {{ addr: \"{self.name}\" }}\n"
            f"auth: {{ htpasswd: {{ realm: test, path: {self.place}/users }} }}\n"
        )
        with open(self.place / "log", "wb") as log:
            self.process = subprocess.Popen(["docker-registry", "serve", self.place / "config.yml"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until("the registry listens", self.listens, limit=60)

    def listens(self):
        host, port = self.name.split(":")
        with socket.socket() as one:
            return one.connect_ex((host, int(port))) == 0

    def push(self, tag):
        """An image that says its tag, and that nobody here has any more."""
        image, context, config = f"{self.name}/shop/web:{tag}", self.place / tag, self.place / "login"
        context.mkdir()
        (context / "Dockerfile").write_text(f'FROM busybox:latest\nRUN mkdir -p /www && echo {tag} >/www/version\nCMD ["httpd", "-f", "-p", "8080", "-h", "/www"]\n')
        own = os.environ | {"DOCKER_CONFIG": str(config)}
        run("docker", "build", "-q", "-t", image, context)
        run("docker", "login", "-u", USER, "-p", PASSWORD, self.name, env=own)
        run("docker", "push", "-q", image, env=own)
        run("docker", "rmi", image)

    def close(self):
        self.process.terminate()
        self.process.wait(60)


@pytest.fixture
def registry(world):
    registry = Registry(world.place)
    yield registry
    registry.close()


class App(LightApp):
    def __init__(self, world, registry):
        super().__init__(world, "private", PROJECT, PORT)
        self.image = f"{registry.name}/shop/web"
        self.configure(environment=f'registries: {{ "{registry.name}": {{ user: ci, password: "${{REGISTRY_PASSWORD}}" }} }}\n')

    def deploy(self, tag, password):
        self.write("compose.yml", COMPOSE.format(project=PROJECT, image=f"{self.image}:{tag}", port=PORT))
        self.commit()
        return self.world.belay("deploy", "production", env={"REGISTRY_PASSWORD": password}, cwd=self.repository)

    def files_with(self, word):
        """Of all that belay keeps on the server."""
        return [file for file in (self.live / ".belay").rglob("*") if file.is_file() and word.encode() in file.read_bytes()]

    def gone(self, image):
        super().gone(image)
        for kept in run("docker", "images", "--format", "{{.Repository}}:{{.Tag}}").out.split():
            if PROJECT in kept:
                run("docker", "rmi", "-f", kept, check=False)


@pytest.fixture
def app(world, registry):
    app = App(world, registry)
    yield app
    app.gone(app.image)


def docker_config():
    file = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker")) / "config.json"
    return file.read_text() if file.exists() else None


@pytest.mark.core
def test_a_private_image_comes_with_the_login_of_the_deployment_which_is_nowhere_afterwards(app, registry):
    before = docker_config()
    registry.push("one")
    deployed = app.deploy("one", PASSWORD)
    assert deployed.code == 0, deployed
    assert app.serves() == "one"
    assert PASSWORD not in deployed.out + deployed.err
    assert app.files_with(PASSWORD) == []
    assert docker_config() == before

    registry.push("two")
    refused = app.deploy("two", "another-password")
    assert refused.code in (1, 2), refused
    assert registry.name in refused.out and "in belay.yml, or docker login on the server" in refused.out
    assert "another-password" not in refused.out + refused.err
    assert app.files_with("another-password") == []
    assert app.serves() == "one"

    deployed = app.deploy("two", PASSWORD)
    assert deployed.code == 0, deployed
    assert app.serves() == "two"
