"""An environment of this machine whose Engine may be stopped, killed, or used by hand beside belay."""
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

from belay_world.commands import Running, run, wait_until
from belay_world.repository import Repository
from belay_world.state import state_of

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
migrate: sh -c "{migration}"
{keys}environments:
  production: {{ host: local, path: {live}, compose: compose.yml, health: off }}
"""


class Away:
    """An environment on that Engine."""

    def __init__(self, engine, megabytes=0):
        """`megabytes`: the live directory is a disk of that size, and so is belay's own directory."""
        self.engine, self.place = engine, engine.place / "app"
        engine.bring_back()
        self.live, self.faults = self.place / "live", self.place / "faults"
        self.struck = self.place / "faults.struck"
        self.repository = Repository(self.place / "repository")
        for folder in (self.live, self.place / "home", self.repository.path):
            folder.mkdir(parents=True)
        if megabytes:  # before anything that may fail: close() takes it away
            state_of(self.live).mkdir(parents=True)
            for disk in (self.live, state_of(self.live)):
                run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", disk)

    def put_in_service(self):
        """Version 1 serves."""
        self.repository.git("init", "-q")
        self.hold()
        self.commit(1)
        deployed = self.start_deployment().wait()
        assert deployed.code == 0 and self.version_that_runs() == "1", deployed

    def close(self):
        with suppress(OSError):
            self.faults.write_text("")  # nobody is held any longer
        self.engine.bring_back()
        self.wait_for_the_guard()
        self.engine.remove_containers()
        for disk in (self.live, state_of(self.live)):
            run("umount", "-l", disk, check=False)
        shutil.rmtree(state_of(self.live), ignore_errors=True)
        shutil.rmtree(self.place)

    def wait_for_the_guard(self):
        """It may still be trying what a run left unfinished."""
        run("pkill", "-f", f"host guard --path {self.live}", check=False)
        wait_until("the guard is gone", lambda: run("pgrep", "-f", f"host guard --path {self.live}", check=False).code != 0, 30)

    def version_that_runs(self):
        found = self.engine.inspected("away-web")
        if not found or not found["State"]["Running"]:
            return None
        return next(entry.split("=")[1] for entry in found["Config"]["Env"] if entry.startswith("VERSION="))

    def containers(self):
        ids = self.engine.docker("ps", "-q").out.split()
        return json.loads(self.engine.docker("inspect", *ids).out) if ids else []

    def candidate_runs(self, version):
        return any(f"VERSION={version}" in found["Config"]["Env"] for found in self.containers())

    def policies(self):
        """Of all that run."""
        return {found["HostConfig"]["RestartPolicy"]["Name"] for found in self.containers()}

    def restart_policy(self):
        return self.engine.inspected("away-web")["HostConfig"]["RestartPolicy"]["Name"]

    def commit(self, version, command=GOOD, migration="true", keys=""):
        self.repository.write("belay.yml", BELAY.format(live=self.live, migration=migration, keys=keys))
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
