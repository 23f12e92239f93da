"""What belay is not made for is refused by `check`, by its name, and by the deployment before anything is touched. The tools are fakes that only
name themselves so."""
import http.server
import json
import socketserver
import threading

import pytest

from belay_world.commands import run

from elsewhere import Elsewhere

PORT = 18450


@pytest.fixture
def user(tmp_path):
    user = Elsewhere("belay-test-refused", PORT, tmp_path / "live")
    user.release("1", host="local")
    yield user
    user.gone()


def pretend(user, plugin, version):
    """docker's plugin of that name says this version of itself, and is the real one otherwise."""
    plugins = run("docker", "info", "--format", "{{range .ClientInfo.Plugins}}{{.Name}}={{.Path}} {{end}}").out.split()
    real = dict(word.split("=", 1) for word in plugins)[plugin]
    fake = user.home / ".docker/cli-plugins" / f"docker-{plugin}"
    fake.parent.mkdir(parents=True, exist_ok=True)
    says = version if plugin == "compose" else f"github.com/docker/buildx {version} fake"
    fake.write_text(f'#!/bin/sh\ncase " $* " in *" version "*) echo "{says}" ;; *) exec {real} "$@" ;; esac\n')
    fake.chmod(0o755)


class FakeEngine(socketserver.ThreadingUnixStreamServer):
    """Answers what an Engine says of itself, and nothing else."""

    daemon_threads = True

    def __init__(self, path, answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = json.dumps(answers.get(self.path.rsplit("/", 1)[1].split("?")[0], [])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def address_string(self):
                return "unix"

            def log_message(self, *words):
                pass

        super().__init__(str(path), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


ENGINE = {"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64"}
PODMAN = {"version": ENGINE | {"Version": "4.3.1", "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}]}}
SNAP = {"version": ENGINE, "info": {"DockerRootDir": "/var/snap/docker/common/var-lib-docker"}}


@pytest.mark.parametrize("name, answers", [("is Podman", PODMAN), ("Snap's package", SNAP)])
@pytest.mark.core
def test_an_engine_that_belay_is_not_made_for_is_refused_by_name(user, tmp_path, name, answers):
    with FakeEngine(tmp_path / "engine.sock", answers):
        for command in ("check", "deploy"):
            refused = user.belay(command, "production", env={"DOCKER_HOST": f"unix://{tmp_path}/engine.sock"})
            assert refused.code != 0 and name in refused.out + refused.err, refused
    assert not (user.live / "compose.yml").exists()


@pytest.mark.parametrize("versions, name", [
    ({"compose": "2.19.1"}, "Compose 2.19.1 is too old"),
    ({"compose": "1.29.2"}, "Compose 1.29.2 is too old"),
    ({"compose": "2.40.3", "buildx": "v0.16.2"}, "buildx 0.16.2 is too old: Compose 2.40.3 builds with 0.17 or newer"),
])
def test_plugins_that_are_too_old_are_refused_by_name(user, versions, name):
    for plugin, version in versions.items():
        pretend(user, plugin, version)
    checked = user.belay("check", "production")
    assert checked.code == 1 and name in checked.out + checked.err, checked
    if "buildx" in versions:
        return  # the real compose, which the fake is otherwise, builds with it
    deployed = user.deploy()
    assert deployed.code != 0 and name in deployed.out + deployed.err and not (user.live / "compose.yml").exists(), deployed
