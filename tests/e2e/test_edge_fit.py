"""What an edge cannot stand in front of is refused while everything goes on as it was."""
import socket

import pytest
from belay_world.commands import run
from light_app import LightApp

PORT, PROJECT, IMAGE = 18411, "belay-test-fit", "belay-test-fit"
COMPOSE = f"""\
name: {PROJECT}
services:
  web: {{ build: ., image: {IMAGE}, ports: ["127.0.0.1:{PORT}:8080"], stop_grace_period: 1s }}
  api: {{ build: ., image: {IMAGE}, stop_grace_period: 1s{{more}} }}
"""
DOCKERFILE = """\
FROM busybox:latest
COPY www /www
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
"""
BELAY = """\
app: fit
services: [web, api]
source: app
environments:
  production:
    host: ${{VPS_USER}}@${{VPS_HOST}}
    path: {live}
    compose: compose.yml
    health: {{ url: "http://127.0.0.1:{port}/version", attempts: 60, interval: 100ms }}
{more}
"""


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "fit", PROJECT, PORT)
        self.write("app/Dockerfile", DOCKERFILE)

    def release(self, version, more="", edge=True, strategy="recreate", tcp=()):
        keys = f", tcp: {list(tcp)}" if tcp else ""
        edge = f'    edge: {{ image: "haproxy:2.6"{keys} }}\n    strategy: {strategy}' if edge else ""
        self.write("belay.yml", BELAY.format(live=self.live, port=PORT, more=edge))
        self.write("app/compose.yml", COMPOSE.replace("{more}", more))
        self.write("app/www/version", version)
        self.commit()

    def containers(self):
        return run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}").out.strip()

    def belay(self, *arguments):
        return self.world.belay(*arguments, cwd=self.repository)


@pytest.fixture
def app(world):
    made = App(world)
    yield made
    made.gone(IMAGE)


def test_a_port_that_nobody_names_keeps_the_edge_out_and_expose_lets_it_in(app):
    app.release("1", edge=False)
    assert app.belay("deploy", "production").code == 0
    api = run("docker", "inspect", "-f", "{{.Id}}", f"{PROJECT}-api-1").out

    app.release("2")
    for command in ("check", "deploy"):
        refused = app.belay(command, "production")
        assert refused.code == 1 and "service api listens on 8080, which neither the compose file nor its image names" in refused.out, refused
        assert "expose: [8080]" in refused.out
    assert app.serves() == "1" and run("docker", "inspect", "-f", "{{.Id}}", f"{PROJECT}-api-1").out == api

    app.release("3", ', expose: ["8080"]')
    deployed = app.belay("deploy", "production")
    assert deployed.code == 0 and app.serves() == "3", deployed


@pytest.mark.core
def test_a_port_of_udp_is_refused_by_check_too(app):
    app.release("1", f', ports: ["127.0.0.1:{PORT + 1}:5353/udp"]')
    for command in ("check", "deploy"):
        refused = app.belay(command, "production")
        assert refused.code == 1 and "the edge cannot be in front of service api, which publishes 5353/udp" in refused.out, refused
    assert app.containers() == ""


@pytest.mark.parametrize("strategy", ["recreate", "blue-green"])
def test_a_port_that_nobody_names_is_refused_at_the_first_deployment_too(app, strategy):
    app.release("1", strategy=strategy)
    refused = app.belay("deploy", "production")
    assert refused.code == 3 and "service api listens on 8080, which neither the compose file nor its image names" in refused.out, refused
    assert "expose: [8080]" in refused.out and "this was the first release" in refused.out

    app.release("2", ', expose: ["8080"]', strategy=strategy)
    deployed = app.belay("deploy", "production")
    assert deployed.code == 0 and app.serves() == "2", deployed


def test_a_port_that_speaks_no_http_is_passed_on_as_it_is(app):
    lines = PORT + 1
    api = f', ports: ["127.0.0.1:{lines}:1883"], command: [nc, -ll, -p, "1883", -e, sh, /www/answer]'
    app.write("app/www/answer", 'read -r line; echo "$line, from $(cat /www/version)"\n')

    def answer():
        with socket.create_connection(("127.0.0.1", lines), timeout=10) as connection:
            connection.sendall(b"hello\n")
            return connection.makefile().readline().strip()

    app.release("1", api, strategy="blue-green", tcp=[lines, lines + 1])
    for command in ("check", "deploy"):
        refused = app.belay(command, "production")
        assert refused.code == 1 and f"no released service publishes port {lines + 1}, which edge.tcp names" in refused.out, refused
    assert app.containers() == ""

    for version in ("1", "2"):
        app.release(version, api, strategy="blue-green", tcp=[lines])
        checked = app.belay("check", "production")
        assert checked.code == 0 and f"it speaks HTTP on {PORT}\n" in checked.out, checked
        deployed = app.belay("deploy", "production")
        assert deployed.code == 0 and app.serves() == version and answer() == f"hello, from {version}", deployed
