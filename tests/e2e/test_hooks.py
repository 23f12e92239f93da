"""Hooks: each point and place, in order; what a failing one does; none is left running."""
import json
import os
import signal
from pathlib import Path

import pytest
from belay_world.commands import run, wait_until
from belay_world.state import state_of
from light_app import HEALTH, LightApp

PORT, PROXY_PORT, PROJECT = 18376, 18377, "belay-test-hooks"
COMPOSE = """\
name: {project}
services:
  web:
    image: busybox:latest
    init: true
    user: "1000"
    stdin_open: true
    tty: true
    environment: {{ VERSION: "{version}" }}
    command: [sh, -c, 'test $$VERSION != broken && exec httpd -f -p 8080 -h /www']
    volumes: ["./www:/www", "./said:/said"]
    ports: ["127.0.0.1:{port}:8080"]
  proxy:
    image: busybox:latest
    init: true
    command: [httpd, -f, -p, "8080", -h, /said]
    volumes: ["./said:/said"]
    ports: ["127.0.0.1:{proxy_port}:8080"]
"""
POINTS = ("before_backup", "before_switch", "after_switch", "after_commit", "after_rollback", "on_failure")
PLACES = {"web": "in: web", "proxy": "in: proxy", "host": "on: host", "controller": "on: controller"}


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "hooked", PROJECT, PORT)
        self.health = HEALTH
        self.said = self.live / "said"
        self.said.mkdir()
        (self.said / "log").touch()
        run("chmod", "-R", "a+rwX", self.said)  # for the user in the container too

    def file(self, place):
        return {"web": "/said/log", "proxy": "/said/log", "host": "said/log"}.get(place, f"{self.said}/log")

    def saying(self, point, place, words="", more=""):
        """A hook that writes where it runs, and then these words of its environment."""
        command = f'echo "{point} {place}{words}" >> {self.file(place)}'
        return f"{{ {PLACES[place]}, run: {json.dumps(command)}{more} }}"

    def release(self, version, hooks):
        """`hooks`: the point's name to its list."""
        lines = "".join(f"  {point}: [{', '.join(all)}]\n" for point, all in hooks.items())
        self.configure('migrate: echo "migration web" >> /said/log\n' + ("hooks:\n" + lines if lines else ""), health=self.health)
        self.write("compose.yml", COMPOSE.format(project=PROJECT, port=PORT, proxy_port=PROXY_PORT, version=version))
        self.write("www/version", f"{version}\n")
        self.commit()

    def start(self, *arguments, **more):
        return self.world.start_belay(*arguments, cwd=self.repository, **more)

    def belay(self, *arguments, **more):
        return self.start(*arguments, **more).wait()

    def deploy(self, version, hooks, code=0, **more):
        """What the hooks said, and belay's end."""
        self.release(version, hooks)
        return self.after(self.start("deploy", "production", **more), code)

    def after(self, running, code=0):
        ended = running.wait()
        assert ended.code == code, ended
        return self.lines(), ended

    def lines(self):
        lines = self.log().splitlines()
        (self.said / "log").write_text("")
        return lines

    def log(self):
        return (self.said / "log").read_text()

    def outputs(self):
        """Each line of output in the newest journal."""
        journal = max((state_of(self.live) / "runs").glob("*/journal.jsonl"))
        records = [json.loads(line[9:]) for line in journal.read_text().splitlines()]
        return [record["line"] for record in records if record["type"] == "output"]


@pytest.fixture
def app(world):
    app = App(world)
    try:
        yield app
    finally:
        app.gone("no-image-of-its-own")


def processes(wanted):
    """Those of these command lines that run, here or in a container."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip() if entry.name.isdigit() else ""
        except OSError:
            continue  # it ended meanwhile
        found |= {one for one in wanted if line == one}
    return found


def hooks_everywhere(app, words=""):
    return {point: [app.saying(point, place, words) for place in PLACES] for point in POINTS}


def of(*points):
    return [f"{point} {place}" for point in points for place in PLACES]


@pytest.mark.core
def test_each_point_comes_in_its_order_and_a_rollback_has_those_that_ready_the_app(app):
    # Nothing runs before the first deployment: what was to run in a container did not, and fails nothing. Nor
    # does the proxy, which the first deployment does not start.
    said, ended = app.deploy("1", {"before_backup": [app.saying("before_backup", place) for place in PLACES]})
    assert said == ["before_backup host", "before_backup controller", "migration web"], said
    assert "not run: no container of web runs yet" in app.outputs()
    run("docker", "compose", "up", "-d", "proxy", cwd=app.live)

    app.release("2", hooks_everywhere(app))
    planned = app.belay("plan", "production")
    assert planned.code == 0 and "before_switch  in web: echo" in planned.out and "If it fails" in planned.out, planned
    said, ended = app.after(app.start("deploy", "production"))
    assert said == of("before_backup") + ["migration web"] + of("before_switch", "after_switch", "after_commit"), said
    assert app.serves() == "2"

    said, _ = app.after(app.start("rollback", "production"))
    assert said == of("before_switch", "after_switch", "after_commit"), said


def test_a_required_one_that_fails_undoes_and_those_that_tell_of_it_know_why(app):
    words = " $BELAY_APP $BELAY_ENVIRONMENT $BELAY_OUTCOME [$BELAY_FAILED_STEP] $BELAY_ERROR"
    telling = {point: [app.saying(point, place, words) for place in PLACES if place != "proxy"] for point in ("after_rollback", "on_failure")}
    app.deploy("1", {})
    failing = "{ on: host, run: echo to no avail; exit 3 }"
    said, ended = app.deploy("2", {"before_switch": [failing, app.saying("before_switch", "host")]} | telling, code=1)
    why = "hooked production rolled-back [before_switch] the hook failed on the host: echo to no avail; exit 3: exit code 3"
    assert said == ["migration web"] + [f"{point} {place} {why}" for point in ("after_rollback", "on_failure") for place in PLACES if place != "proxy"], said
    assert "to no avail" in ended.out and app.serves() == "1"

    # One that may fail is told, and the next one runs.
    optional = "{ on: host, run: echo to no avail; exit 3, required: false }"
    said, ended = app.deploy("2", {"before_switch": [optional, app.saying("before_switch", "host")], "after_commit": ["{ in: web, run: [no-such-program] }"]})
    assert said == ["migration web", "before_switch host"] and app.serves() == "2", said
    assert "before_switch failed on the host: echo to no avail; exit 3" in ended.out, ended
    assert "after_commit failed in web: no-such-program" in ended.out, ended


def test_on_failure_runs_also_where_nothing_was_touched_and_where_there_is_nothing_to_go_back_to(app):
    telling = {point: [app.saying(point, "host", " $BELAY_OUTCOME")] for point in ("after_rollback", "on_failure")}
    said, _ = app.deploy("broken", telling, code=3)
    assert said == ["migration web", "on_failure host failed"], said
    app.deploy("1", {})
    said, _ = app.deploy("broken", telling, code=1)
    assert said == ["migration web", "after_rollback host rolled-back", "on_failure host rolled-back"], said
    said, _ = app.deploy("2", telling | {"before_backup": ["{ on: host, run: exit 1 }"]}, code=1)
    assert said == ["on_failure host rolled-back"], said
    assert app.serves() == "1"


def test_a_proxy_that_waits_for_after_rollback_gets_it_before_the_undo_is_judged(app):
    app.deploy("1", {})
    run("docker", "compose", "up", "-d", "proxy", cwd=app.live)
    knows = app.said / "knows"
    knows.touch()
    app.health = f'health: {{ url: "http://127.0.0.1:{PROXY_PORT}/knows", attempts: 3, interval: 100ms }}\n'
    lost, told = ("{ in: proxy, run: " + command + " /said/knows }" for command in ("rm", "touch"))
    said, ended = app.deploy("2", {"after_switch": [lost], "after_rollback": [told, app.saying("after_rollback", "host")]}, code=1)
    assert "the previous release serves again" in ended.out, ended
    assert said == ["migration web", "after_rollback host"] and knows.exists() and app.serves() == "1", (said, ended)


def test_one_that_hangs_ends_at_its_limit_with_all_that_it_started(app):
    sleeps = {place: f"sleep 98{number}71" for number, place in enumerate(PLACES)}

    hanging = [f'{{ {PLACES[place]}, run: "(setsid {sleep}) & {sleep}", timeout: 1s, required: false }}' if place == "web"
               else f'{{ {PLACES[place]}, run: "{sleep} & {sleep}", timeout: 1s, required: false }}' for place, sleep in sleeps.items()]
    app.deploy("1", {})
    run("docker", "compose", "up", "-d", "proxy", cwd=app.live)
    said, ended = app.deploy("2", {"before_switch": hanging, "after_switch": hanging, "after_commit": [one.replace(", required: false", "") for one in hanging]})
    for place in PLACES:
        assert f"{sleeps[place]}" in ended.out
    assert ended.out.count("no end after 1.0 s") >= 12, ended
    assert processes(sleeps.values()) == set()


def test_a_killed_executor_lets_the_guard_run_those_of_the_end(app):
    telling = {"on_failure": [app.saying("on_failure", place, " [$BELAY_FAILED_STEP] $BELAY_ERROR") for place in ("web", "host", "controller")]}
    waiting = '{ on: host, run: "echo waits >> said/log; while test ! -e said/go; do sleep 0.1; done" }'

    def begin(version, hooks):
        app.release(version, hooks)
        return app.start("deploy", "production")

    app.deploy("1", {})
    said, ended = after_kill(app, begin("2", {"after_switch": [waiting]} | telling), 1)
    why = "[after_switch] the process that ran the deployment died"
    assert said == [f"on_failure web {why}", f"on_failure host {why}"], said
    assert "on_failure failed where belay was started" in ended.out and "it was not run" in ended.out, ended
    assert app.serves() == "1"

    # After the commit the hooks begin once more.
    running = begin("2", {"after_commit": [waiting, app.saying("after_commit", "web")]})
    said, ended = after_kill(app, running, 0, then=(app.said / "go").touch)
    assert said == ["waits", "after_commit web"], said
    assert app.serves() == "2"


def parent_of_hook(process):
    """Of the hook's own shell; a copy that it makes of itself for a moment, to start `sleep`, is in that shell's process group."""
    try:
        waits = (process / "cmdline").read_bytes().startswith(b"sh\0-c\0echo waits >> said/log")
        parent, group = (process / "stat").read_text().rsplit(")", 1)[1].split()[1:3]
        return int(parent) if waits and group == process.name else None
    except OSError:
        return None  # it ended while we looked


def after_kill(app, running, code, then=lambda: None):
    """Kills the executor once a hook says that it waits."""
    wait_until("the hook runs", lambda: "waits" in app.log())
    [executor] = filter(None, (parent_of_hook(entry) for entry in Path("/proc").iterdir() if entry.name.isdigit()))
    app.lines()
    os.kill(executor, signal.SIGKILL)
    then()
    return app.after(running, code)


def test_what_one_reads_prints_and_leaves_behind_does_not_hold_up_the_deployment(app):
    megabytes = 20
    flood = "yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c "
    sleeps = {place: f"sleep 97{number}53" for number, place in enumerate(PLACES)}

    def hooks(place):
        run_and_leave = f"cat; {flood}{megabytes}000000; head -c {megabytes}000000 /dev/zero | tr '\\\\0' x; {sleeps[place]} &"
        return f'{{ {PLACES[place]}, timeout: 2m, run: "{run_and_leave}" }}'

    try:
        said, ended = app.deploy("1", {"before_switch": [hooks("web")], "after_switch": [hooks(place) for place in PLACES if place != "proxy"]}, env={"CI": "1"})
        assert said == ["migration web"] and app.serves() == "1", ended
        journal = max((state_of(app.live) / "runs").glob("*/journal.jsonl"))
        assert journal.stat().st_size < 12_000_000
        # What a hook leaves on the server goes on.
        assert processes(sleeps.values()) == {sleeps["web"], sleeps["host"]}
    finally:
        run("pkill", "-xf", sleeps["host"], check=False)


def test_one_that_fails_with_endless_lines_is_told_in_few_words(app):
    failing = {place: f'{{ {PLACES[place]}, required: false, run: "head -c 30000000 /dev/zero | tr \'\\\\0\' x; exit 3" }}' for place in PLACES if place != "proxy"}
    said, ended = app.deploy("1", {"after_switch": list(failing.values())})
    assert ended.out.count("exit code 3") >= 3, ended.out[:2000]
    journal = max((state_of(app.live) / "runs").glob("*/journal.jsonl"))
    assert max(map(len, journal.read_text().splitlines())) < 1_200_000  # a line that was printed, and no more than one


def test_where_belay_is_gone_a_required_one_there_fails_and_the_host_undoes(app):
    telling = {"on_failure": [app.saying("on_failure", "host", " [$BELAY_FAILED_STEP] $BELAY_ERROR")]}
    waiting = '{ on: host, run: "echo waits >> said/log; while test ! -e said/go; do sleep 0.1; done" }'
    app.deploy("1", {})
    app.release("2", {"before_switch": [waiting], "after_switch": [app.saying("after_switch", "controller")]} | telling)
    running = app.start("deploy", "production")
    wait_until("the hook runs", lambda: "waits" in app.log())
    running.kill()
    (app.said / "go").touch()
    wait_until("the run is undone", lambda: "on_failure" in app.log(), 90)
    said = app.lines()
    assert said[:2] == ["migration web", "waits"] and len(said) == 3, said
    assert said[2].startswith("on_failure host [after_switch] the hook failed where belay was started: echo"), said
    assert said[2].endswith("it was not run: no controller is connected"), said
    ended = app.belay("status", "production")
    assert ended.code == 0 and app.serves() == "1", ended


@pytest.mark.parametrize("place", ["web", "host", "controller"])
def test_ctrl_c_ends_one_that_runs_and_undoes(app, place):
    sleep = "sleep 96153"
    telling = {"on_failure": [app.saying("on_failure", place, " [$BELAY_FAILED_STEP] $BELAY_ERROR")]}
    app.deploy("1", {})
    app.release("2", {"after_switch": [app.saying("waits", place)[:-3] + f'; {sleep} & {sleep}" }}']} | telling)
    running = app.start("deploy", "production")
    wait_until("the hook runs", lambda: "waits" in app.log())
    running.signal(signal.SIGINT, group=True)
    said, ended = app.after(running, 1)
    assert said[-1] == f"on_failure {place} [after_switch] cancelled: the deployment was asked to stop", said
    assert app.serves() == "1" and not processes([sleep])


def test_a_secret_reaches_each_place_and_stands_nowhere(app):
    secret = "hook-5ecret'\"$HOME #1"
    (app.said / "arguments").touch(0o666)
    (app.said / "arguments").chmod(0o666)

    def telling(place):
        file = app.file(place)
        arguments = file.removesuffix("log") + "arguments"
        command = f'printf "%s\\n" "${{TOKEN}}" >> {file}; echo "${{TOKEN}}"; sh -c \'tr "\\0" " " </proc/$PPID/cmdline\' >> {arguments}; true'
        return f"{{ {PLACES[place]}, run: {json.dumps(command)} }}"

    hooks = {"before_switch": [telling(place) for place in PLACES if place != "proxy"]}
    said, ended = app.deploy("1", hooks, env={"TOKEN": secret})
    assert said == ["migration web"] + 3 * [secret], said
    journal = max((state_of(app.live) / "runs").glob("*/journal.jsonl")).read_text()
    assert "5ecret" not in journal and "5ecret" not in ended.out + ended.err, ended
    arguments = (app.said / "arguments").read_text()
    assert arguments.count("printf") == 3 and "5ecret" not in arguments, arguments
    missing = app.belay("rollback", "production")
    assert missing.code == 2 and "hooks in belay.yml use variables that are not set: TOKEN" in missing.err + missing.out, missing


def test_a_service_that_does_not_exist_is_named_before_anything_is_touched(app):
    app.release("1", {"after_commit": ["{ in: wbe, run: true }"]})
    words = "after_commit names 'wbe', which is no service of the compose project"
    for command, code in (("check", 1), ("plan", 2), ("deploy", 1)):
        ended = app.belay(command, "production")
        assert ended.code == code and words in ended.out + ended.err and "did you mean 'web'?" in ended.out + ended.err, ended
