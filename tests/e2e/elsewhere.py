"""Deployments to hosts that are not the world's server: each test file brings its host, and all share the machine's Engine or have their own."""
import functools
import os
import shutil
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

from belay_world.commands import run
from belay_world.machine import REPOSITORY, SCRIPTS

COMPOSE = """\
name: {name}
services:
  web:
    build: .
    image: {name}
{ports}    stop_grace_period: 1s
{more}"""
SERVES = ["httpd", "-f", "-p", "8080", "-h", "/www"]
DIES = ["sh", "-c", "echo no such database >&2; exit 1"]


@functools.cache
def engine_is_ready():
    """The machine's Engine runs and has busybox; the rest of the world is not needed here."""
    run(SCRIPTS / "engine", "start", limit=120)
    run(SCRIPTS / "images", limit=1800)


def binary(place):
    """belay as it is sent, without the debugger's symbols."""
    built = Path(os.environ.get("BELAY_BINARY") or REPOSITORY / "build/release/belay_with_fault_points")
    run("strip", "-o", place / "belay", built)
    return place / "belay"


class Elsewhere:
    """A user's machine: belay, a home, ssh's configuration and an app's repository."""

    def __init__(self, name, port, live):
        engine_is_ready()
        self.name, self.port, self.live = name, port, Path(live)
        self.place = Path(tempfile.mkdtemp(prefix=f"{name}-"))
        self.home, self.repository = self.place / "home", self.place / "repository"
        self.home.mkdir()
        self.repository.mkdir()
        self.binary, self.config, self.known_hosts = binary(self.place), self.place / "ssh_config", self.place / "known_hosts"
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments):
        run("git", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments, cwd=self.repository)

    def write(self, name, text):
        file = self.repository / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def release(self, version, command=SERVES, host="host", keys="", compose="", health=True, ports=True, image=""):
        """Commits a release that serves /version, or does not."""
        url = f'    health: {{ url: "http://127.0.0.1:{self.port}/version", attempts: 60, interval: 100ms }}\n' if health else ""
        self.write("belay.yml", f"app: {self.name}\nservices: [web]\nenvironments:\n  production:\n    host: {host}\n    path: {self.live}\n{url}{keys}")
        self.write("compose.yml", COMPOSE.format(name=self.name, ports=f'    ports: ["127.0.0.1:{self.port}:8080"]\n' if ports else "", more=compose))
        words = ", ".join(f'"{word}"' for word in command)
        self.write("Dockerfile", f"FROM busybox\nCOPY www /www\n{image}CMD [{words}]\n")
        self.write("www/version", version)
        self.git("add", "-A")
        self.git("commit", "--allow-empty", "-qm", version)

    def belay(self, *arguments, env=None, check=False):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("BELAY_", "VPS_", "GIT_", "SSH_", "CI", "DOCKER_"))}
        own |= {"HOME": str(self.home), "TMPDIR": str(self.place), "BELAY_SSH_CONFIG": str(self.config)} | (env or {})
        return run(self.binary, *arguments, cwd=self.repository, env=own, limit=200, check=check)

    def deploy(self, *arguments, env=None):
        return self.belay("deploy", "production", *arguments, env=env)

    def serves(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/version", timeout=5) as answer:
                return answer.read().decode().strip()
        except (OSError, urllib.error.URLError) as error:
            return repr(error)

    def gone(self):
        run("docker", "compose", "-p", self.name, "down", "-v", "-t", "1", check=False)
        for image in set(run("docker", "images", "-q", self.name).out.split()):
            run("docker", "rmi", "-f", image, check=False)
        shutil.rmtree(self.place)
        shutil.rmtree(self.live, ignore_errors=True)


def write_ssh_config(elsewhere, hosts, more=""):
    """`hosts`: by name, what ssh's configuration says of each."""
    blocks = [f"Host {name}\n" + "".join(f"  {line}\n" for line in lines) for name, lines in hosts.items()]
    common = f"Host *\n  User root\n  UserKnownHostsFile {elsewhere.known_hosts}\n  GlobalKnownHostsFile /dev/null\n  IdentityAgent none\n"
    elsewhere.config.write_text("".join(blocks) + more + common)
