"""Values of `${NAME}`: they reach what needs them, and are seen nowhere: not on the server's disk, in no report, in no list of processes."""
import base64
import hashlib
import json
import os
import re
import shlex
import signal
import subprocess
import threading
from pathlib import Path
from urllib.parse import quote

import pytest

from belay_world.commands import wait_until
from belay_world.state import state_of
from light_app import LightApp

PORT, PROJECT = 18394, "belay-test-secrets"
# One for each kind of key; the command's is made of what a shell could take for something else than text.
SECRETS = {
    "GATE_TOKEN": "gate-5ecret-0001",
    "DB_PASSWORD": "db 5ecret'\"$HOME`id`;echo struck #0002",
    "HEALTH_USER": "user-5ecret-0003",
    "HEALTH_PASSWORD": "health-5ecret/+0004",
    "HEADER_TOKEN": "header-5ecret-0005",
    "URL_TOKEN": "url-5ecret-0006",
    "REGISTRY_TOKEN": "registry-5ecret-0007",
}
GATE = """\
test: 'printf "gate says %s\\n" ''${GATE_TOKEN}''; sleep 0.3'
"""
MIGRATION = """\
registries: {{ "registry.invalid:5000": {{ user: ci, password: "${{REGISTRY_TOKEN}}" }} }}
migrate:
  run: |
    printf 'in double quotes %s\\n' "${{DB_PASSWORD}}"
    printf 'in single quotes %s\\n' '${{DB_PASSWORD}}'
    printf %s "${{DB_PASSWORD}}" | base64 -w 0; echo
    printf %s "${{DB_PASSWORD}}" | sha256sum
    sleep 0.5
    exit {code}
  when: {when}
"""
URL = f"""\
health:
  url: "http://127.0.0.1:{PORT}/cgi-bin/health?token=${{URL_TOKEN}}"
  user: "${{HEALTH_USER}}"
  password: "${{HEALTH_PASSWORD}}"
  headers: {{ X-Token: "${{HEADER_TOKEN}}" }}
  attempts: 40
  interval: 100ms
"""
COMPOSE = """\
name: {project}
services:
  web:
    image: busybox:latest
    init: true
    environment: {{ VERSION: "{version}" }}
    command: [sh, -c, 'echo "the app says $$(echo {backwards} | rev)"; exec httpd -f -p 8080 -h /www']
    volumes: ["./www:/www"]
    ports: ["127.0.0.1:{port}:8080"]
"""
# Answers well only who sends all of them, and tells what it was sent, as a careless app does.
HEALTH = f"""\
#!/bin/sh
given="$QUERY_STRING $HTTP_X_TOKEN $HTTP_AUTHORIZATION$REMOTE_USER"
case "$given" in
  *{SECRETS["URL_TOKEN"]}*{SECRETS["HEADER_TOKEN"]}*) printf 'Content-Type: text/plain\\r\\n\\r\\nhealthy, asked with %s' "$given" ;;
  *) printf 'Status: 403 Forbidden\\r\\n\\r\\nwho are you' ;;
esac
"""


def forms_of(value):
    """As it is, and as programs write it."""
    yield value
    for before in range(3):  # among other bytes: what the value alone decides of its base64
        text = base64.b64encode(b"x" * before + value.encode() + b"xxx").decode()
        core = text[(before * 8 + 5) // 6:(before + len(value.encode())) * 8 // 6]
        yield from (core, core.translate(str.maketrans("+/", "-_")))
    yield quote(value, safe="")
    yield json.dumps(value)[1:-1]
    yield shlex.quote(value)
    yield re.sub(r"(\W)", r"\\\1", value)


def seen_in(text):
    """The names of the secrets that stand in a text."""
    return {name for name, value in SECRETS.items() for form in forms_of(value) if form in text}


class ProcessList:
    """What anybody on this machine sees of the processes' arguments, for a `with` block: `shown` are those with a secret."""

    def __init__(self):
        self.shown, self.looks, self.of_commands = set(), 0, set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self._stop.is_set():
            for entry in Path("/proc").iterdir():
                try:
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace") if entry.name.isdigit() else ""
                except OSError:
                    continue  # it ended while we looked
                if seen_in(line):
                    self.shown.add(line)
                if "sleep 0." in line:
                    self.of_commands.add(line)
            self.looks += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "secretive", PROJECT, PORT)
        self.write("www/cgi-bin/health", HEALTH)
        (self.repository / "www/cgi-bin/health").chmod(0o755)

    def release(self, version, code=0, when="before-switch"):
        self.configure(GATE, MIGRATION.format(code=code, when=when), URL)
        # The app knows a secret by itself, so that only its log has it.
        self.write("compose.yml", COMPOSE.format(project=PROJECT, port=PORT, version=version, backwards=SECRETS["GATE_TOKEN"][::-1]))
        self.write("www/version", f"{version}\n")
        self.commit()

    def belay(self, *arguments, **more):
        return self.world.belay(*arguments, env=SECRETS | more, cwd=self.repository)

    def files_with_a_secret(self, where=None):
        """Of all that belay keeps on the server. The app's own health script has two by its nature."""
        where = where or (self.live / ".belay").resolve()
        files = (file for file in where.rglob("*") if file.is_file() and file.name != "health" and not file.is_symlink())
        return {str(file): found for file in files if (found := seen_in(file.read_bytes().decode(errors="replace")))}

    def journal(self):
        runs = sorted((self.live / ".belay/runs").iterdir())
        return [json.loads(line.split(" ", 1)[1]) for line in (runs[-1] / "journal.jsonl").read_text().splitlines()]

    def guard_and_executor(self):
        """The executor is forked by the guard: its process is the younger one."""
        own = [pid for pid, line in self.world.host_processes().items() if " host guard " in line]
        return sorted(own, key=lambda pid: int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]))


@pytest.fixture
def app(world):
    app = App(world)
    world.production, before = type("Where", (), {"live": app.live, "state": state_of(app.live)})(), world.production  # whose processes are looked for
    yield app
    world.production = before
    app.gone("belay-test-secrets")


def shows_none(finished):
    assert seen_in(finished.out + finished.err) == set(), finished
    return finished


@pytest.mark.parametrize("when", ["before-switch", "after-start"])
@pytest.mark.core
def test_a_deployment_uses_a_secret_in_every_kind_of_key_and_shows_none(app, when):
    app.release("one", when=when)
    with ProcessList() as processes:
        deployed = shows_none(app.belay("deploy", "production", "--json"))
    assert deployed.code == 0, deployed
    assert app.serves() == "one"
    assert processes.shown == set()
    assert any("${BELAY_VALUE_" in line for line in processes.of_commands), processes.of_commands

    events = [json.loads(line) for line in deployed.out.splitlines()]
    said = [event["line"] for event in events if event["type"] == "output" and event.get("step") == "migrate"]
    assert "in double quotes ***" in said and "in single quotes ***" in said, said
    assert any(line.startswith(hashlib.sha256(SECRETS["DB_PASSWORD"].encode()).hexdigest()) for line in said), said  # it was the value
    assert any(event["type"] == "test-output" and event["line"] == "gate says ***" for event in events)
    checked = next(event for event in events if event["type"] == "closed")["checked"]
    assert "token=${URL_TOKEN} answered 200" in checked and "healthy, asked with" in checked, checked
    assert app.files_with_a_secret() == {}
    assert app.files_with_a_secret(app.world.home) == {}  # the gate's logs


def test_reports_and_logs_of_what_was_deployed_or_failed_show_no_secret(app):
    app.release("one")
    plain = shows_none(app.belay("deploy", "production"))
    assert plain.code == 0 and "in double quotes ***" in plain.out, plain
    for arguments in (["attach", "production"], ["attach", "production", "--json"], ["status", "production"], ["status", "production", "--json"],
                      ["plan", "production"], ["plan", "production", "--json"], ["check", "production"], ["releases", "production", "--json"]):
        assert shows_none(app.belay(*arguments)).code == 0, arguments
    logs = shows_none(app.belay("logs", "production"))
    assert logs.code == 0 and "the app says ***" in logs.out, logs

    for when in ("before-switch", "after-start"):
        app.release("two", code=3, when=when)
        failed = shows_none(app.belay("deploy", "production"))
        assert failed.code == 1 and "in single quotes ***" in failed.out + failed.err, failed
        assert app.serves() == "one"
        assert app.files_with_a_secret() == {}


def test_a_wrong_secret_is_a_failed_health_check(app):
    app.release("one")
    refused = app.belay("deploy", "production", URL_TOKEN="wrong-5ecret-0008")
    assert refused.code == 3, refused  # the first release: nothing to go back to
    assert "answered 403" in refused.out and "wrong-5ecret-0008" not in refused.out + refused.err


def held_in_verify(app):
    """Release one serves, and the deployment of two is held, with its guard and executor waiting."""
    app.release("one")
    assert app.belay("deploy", "production").code == 0
    app.release("two")
    app.world.at_fault("executor step-began:verify hold")
    deploying = app.world.start_belay("deploy", "production", env=SECRETS, cwd=app.repository)
    wait_until("the executor is held", app.world.struck.exists, 120, every=0.02)
    # While it runs, docker's own configuration holds the registry's login: the docker program reads it from a file.
    assert [file for file in app.files_with_a_secret() if not file.endswith("/docker/config.json")] == []
    return deploying


def how_it_went_back(app, deploying):
    """What was checked then."""
    ended = shows_none(deploying.wait())
    assert ended.code == 1, ended
    assert app.serves() == "one"
    assert app.files_with_a_secret() == {}
    closed = app.journal()[-1]
    assert closed["type"] == "closed" and closed["outcome"] == "rolled-back", closed
    return closed["checked"]


def test_a_recovery_without_the_values_goes_back_and_says_what_it_could_not_ask(app):
    deploying = held_in_verify(app)
    for pid in app.guard_and_executor():
        os.kill(pid, signal.SIGKILL)
    app.world.at_fault()
    checked = how_it_went_back(app, deploying)
    assert "was not asked, since URL_TOKEN, HEALTH_USER, HEALTH_PASSWORD, HEADER_TOKEN" in checked, checked


def test_the_guard_still_has_the_values_when_its_executor_is_killed(app):
    deploying = held_in_verify(app)
    os.kill(app.guard_and_executor()[1], signal.SIGKILL)
    app.world.at_fault()
    checked = how_it_went_back(app, deploying)
    assert "token=${URL_TOKEN} answered 200" in checked and "healthy, asked with" in checked, checked


def test_a_rollback_takes_the_values_of_who_asks_for_it_and_needs_none_of_a_command(app):
    for version in ("one", "two"):
        app.release(version)
        assert app.belay("deploy", "production").code == 0
    before = len(list((app.live / ".belay/runs").iterdir()))
    health = {name: value for name, value in SECRETS.items() if name.startswith(("HEALTH", "HEADER", "URL"))}
    missing = app.world.belay("rollback", "production", env=health | {"HEADER_TOKEN": None, "URL_TOKEN": None}, cwd=app.repository)
    assert missing.code == 2, missing
    assert "HEADER_TOKEN is not set" in missing.err and "URL_TOKEN is not set" in missing.err and "nothing was touched" in missing.err
    assert app.serves() == "two" and len(list((app.live / ".belay/runs").iterdir())) == before

    rolled_back = shows_none(app.world.belay("rollback", "production", env=health, cwd=app.repository))
    assert rolled_back.code == 0, rolled_back
    assert app.serves() == "one"
    assert app.files_with_a_secret() == {}


# Values that a file and a command give --------------------------------------------------------------------------

BY_CALLER, BY_COMMAND = {"GATE_TOKEN", "URL_TOKEN"}, {"HEALTH_PASSWORD", "REGISTRY_TOKEN"}


class Sourced:
    """The same app, with two values of the caller, two of a command, and the rest of the repository's file. What stands for the vault, and the
    key, lie outside of all that is searched."""

    def __init__(self, app, directory):
        self.app, self.world, self.asked = app, app.world, directory / "asked"
        vault, self.ask = directory / "vault", directory / "ask"
        vault.mkdir()
        for name in BY_COMMAND:
            (vault / name).write_text(SECRETS[name] + "\n")
        self.ask.write_text(f'echo "$1 $PWD ${{BELAY_KEY-no key}}" >>{self.asked}; echo "looking for $1" >&2; exec cat {vault}/"$1"\n')
        self.key_file, self.said = directory / "home/.config/belay/keys/secretive", []
        app.release("none")
        self.lay_sources()
        for name in SECRETS.keys() - BY_CALLER - BY_COMMAND:
            subprocess.run([self.world.binary, "secrets", "set", name], input=SECRETS[name], cwd=app.repository, text=True, check=True, timeout=60,
                           env=self.world.environment({"HOME": directory / "home"}), capture_output=True)
        self.key = self.key_file.read_text().strip()
        self.key_file.unlink()
        app.commit()
        SECRETS["BELAY_KEY"] = self.key  # it must be seen nowhere, either

    def lay_sources(self):
        file = self.app.repository / "belay.yml"
        file.write_text(f"secrets: {{ file: secrets.belay, command: 'sh {self.ask} {{name}}' }}\n" + file.read_text())
        self.app.commit()

    def release(self, version, **more):
        self.app.release(version, **more)
        self.lay_sources()

    def environment(self, more=()):
        return {name: SECRETS[name] for name in BY_CALLER} | {"BELAY_KEY": self.key} | dict(more)

    def start(self, *arguments):
        return self.world.start_belay(*arguments, env=self.environment(), cwd=self.app.repository)

    def belay(self, *arguments):
        return shows_none(self.start(*arguments).wait())

    def asked_for(self):
        """The names that the command was asked for since the last time."""
        lines = self.asked.read_text().splitlines() if self.asked.exists() else []
        self.asked.unlink(missing_ok=True)
        assert all(line.endswith(f"{self.app.repository} no key") for line in lines), lines
        return sorted(line.split()[0] for line in lines)

    def found(self):
        """Of all that is left on both sides: the live directory, the state, the repository and its history, what belay and the user keep in the
        home directory, temporary files, and what belay said."""
        app, world = self.app, self.world
        found = {}
        for place in (app.live, (app.live / ".belay").resolve(), app.repository, world.home, world.temporary, world.logs):
            found |= app.files_with_a_secret(place)
        history = subprocess.run(["git", "log", "-p", "--all", "--", "secrets.belay", "belay.yml", "compose.yml"], cwd=app.repository,
                                 capture_output=True, text=True, check=True, timeout=60).stdout
        assert "+DB_PASSWORD: " in history  # names in clear
        return found | ({"history": seen_in(history)} if seen_in(history) else {})


@pytest.fixture
def sourced(app, tmp_path):
    yield Sourced(app, tmp_path)
    SECRETS.pop("BELAY_KEY", None)


@pytest.mark.core
def test_values_of_every_source_are_used_and_nothing_that_is_left_holds_one(sourced):
    app = sourced.app
    with ProcessList() as processes:
        sourced.release("one")
        deployed = sourced.belay("deploy", "production", "--json")
        assert deployed.code == 0 and app.serves() == "one", deployed
        assert sourced.asked_for() == sorted(BY_COMMAND)  # once each
        lines = [event["line"] for event in map(json.loads, deployed.out.splitlines()) if event["type"] == "output" and event.get("step") == "migrate"]
        assert any(line.startswith(hashlib.sha256(SECRETS["DB_PASSWORD"].encode()).hexdigest()) for line in lines), lines  # it was the value
        assert sourced.found() == {}

        assert sourced.belay("status", "production").code == 0
        assert sourced.asked_for() == ["HEALTH_PASSWORD"]  # only what the health check needs

        for when in ("before-switch", "after-start"):
            sourced.release("two", code=3, when=when)
            failed = sourced.belay("deploy", "production")
            assert failed.code == 1 and app.serves() == "one" and "in single quotes ***" in failed.out + failed.err, failed
        assert sourced.found() == {}

        sourced.release("three")
        assert sourced.belay("deploy", "production").code == 0 and app.serves() == "three"
        sourced.asked_for()
        assert sourced.belay("rollback", "production").code == 0 and app.serves() == "one"
        assert sourced.asked_for() == ["HEALTH_PASSWORD"]
        assert sourced.found() == {}

        sourced.release("four")
        sourced.world.at_fault("executor step-began:verify hold")
        deploying = sourced.start("deploy", "production")
        wait_until("the executor is held", sourced.world.struck.exists, 120, every=0.02)
        for pid in app.guard_and_executor():
            os.kill(pid, signal.SIGKILL)
        sourced.world.at_fault()
        how_it_went_back(app, deploying)
        assert sourced.found() == {}
    assert processes.shown == set() and processes.looks > 20


def test_the_search_finds_a_value_that_lies_about(sourced):
    """Else the test above could not fail."""
    for number, form in enumerate(forms_of(SECRETS["DB_PASSWORD"])):
        lying = sourced.app.live / f"lying-{number}"
        lying.write_text(f"before {form} after")
        assert sourced.found() == {str(lying): {"DB_PASSWORD"}}, form
        lying.unlink()
    with ProcessList() as processes:
        shown = subprocess.Popen(["sh", "-c", "sleep 60; :", SECRETS["HEALTH_PASSWORD"]])
        wait_until("it is seen", lambda: processes.shown, 30)
        shown.kill()
        shown.wait()


def test_a_command_that_fails_is_told_before_anything_is_touched(sourced):
    sourced.release("one")
    sourced.ask.write_text(f'echo "$1" >>{sourced.asked}; echo "no item $1; the last was {SECRETS["GATE_TOKEN"]}" >&2; exit 5\n')
    refused = sourced.belay("deploy", "production")
    assert refused.code == 2 and refused.err.count("exit code 5: no item") == len(BY_COMMAND) and "the last was ***" in refused.err, refused
    assert re.search(r"belay\.yml:\d+:\d+: the secret HEALTH_PASSWORD is not known", refused.err), refused
    assert not (sourced.app.live / ".belay").exists() and sourced.found() == {}
