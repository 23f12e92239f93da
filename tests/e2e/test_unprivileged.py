"""Deployed by a user of the group `docker` who is nobody else: also the edge, which reads and writes that user's files."""
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path

import pytest

from belay_world.commands import run

USER, PORT = "belay-test-user", 18390
COMPOSE = f"""\
services:
  web:
    build: .
    image: belay-test-web
    container_name: belay-test-web
    ports: ["127.0.0.1:{PORT}:8080"]
"""
BELAY = """\
app: unprivileged
source: app
services: [web]
environments:
  production:
    host: local
    path: {live}
    compose: compose.yml
    edge: {{ image: "haproxy:2.6", drain_timeout: 1s }}
    health: {{ url: "http://127.0.0.1:{port}/version", attempts: 100, interval: 100ms }}
"""
SERVE = "trap 'exit 0' TERM\nhttpd -p 8080 -h /app/www\nwhile :; do sleep 1000 & wait $!; done\n"


@pytest.fixture
def user(world):
    """A user of this machine, with a home of their own and no other right than Docker's group."""
    if os.geteuid() != 0:
        pytest.fail("needs root, to become somebody else")
    run("userdel", "-f", USER, check=False)  # of a run that was ended from outside
    home = Path(tempfile.mkdtemp(prefix="belay-user-"))
    run("useradd", "--home-dir", home, "--no-create-home", "--groups", "docker", USER)
    shutil.copy(world.binary, home / "belay")
    home.chmod(0o755)
    known = pwd.getpwnam(USER)
    os.chown(home, known.pw_uid, known.pw_gid)
    try:
        yield User(home, known.pw_uid)
    finally:
        containers = run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project.working_dir={home / 'live-user'}").out.split()
        run("docker", "rm", "-f", "belay-test-web", *containers, check=False)
        images = run("docker", "images", "-q", "belay-test-web").out.split()
        run("docker", "rmi", "-f", *images, check=False)
        run("docker", "network", "rm", "live-user_default", check=False)
        run("userdel", USER)
        shutil.rmtree(home)


class User:
    def __init__(self, home, uid):
        self.home, self.uid, self.live = home, uid, home / "live-user"

    def run(self, *words, directory="."):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "USER": USER}
        groups = [grp.getgrnam("docker").gr_gid]
        return subprocess.run(words, cwd=self.home / directory, env=environment, user=self.uid, group=pwd.getpwuid(self.uid).pw_gid,
                              extra_groups=groups, capture_output=True, text=True, timeout=120)

    def commit(self, version, serve=SERVE):
        files = {
            "belay.yml": BELAY.format(live=self.live, port=PORT), "app/compose.yml": COMPOSE, "app/serve.sh": serve,
            "app/Dockerfile": 'FROM busybox\nCOPY . /app\nCMD ["sh", "/app/serve.sh"]\n', "app/www/version": version,
        }
        for name, text in files.items():
            (self.home / "repository" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / "repository" / name).write_text(text)
        run("chown", "-R", USER, self.home / "repository")
        for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", version]):
            assert self.run("git", *words, directory="repository").returncode == 0

    def belay(self, *words):
        return self.run(str(self.home / "belay"), *words, directory="repository")


def test_a_user_of_the_group_docker_deploys_behind_an_edge(user):
    for version in ("1", "2"):
        user.commit(version)
        deployed = user.belay("deploy", "production")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10).read().decode() == version
    edge = next((user.live / ".belay" / "edge").iterdir())
    assert {file.stat().st_uid for file in edge.iterdir()} == {user.uid}
    assert user.belay("status", "production").returncode == 0


def test_files_of_root_in_the_live_directory_are_replaced_or_named(user):
    """As `sudo docker compose` and `sudo vim` leave them. The user may replace a file in a directory of their own, and none in one of root's."""
    user.commit("1")
    assert user.belay("deploy", "production").returncode == 0
    os.chown(user.live / "www/version", 0, 0)
    user.commit("2")
    deployed = user.belay("deploy", "production")
    assert deployed.returncode == 0 and (user.live / "www/version").read_text() == "2", deployed.stdout + deployed.stderr

    # Two places at once: a directory, and a file that may not even be kept aside. Both are named before anything serves otherwise.
    os.chown(user.live / "www", 0, 0)
    os.chown(user.live / "serve.sh", 0, 0)
    (user.live / "serve.sh").chmod(0o600)
    serving = run("docker", "ps", "-q", "--no-trunc", "--filter", "name=^belay-test-web$").out
    user.commit("3", serve=SERVE + "# changed\n")
    deployed = user.belay("deploy", "production")
    said = deployed.stdout + deployed.stderr
    assert deployed.returncode == 1 and f"{user.live}/www belongs to uid 0" in said and f"{user.live}/serve.sh belongs to uid 0" in said, said
    assert run("docker", "ps", "-q", "--no-trunc", "--filter", "name=^belay-test-web$").out == serving
    assert urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10).read().decode() == "2"
    os.chown(user.live / "serve.sh", user.uid, -1)
    os.chown(user.live / "www", user.uid, -1)
    assert user.belay("deploy", "production").returncode == 0
    assert (user.live / "www/version").read_text() == "3"
