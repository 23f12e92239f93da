"""What connections through the edge are promised: long-lived ones drain, clients' addresses arrive, TLS can end there."""
import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from contextlib import closing

import pytest

from belay_world.commands import run, wait_until

pytestmark = pytest.mark.alone
PORT, TLS_PORT = 3001, 8443
COMPOSE = "deploy-backend/docker-compose.production.yml"
EDGE = 'edge: { drain_timeout: 5s }'  # the default image, HAProxy 3.0


@pytest.fixture
def echoes(by_hand):
    """A release behind the edge that tells how requests arrive, and echoes WebSockets."""
    by_hand.without_migration()
    by_hand.configure("strategy: recreate", EDGE)
    by_hand.release("echoes")
    deployed = by_hand.deploy(load=False)
    assert deployed.code == 0, deployed.outcome
    return by_hand


# Long-lived connections ---------------------------------------------------------------------------------------------

def websocket():
    """Through the edge, after its handshake; what is sent comes back."""
    connection = socket.create_connection(("127.0.0.1", PORT), timeout=10)
    key = base64.b64encode(os.urandom(16)).decode()
    connection.sendall(
        f"GET /live HTTP/1.1\r\nHost: crm\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += connection.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return connection


def echo(connection, said):
    connection.sendall(said)
    heard = b""
    while len(heard) < len(said):
        part = connection.recv(1024)
        if not part:
            return heard
        heard += part
    return heard


def is_cut(connection):
    try:
        return echo(connection, b"too late") == b""
    except OSError:
        return True


@pytest.mark.core
def test_a_websocket_stays_on_the_old_release_until_it_ends(echoes):
    with closing(websocket()) as talk:
        assert echo(talk, b"before") == b"before"
        version = echoes.release("bump", version="1.5.1")
        deploying = echoes.world.start_belay("deploy", "production", "--skip-test")
        wait_until("the new release answers", lambda: echoes.world.version() == version, limit=60)
        time.sleep(1)
        assert echo(talk, b"after the turn") == b"after the turn"
        assert deploying.runs(), "it waits for the old release's last connection"
    finished = deploying.wait(60)
    assert finished.code == 0, finished
    assert "are cut" not in finished.out


def test_a_websocket_that_does_not_end_is_cut_after_the_drain_timeout(echoes):
    with closing(websocket()) as talk:
        assert echo(talk, b"before") == b"before"
        version = echoes.release("bump", version="1.5.1")
        outcome = echoes.world.belay("deploy", "production", "--skip-test")
        assert outcome.code == 0, outcome
        assert echoes.world.version() == version
        settled = [record["line"] for record in echoes.journal() if record["type"] == "output" and record["step"] == "settle"]
        assert settled == ["1 sessions of the old release are cut: drain_timeout is over"]
        assert is_cut(talk)
    with closing(websocket()) as talk:
        assert echo(talk, b"again") == b"again"


# Addresses ----------------------------------------------------------------------------------------------------------

def asked(connection, headers=None):
    connection.request("GET", "/api/echo", headers=headers or {})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return json.loads(answer.read())["headers"]


def test_the_client_s_address_arrives(echoes):
    """From this machine it is the bridge's: Docker's proxy for the loopback address hides the client, with or without an edge."""
    network = echoes.world.container("crm-backend")["NetworkSettings"]["Networks"]
    gateway = next(iter(network.values()))["Gateway"]
    with closing(http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)) as connection:
        assert asked(connection)["x-forwarded-for"] == gateway
        # What somebody in front says stands before it.
        assert asked(connection, {"X-Forwarded-For": "203.0.113.7"})["x-forwarded-for"] == f"203.0.113.7, {gateway}"


def test_proxies_that_are_named_say_whom_they_speak_for_and_others_cannot(echoes):
    network = next(iter(echoes.world.container("crm-backend")["NetworkSettings"]["Networks"]))
    names = [f"belay-test-{name}" for name in ("balancer", "stranger")]
    run("docker", "rm", "-f", *names, check=False)
    try:
        for name in names:
            run("docker", "run", "-d", "--name", name, "--network", network, "busybox", "sleep", "600")
        balancer = echoes.world.container(names[0])["NetworkSettings"]["Networks"][network]["IPAddress"]
        echoes.configure("drain_timeout: 5s }", f'drain_timeout: 5s, proxy_protocol_from: ["{balancer}"] }}')
        assert echoes.deploy(load=False).code == 0

        def heard_by(name):
            said = ("PROXY TCP4 203.0.113.7 203.0.113.1 40000 443\\r\\nGET /api/echo HTTP/1.0\\r\\nHost: crm\\r\\n\\r\\n")
            return subprocess.run(["docker", "exec", name, "sh", "-c", f"printf '{said}' | nc -w 5 backend {PORT}"],
                                  capture_output=True, text=True, timeout=30).stdout

        assert '"x-forwarded-for":"203.0.113.7"' in heard_by(names[0])
        assert heard_by(names[1]).startswith("HTTP/1.1 400 "), "a PROXY line is no request"
    finally:
        run("docker", "rm", "-f", *names, check=False)


# TLS ----------------------------------------------------------------------------------------------------------------

class Authority:
    """Certificates for crm.test, by an authority of the test's own."""

    def __init__(self, folder, live):
        self.folder, self.live, self.serial = folder, live, 0
        self.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test",
                     "-days", "2")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def issue(self):
        """A certificate, where belay.yml says that it is; its serial number."""
        self.serial += 1
        (self.folder / "names").write_text("subjectAltName=DNS:crm.test")
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "crm.key", "-out", "crm.csr", "-subj", "/CN=crm.test")
        self.openssl("x509", "-req", "-in", "crm.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", str(self.serial),
                     "-days", "1", "-extfile", "names", "-out", "crm.pem")
        (self.live / "tls").mkdir(exist_ok=True)
        for name in ("crm.key", "crm.pem"):
            (self.live / "tls" / name).write_bytes((self.folder / name).read_bytes())
        return self.serial

    def connect(self):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        plain = socket.create_connection(("127.0.0.1", TLS_PORT), timeout=10)
        connection = http.client.HTTPSConnection("crm.test", TLS_PORT, timeout=10)
        connection.sock = context.wrap_socket(plain, server_hostname="crm.test")
        return connection


def serial_of(connection):
    return int(connection.sock.getpeercert()["serialNumber"], 16)


class Askers:
    """New connections, one after the other, and requests on one that is kept, as long as the `with` block runs."""

    def __init__(self, authority):
        self.authority, self.over, self.serials, self.failures = authority, threading.Event(), [], []
        self.threads = [threading.Thread(target=self.asking, args=[ask]) for ask in (self.anew, self.kept)]
        self.connection = authority.connect()

    def asking(self, ask):
        while not self.over.is_set():
            try:
                ask()
            except (OSError, AssertionError, http.client.HTTPException) as error:
                self.failures.append(repr(error))

    def anew(self):
        with closing(self.authority.connect()) as connection:
            self.serials.append(serial_of(connection))
            asked(connection)

    def kept(self):
        asked(self.connection)
        time.sleep(0.01)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.connection.close()


@pytest.mark.core
def test_tls_ends_at_the_edge_and_certificates_are_taken_up_without_loss(echoes, tmp_path):
    live = echoes.world.live
    authority = Authority(tmp_path, live)
    repository = echoes.world.repository
    repository.edit(COMPOSE, lambda text: text.replace(
        '- "127.0.0.1:3001:3001"', f'- "127.0.0.1:3001:3001"\n      - "127.0.0.1:{TLS_PORT}:3001"'))
    echoes.configure("drain_timeout: 5s }", "drain_timeout: 5s, "
                     f"tls: {{ certificates: [tls/crm.pem], keys: [tls/crm.key], port: {TLS_PORT} }} }}")

    missing = echoes.world.belay("deploy", "production", "--skip-test")
    assert missing.code == 1, missing
    assert f"there is no {live}/tls/crm.pem" in missing.out, missing
    assert not any(record["type"] == "step-began" and record["step"] == "backup" for record in echoes.journal())

    assert authority.issue() == 1
    deployed = echoes.world.belay("deploy", "production", "--skip-test")
    assert deployed.code == 0, deployed
    with closing(authority.connect()) as connection:
        assert asked(connection)["x-forwarded-proto"] == "https"
    assert echoes.world.version() == "1.5.0-echoes", "the plain port is there as well"
    status = echoes.asked("status", "production")
    assert [one["names"] for one in status["certificates"]] == [["crm.test"]]
    assert "crm.test" in echoes.world.belay("check", "production").out

    with Askers(authority) as askers:
        for _ in range(5):
            serial = authority.issue()
            told = echoes.world.belay("host", "reload", "production")
            assert told.code == 0 and "crm.test, until" in told.out and "taken up" in told.out, told
            with closing(authority.connect()) as connection:
                assert serial_of(connection) == serial
        # A deployment takes up what is new as well.
        serial = authority.issue()
        assert echoes.world.belay("deploy", "production", "--skip-test").code == 0
        with closing(authority.connect()) as connection:
            assert serial_of(connection) == serial
    assert askers.failures == []
    assert askers.serials == sorted(askers.serials) and set(askers.serials) >= {1, 7}

    edge = echoes.world.container("deploy-backend-belay-edge-1")["Id"]
    run("docker", "restart", edge)
    wait_until("the edge answers", lambda: echoes.world.version() == "1.5.0-echoes")
    with closing(authority.connect()) as connection:
        assert serial_of(connection) == 7, "a restart brings back the newest"

    (live / "tls" / "crm.key").write_bytes((tmp_path / "ca.key").read_bytes())
    refused = echoes.world.belay("host", "reload", "production")
    assert refused.code == 1 and "tls/crm.pem has another key than the one given" in refused.out + refused.err, refused
    with closing(authority.connect()) as connection:
        assert serial_of(connection) == 7
