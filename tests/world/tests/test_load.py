"""tests/world/load: what its report says, against a server that misbehaves on purpose."""
import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from belay_world.machine import SCRIPTS


class App(BaseHTTPRequestHandler):
    """The example app's API, without a database; `mood` says how it behaves."""

    protocol_version = "HTTP/1.1"
    mood, ids, written = "well", 20000, []

    def respond(self, status, body):
        data = json.dumps(body).encode()
        half = data[: len(data) // 2]
        self.send_response(status)
        if self.mood == "sends no last chunk":
            self.send_header("Transfer-Encoding", "chunked")
            sent = b"%x\r\n%s\r\n" % (len(data), data)
        else:
            self.send_header("Content-Length", str(len(half if self.mood == "sends half of the JSON" else data)))
            sent = {"sends nothing of the body": b"", "sends half of the body": half, "sends half of the JSON": half}.get(self.mood, data)
        self.end_headers()
        self.wfile.write(sent)
        self.close_connection = self.mood.startswith("sends no") or self.mood == "sends half of the body"

    def do_GET(self):
        if self.mood == "fails":
            self.respond(500, {"error": "no"})
        elif self.mood == "hangs":
            time.sleep(3)
            self.close_connection = True
        elif self.mood == "cuts":
            self.close_connection = True
        elif self.path == "/api/health":
            self.respond(200, {"status": "ok", "version": "1.0.0"})
        elif self.mood == "lies":
            self.respond(200, {"id": 0})
        else:
            self.respond(200, {"id": int(self.path.rsplit("/", 1)[1])})

    def do_POST(self):
        customer = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        type(self).ids += 1
        self.written.append({"id": self.ids, "email": customer["email"]})
        self.respond(201, {"id": self.ids, **customer})

    def log_message(self, *_):
        pass


@pytest.fixture
def app():
    handler = type("Handler", (App,), {"written": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    handler.base = f"http://127.0.0.1:{server.server_port}"
    handler.stop = server.shutdown
    yield handler
    server.shutdown()
    server.server_close()


def load(base, *options):
    argv = [SCRIPTS / "load" / "load", "--base", base, *map(str, options)]
    done = subprocess.run(argv, capture_output=True, env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def most(report, rate):
    """Request n is meant for n/rate seconds: the first at 0, so one more than rate times seconds. (A client that was held up
    at its end took longer, and sent what was due until then.)"""
    return report["seconds"] * rate + 1


def test_a_server_that_answers_has_no_failure_and_the_rate_is_kept(app):
    report = load(app.base, "--seconds", 2)
    assert (report["failed"], report["down"], report["reasons"]) == (0, [], {})
    assert 90 <= report["kinds"]["get"]["sent"] <= most(report, 50) and 15 <= report["kinds"]["post"]["sent"] <= most(report, 10)
    assert [version for _, version in report["versions"]] == ["1.0.0"]


def test_every_acknowledged_write_is_in_the_report(app):
    report = load(app.base, "--seconds", 1, "--post", 50)
    assert len(report["acknowledged"]) >= 40
    assert sorted(w["id"] for w in report["acknowledged"]) == sorted(w["id"] for w in app.written)


@pytest.mark.parametrize(
    "mood, reason",
    [("fails", "answered 500"), ("hangs", "no answer in 1 s"), ("cuts", "connection closed before the answer")],
)
def test_each_way_to_fail_has_its_reason(app, mood, reason):
    app.mood = mood
    report = load(app.base, "--seconds", 1, "--get", 20, "--post", 0, "--health", 0, "--timeout", 1)
    assert report["reasons"] == {reason: report["sent"]} and report["sent"] >= 15


@pytest.mark.parametrize("mood, reason", [
    ("sends nothing of the body", "body cut off"), ("sends half of the body", "body cut off"),
    ("sends no last chunk", "body cut off"), ("sends half of the JSON", "answered {status} with something else than JSON"),
])
def test_an_answer_that_is_not_whole_is_a_failure_and_acknowledges_nothing(app, mood, reason):
    app.mood = mood
    report = load(app.base, "--seconds", 1, "--get", 20, "--post", 20, "--health", 0)
    assert set(report["reasons"]) == {reason.format(status=status) for status in (200, 201)}
    assert report["failed"] == report["sent"] >= 30
    assert report["acknowledged"] == [] and len(app.written) >= 15, "written, but nobody was told"


def test_an_answer_with_the_wrong_customer_is_a_failure(app):
    app.mood = "lies"
    report = load(app.base, "--seconds", 0.5, "--post", 0, "--health", 0)
    assert report["failed"] == report["sent"] > 0


def test_a_server_that_is_not_there_is_down_all_the_time(app):
    app.stop()
    report = load("http://127.0.0.1:1", "--seconds", 1)
    assert report["reasons"] == {"connection refused": report["sent"]}
    assert 0.8 <= report["down_s"] <= report["seconds"] and len(report["down"]) == 1


def test_an_outage_is_as_long_as_it_was_and_hanging_requests_do_not_slow_the_rate(app):
    timer = [threading.Timer(1, setattr, (app, "mood", "hangs")), threading.Timer(2, setattr, (app, "mood", "well"))]
    for change in timer:
        change.start()
    report = load(app.base, "--seconds", 3, "--get", 100, "--post", 0, "--health", 0, "--timeout", 1)
    assert 280 <= report["sent"] <= most(report, 100)
    assert 0.3 <= report["down_s"] <= 2 and report["longest_gap_s"] <= report["down_s"]
    # Each of a second's requests failed by itself, a second after it was sent: the rate held meanwhile.
    assert report["failed"] == len(report["failures"]) and 30 <= report["failed"] <= 200


def test_one_kind_that_fails_among_others_that_do_not_is_an_outage_of_its_own(app):
    app.mood = "lies"  # only GET of a customer is wrong; health and POST are well all the time
    report = load(app.base, "--seconds", 1)
    assert report["down_s"] == report["kinds"]["get"]["down_s"] >= 0.8
    assert report["kinds"]["health"]["down_s"] == report["kinds"]["post"]["down_s"] == 0
