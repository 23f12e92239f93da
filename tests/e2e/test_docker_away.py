"""Docker goes away in the middle of a deployment, or somebody stops what serves. The Engine is one of the test's own: others need theirs."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest

from belay_world.commands import Running, run, wait_until
from belay_world.repository import Repository

BINARY = Path(os.environ.get("BELAY_BINARY") or Path(__file__).resolve().parents[2] / "build/release/belay_with_fault_points")
GOOD, BAD = "trap 'exit 0' TERM; while :; do sleep 1000 & wait $$!; done", "echo this release is broken; exit 3"
COMPOSE = """\
name: away
services:
  web:
    image: busybox
    container_name: away-web
    restart: unless-stopped
    network_mode: none
    command: [sh, -c, "{command}"]
    environment: {{ VERSION: "{version}" }}
"""
BELAY = """\
app: away
source: app
services: [web]
migrate: sh -c "exit {migration}"
environments:
  production: {{ host: local, path: {live}, compose: compose.yml, health: off }}
"""


class OwnEngine:
    """A Docker Engine that a test may stop and kill. Without a bridge it would remove the other Engine's: so it has a network namespace of its
    own, and its containers no network."""

    def __init__(self):
        self.place = Path(tempfile.mkdtemp(prefix="belay-away-"))
        self.socket = f"unix://{self.place}/docker.sock"
        self.start()
        subprocess.run(f"docker save busybox:latest | DOCKER_HOST={self.socket} docker load -q", shell=True, check=True, stdout=subprocess.DEVNULL)

    def start(self):
        # A dockerd that was killed took its containerd with it. Both pid files stay, and may name a process that nobody has waited for.
        for left in ("pid", "exec/containerd/containerd.pid"):
            (self.place / left).unlink(missing_ok=True)
        with open(self.place / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--net", "dockerd", "-H", self.socket, "--data-root", self.place / "data", "--exec-root", self.place / "exec", "--pidfile",
                 self.place / "pid", "--containerd", "", "--bridge", "none", "--iptables=false", "--ip-forward=false"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        wait_until("the Engine answers", lambda: self.docker("info", check=False).code == 0, limit=60)

    def end(self, number):
        """SIGTERM stops the containers; SIGKILL does not, and Docker stops them when it comes back, as if a person had."""
        self.process.send_signal(number)
        self.process.wait(60)

    def docker(self, *arguments, **options):
        return run("docker", *arguments, env=os.environ | {"DOCKER_HOST": self.socket}, **options)

    def inspected(self, name):
        found = self.docker("inspect", name, check=False)
        return json.loads(found.out)[0] if found.code == 0 else None

    def version_that_runs(self):
        found = self.inspected("away-web")
        if not found or not found["State"]["Running"]:
            return None
        return next(entry.split("=")[1] for entry in found["Config"]["Env"] if entry.startswith("VERSION="))

    def close(self):
        for name in self.docker("ps", "-aq", check=False).out.split():
            self.docker("rm", "-f", name, check=False)
        self.end(signal.SIGTERM)
        while run("umount", self.place / "data", check=False).code == 0:
            pass  # each dockerd that was killed has left its mount
        shutil.rmtree(self.place)


class Away:
    """An environment of this machine on that Engine; version 1 serves."""

    def __init__(self, engine):
        self.engine, self.place = engine, engine.place / "app"
        self.live, self.faults = self.place / "live", self.place / "faults"
        self.struck = self.place / "faults.struck"
        self.repository = Repository(self.place / "repository")
        for folder in (self.live, self.place / "home", self.repository.path):
            folder.mkdir(parents=True)
        self.repository.git("init", "-q")
        self.hold()
        self.commit(1)
        deployed = self.start_deployment().wait()
        assert deployed.code == 0 and engine.version_that_runs() == "1", deployed

    def commit(self, version, command=GOOD, migration=0):
        self.repository.write("belay.yml", BELAY.format(live=self.live, migration=migration))
        self.repository.write("app/compose.yml", COMPOSE.format(version=version, command=command))
        self.repository.commit(f"version {version}")

    def hold(self, point=None):
        self.struck.unlink(missing_ok=True)
        part = self.faults.with_suffix(".part")
        part.write_text(f"executor {point} hold\n" if point else "")
        part.rename(self.faults)

    def start_deployment(self):
        return self.start("deploy", "production", "--skip-test")

    def start(self, *arguments):
        own = {name: value for name, value in os.environ.items() if not name.startswith(("BELAY_", "GIT_", "CI"))}
        own |= {"HOME": str(self.place / "home"), "BELAY_FAULT_FILE": str(self.faults), "DOCKER_HOST": self.engine.socket}
        return Running([BINARY, *arguments], env=own, cwd=self.repository.path, log=self.place / "belay")

    def begin(self, point):
        """A deployment beside the test, once its executor is held at that record."""
        self.hold(point)
        deploying = self.start_deployment()
        wait_until("the executor is held", self.struck.exists, 120)
        return deploying

    def records(self):
        newest = sorted((self.live / ".belay" / "runs").iterdir())[-1]
        lines = (newest / "journal.jsonl").read_text().split("\n")[:-1]  # the last one may be half written
        return [json.loads(line[9:]) for line in lines]

    def waits_for_docker(self):
        said = "Docker does not answer since"
        wait_until("the watchers are told", lambda: any(said in record.get("line", "") for record in self.records()), 60)

    def executor(self):
        """It has the guard for its parent; both have this environment's path among their words."""
        pids = run("pgrep", "-f", f"host guard --path {self.live}").out.split()
        parents = {pid: Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1] for pid in pids}
        return int(next(pid for pid in pids if parents[pid] in pids))


@pytest.fixture
def away():
    engine = OwnEngine()
    try:
        yield Away(engine)
    finally:
        with suppress(OSError):
            (engine.place / "app" / "faults").write_text("")  # nobody is held any longer
        if engine.process.poll() is not None:
            engine.start()
        engine.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_docker_is_away_in_the_switch_and_the_old_release_serves_afterwards(away, number):
    away.commit(2, command=BAD)
    deploying = away.begin("step-began:switch")
    away.engine.end(number)
    away.hold()
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 1 and away.engine.version_that_runs() == "1", ended
    assert "Docker answers again" in ended.out and "Rolled back." in ended.out, ended


def test_docker_is_away_in_the_switch_of_a_good_release_which_serves_afterwards(away):
    away.commit(2)
    deploying = away.begin("step-began:switch")
    away.engine.end(signal.SIGTERM)
    away.hold()
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 0 and away.engine.version_that_runs() == "2", ended


def test_docker_is_away_and_the_executor_dies_and_the_guard_waits(away):
    away.commit(2)
    deploying = away.begin("noted:switch:stops")
    away.engine.end(signal.SIGKILL)
    os.kill(away.executor(), signal.SIGKILL)
    away.hold()
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 1 and away.engine.version_that_runs() == "1", ended


@pytest.mark.parametrize("by_hand", [["stop", "-t", "1"], ["rm", "-f"]])
def test_what_is_stopped_by_hand_before_the_switch_serves_after_the_undo(away, by_hand):
    away.commit(2, migration=1)
    deploying = away.begin("step-began:migrate")
    away.engine.docker(*by_hand, "away-web")
    away.hold()
    ended = deploying.wait()
    assert ended.code == 1 and away.engine.version_that_runs() == "1", ended
    assert "away-web had stopped meanwhile and was started again" in ended.out, ended
    assert away.engine.inspected("away-web")["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"


def test_what_is_stopped_by_hand_before_anything_is_noted_serves_after_the_undo(away):
    (away.repository.path / "app/compose.yml").write_text("services: [")
    away.repository.commit("a compose file that is none")
    deploying = away.begin("step-began:build")
    away.engine.docker("stop", "-t", "1", "away-web")
    away.hold()
    ended = deploying.wait()
    assert ended.code == 1 and away.engine.version_that_runs() == "1", ended


def test_what_was_stopped_before_the_deployment_stays_off_and_nothing_is_said_to_serve(away):
    away.engine.docker("stop", "-t", "1", "away-web")
    away.commit(2, migration=1)
    ended = away.start_deployment().wait()
    assert ended.code == 3 and away.engine.version_that_runs() is None, ended


def test_a_rollback_to_the_current_release_brings_back_one_that_is_off(away):
    [current] = [entry.name for entry in (away.live / ".belay/releases").iterdir()]
    refused = away.start("rollback", "production", current).wait()
    assert refused.code == 2 and "serves already" in refused.err + refused.out, refused
    away.engine.docker("stop", "-t", "1", "away-web")
    back = away.start("rollback", "production", current).wait()
    assert back.code == 0 and away.engine.version_that_runs() == "1", back
    away.commit(2)
    deployed = away.start_deployment().wait()
    assert deployed.code == 0 and away.engine.version_that_runs() == "2", deployed
