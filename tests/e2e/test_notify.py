"""Notices: what arrives at servers of this machine, from deployments that succeed, fail and are refused."""
import hashlib
import hmac
import json
import socket
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from belay_world.commands import run
from light_app import BROKEN, LightApp

PORT, PROJECT = 18417, "belay-test-notify"
SECRET, PATH = "a-signing-secret", "T000-B000-path-of-the-chat"


class Receiver(ThreadingHTTPServer):
    """Keeps what it is sent; answers as `answers` says, then 200."""

    daemon_threads = True

    def __init__(self):
        self.got, self.answers, self.hangs = [], [], threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, path=None):
        taken = [one for one in self.got if path is None or one["path"].startswith(path)]
        self.got = []
        return taken


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append({"path": self.path, "headers": dict(self.headers), "body": body})
        if self.path.startswith("/hang"):
            self.server.hangs.wait(60)
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "notify", PROJECT, PORT)
        self.write_stack()

    def version(self, version):
        self.write("version", version)
        self.commit()

    def belay(self, *arguments, **env):
        return self.world.belay(*arguments, env={"HOOK_SECRET": SECRET, "CHAT_PATH": PATH} | env, cwd=self.repository)

    def tells(self, *targets, more=""):
        self.configure(keys="notify:\n" + "".join(f"  - {target}\n" for target in targets) + more)
        self.commit()


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.hangs.set()
    server.shutdown()


@pytest.fixture
def app(world):
    made = App(world)
    yield made
    made.gone(PROJECT)


def signed(received):
    """The body, whose signature is right: computed here, with Python's own hmac."""
    expected = "sha256=" + hmac.new(SECRET.encode(), received["body"], hashlib.sha256).hexdigest()
    assert received["headers"]["X-Belay-Signature"] == expected
    body = json.loads(received["body"])
    assert received["headers"]["X-Belay-Id"] == body["id"] and received["headers"]["X-Belay-Event"] == body["event"]
    assert abs(datetime.fromisoformat(body["sent_at"].replace("Z", "+00:00")) - datetime.now(timezone.utc)) < timedelta(minutes=5)
    return body


def statuses(received):
    """Each status that the commit got, with the commit."""
    all_of_them = []
    for one in (one for one in received if one["path"].startswith("/git/repos/acme/crm/statuses/")):
        assert one["headers"]["Authorization"] == f"token {PATH}"
        body = json.loads(one["body"])
        assert body["context"] == "belay/notify/production" and 0 < len(body["description"]) <= 140
        all_of_them.append((one["path"].rsplit("/", 1)[1], body["state"]))
    return all_of_them


def webhook(url, **keys):
    return json.dumps({"webhook": {"url": url, "secret": "${HOOK_SECRET}"}} | keys)


@pytest.mark.core
def test_deployments_that_succeed_fail_and_are_refused_are_told(app, receiver):
    app.tells(webhook(receiver.url + "/hook"), json.dumps({"slack": receiver.url + "/slack/${CHAT_PATH}", "on": ["failure"]}))
    app.version("1")
    deployed = app.belay("deploy", "production", "--reason", "a <!channel> reason")
    assert deployed.code == 0, deployed
    told = receiver.take()
    assert [one["path"] for one in told] == ["/hook"]  # Slack hears of failures only
    first = signed(told[0])
    assert first["event"] == "deployed" and first["ok"] is True and first["app"] == "notify" and first["environment"] == "production"
    assert first["reason"] == "a <!channel> reason" and first["commit"]["subject"] == "more" and first["took_ms"] > 0
    assert first["release"] == first["run"] and first["by"]

    app.write("Dockerfile", BROKEN)
    app.version("2")
    receiver.answers = [500, 500]
    failed = app.belay("deploy", "production")
    assert failed.code == 1 and app.serves() == "1", failed
    told = receiver.take()
    bodies = {one["body"] for one in told if one["path"] == "/hook"}
    assert len(bodies) == 1 and len(told) == 4  # two were tried again, with the very same words
    second = signed([one for one in told if one["path"] == "/hook"][0])
    assert second["event"] == "went-back" and second["ok"] is False and second["release"] == first["release"]
    assert second["candidate"] != first["release"] and second["failure"] and second["id"] != first["id"]
    slack = json.loads([one for one in told if one["path"].startswith("/slack/")][-1]["body"])
    assert "failed" in slack["text"] and slack["blocks"][0]["type"] == "header"
    assert "was not sent" not in failed.out

    back = app.belay("rollback", "production")
    assert back.code == 2, back  # there is nothing older; a mistyped command is nobody's business
    assert receiver.take() == []

    app.configure(keys="test: ['echo the tests say no; exit 1']\nnotify: [" + webhook(receiver.url + "/hook") + "]\n")
    app.commit()
    assert app.belay("deploy", "production").code == 1
    third = signed(receiver.take()[0])
    assert third["event"] == "not-begun" and "test" in third["failure"]

    today = datetime.now(timezone.utc).date()
    app.tells(webhook(receiver.url + "/hook"), more=f"freeze: [{{ from: {today - timedelta(2)}, until: {today + timedelta(2)}, zone: UTC }}]\n")
    assert app.belay("deploy", "production").code == 6
    assert signed(receiver.take()[0])["event"] == "frozen"

    for said in (deployed, failed):
        assert PATH not in said.out + said.err and SECRET not in said.out + said.err


@pytest.mark.core
def test_a_notice_that_cannot_be_sent_is_a_warning_and_changes_no_exit_code(app, receiver):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        refusing = closed.getsockname()[1]
    app.tells(json.dumps({"slack": f"http://127.0.0.1:{refusing}/${{CHAT_PATH}}"}), json.dumps({"discord": receiver.url + "/hang/${CHAT_PATH}"}),
              webhook(receiver.url + "/hook"))
    app.version("1")
    deployed = app.belay("deploy", "production")
    assert deployed.code == 0, deployed
    assert "the notice to slack was not sent: connection refused (3 attempts)" in deployed.out
    assert "the notice to discord was not sent: no answer within" in deployed.out
    assert deployed.out.index("Deployed.") < deployed.out.index("the notice to slack")
    assert signed(receiver.take("/hook")[0])["event"] == "deployed"
    assert PATH not in deployed.out + deployed.err

    tested = app.belay("notify", "test", "production")
    assert tested.code == 1 and "answered 200" in tested.out and "connection refused" in tested.out, tested
    assert signed(receiver.take("/hook")[0])["event"] == "test"
    events = [json.loads(line) for line in app.belay("notify", "test", "production", "--json").out.splitlines()]
    assert [(one["target"].split()[0], one["ok"]) for one in events] == [("slack", False), ("discord", False), ("webhook", True)]


def test_a_commit_has_the_status_of_its_deployment(app, receiver):
    def head():
        return run("git", "rev-parse", "HEAD", cwd=app.repository).out.strip()

    app.tells(json.dumps({"commit_status": {"at": "gitea", "repository": "acme/crm", "token": "${CHAT_PATH}", "api": receiver.url + "/git"}}))
    app.version("1")
    good = head()
    assert app.belay("deploy", "production").code == 0
    assert statuses(receiver.take()) == [(good, "pending"), (good, "success")]

    app.write("Dockerfile", BROKEN)
    app.version("2")
    failed = app.belay("deploy", "production")
    assert failed.code == 1 and app.serves() == "1", failed
    assert statuses(receiver.take()) == [(head(), "pending"), (head(), "failure")]

    assert app.belay("deploy", "production", "--dirty").code == 1
    assert statuses(receiver.take()) == []  # no commit was deployed

    app.write("belay.yml", (app.repository / "belay.yml").read_text() + "test: ['echo the tests say no; exit 1']\n")
    app.commit()
    assert app.belay("deploy", "production").code == 1
    assert statuses(receiver.take()) == [(head(), "pending"), (head(), "failure")]


def test_a_rollback_is_told_and_does_without_a_secret_that_is_not_set(app, receiver):
    app.tells(webhook(receiver.url + "/hook", on="rollback"), json.dumps({"teams": receiver.url + "/teams/${CHAT_PATH}"}))
    for version in ("1", "2"):
        app.version(version)
        assert app.belay("deploy", "production").code == 0
    receiver.take()
    back = app.belay("rollback", "production", CHAT_PATH=None)
    assert back.code == 0 and app.serves() == "1", back
    assert "the notice to teams was not sent: a variable of it is not set" in back.out
    assert signed(receiver.take()[0])["event"] == "rolled-back"
    unset = app.belay("deploy", "production", CHAT_PATH=None)
    assert unset.code == 2 and "CHAT_PATH" in unset.err, unset
