"""What the tests do with belay, and ask of the world afterwards."""
import json
import os
import re
import signal
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from baseline import Belay
from belay_world import Finished, Inventory, Report
from belay_world.commands import wait_until

STAMP = r"\d{8}-\d{6}"
# What a deployment that failed may leave: belay itself, its lock, the run's journal, the adopted release, the verified backup.
KEPT_FILES = re.compile(
    rf"[^/]+/(\.belay/(|lock|current/|bin/|bin/belay|bin/belay-[0-9a-f]{{16}}|runs/|runs/[^/]+/(|journal\.jsonl|executor\.log|crm-[^/]+\.log)|replaced/"
    rf"|releases/|releases/{STAMP}-adopted/(|release\.json|compose\.json|adopted\.yml|source/.*))"
    rf"|backups/(|pre-deploy-{STAMP}\.sql|\.pre-deploy-{STAMP}\.sql\.sha256))"
)
KEPT_IMAGES = re.compile(rf"crm-backend(-dev)?:{STAMP}-adopted = .*")


@dataclass
class Deployed:
    """One run of belay under load."""

    outcome: Finished
    load: Report | None
    before: Inventory
    after: Inventory
    lost: list  # acknowledged writes that the table does not hold

    @property
    def code(self):
        return self.outcome.code

    @property
    def said(self):
        return self.outcome.out

    def left_behind(self):
        return left_behind(self.before, self.after)


def left_behind(before, after):
    """What a failed deployment must not leave, and what it must not take away; {} when all is well."""
    found = {}
    for kind, (gone, new) in before.difference(after).items():
        if kind == "files":
            new = [name for name in new if not KEPT_FILES.fullmatch(name)]
        if kind == "images":
            new = [name for name in new if not KEPT_IMAGES.fullmatch(name)]
        if gone or new:
            found[kind] = {"gone": gone, "new": new}
    return found


class Scenario:
    def __init__(self, world, table):
        self.world, self.table = world, table

    # Preparing ------------------------------------------------------------------------------------------------------

    def release(self, name, **options):
        """Commits one of the example's releases; its version."""
        return self.world.repository.release(name, **options)

    def configure(self, old, new, times=-1):
        """Changes a passage of belay.yml that must be there (all of them, or the first `times`), and commits it."""
        assert old in (self.world.repository.path / "belay.yml").read_text()
        self.world.repository.edit("belay.yml", lambda text: text.replace(old, new, times))
        self.world.repository.commit("belay.yml")

    def shorten_health(self, attempts=4, interval="2s", timeout="2s"):
        """A health budget that a test can wait out; what is tested is what follows when it is spent. It serves the way back as well:
        in it the release from before must start, on a busy machine, too."""
        self.configure(
            'api/health", attempts: 30, interval: 5s }',
            f'api/health", attempts: {attempts}, interval: {interval}, timeout: {timeout} }}',
        )

    def without_migration(self):
        """Two seconds less, where the migration is not the subject."""
        self.configure("migrate: npx prisma migrate deploy\n", "")

    # Running --------------------------------------------------------------------------------------------------------

    def deploy(self, *options, environment="production", **more):
        """`belay deploy ENV --skip-test …` under load, unless told otherwise; the `rows` of the baseline get its figures."""
        return self.run("deploy", environment, "--skip-test", *options, environment=environment, **more)

    def run(self, *arguments, environment="production", rows=(), serves=None, load=True, around=nullcontext(), **more):
        """Any command of belay's, likewise. `around`: a context manager for what is the matter with the world meanwhile."""
        before = self.world.inventory()
        with around:
            if load:
                with self.world.load(environment) as client:
                    outcome = self.world.belay(*arguments, **more)
                report = client.report
            else:
                outcome, report = self.world.belay(*arguments, **more), None
        deployed = Deployed(outcome, report, before, self.world.inventory(), self.lost(report, environment))
        for row in rows:
            self.add(row, deployed.code, outcome.seconds, report, deployed.lost, serves)
        return deployed

    def lost(self, report, environment="production"):
        database = self.world.database if environment == "production" else self.world.staging_database
        return database.missing(report.acknowledged) if report else []

    def add(self, row, code, seconds, load=None, lost=None, serves=None):
        """A row of the table at the end; `serves` is the version that answers, unless it is said better."""
        self.table.add(row, Belay(
            code, seconds, load.down_s if load else None, f"{load.failed}/{load.sent}" if load else "-",
            None if lost is None else len(lost), serves or self.world.version() or "nothing",
        ))

    # Asking ---------------------------------------------------------------------------------------------------------

    def asked(self, *arguments):
        """A question to belay that answers in JSON."""
        outcome = self.world.belay(*arguments, "--json")
        assert outcome.code == 0, outcome
        return json.loads(outcome.out)

    def releases(self, environment="production"):
        """The kept releases, newest first, and the id of the one that serves."""
        answer = self.asked("releases", environment)
        return answer["releases"], answer["current"]

    def journal(self, environment="production"):
        """The records of the newest run on the host."""
        runs = sorted((self.world.of(environment).live / ".belay" / "runs").iterdir())
        return [json.loads(line[9:]) for line in (runs[-1] / "journal.jsonl").read_text().splitlines()]

    def backups(self, environment="production"):
        """Names of the files an operator sees in backups/."""
        folder = self.world.of(environment).live / "backups"
        return sorted(file.name for file in folder.iterdir() if not file.name.startswith(".")) if folder.exists() else []

    def up_by_hand_keeps(self, version, environment="production"):
        """`docker compose up -d`, as an operator types it, keeps the release. What operators once made with --no-deps is made anew by
        Compose itself, whose hash counts that option (an adopted release keeps its own); what belay made is left alone."""
        where = self.world.of(environment)
        before = self.world.container(where.container)
        where.compose("up", "-d")
        after = self.world.container(where.container)
        assert after["Image"] == before["Image"]
        if not before["Config"]["Labels"].get("belay.release", "-adopted").endswith("-adopted"):
            assert after["Id"] == before["Id"]
        wait_until(f"{version} serves", lambda: self.world.version(where) == version)


def only_the_switch_cost_requests(scenario, deployed):
    """Those that failed were sent after the old release was stopped and before the new one had proved itself (or the old one again)."""
    moments = {record["type"] + ":" + record.get("step", ""): moment_of(record) for record in scenario.journal()}
    began, ended = moments["step-began:switch"], moments["step-done:verify"]
    failed = [(deployed.load.started + due, why) for due, _, why in deployed.load.failures]
    far = [(moment, why) for moment, why in failed if not began - 1 < moment < ended + 1]
    assert far == [], (began, ended, deployed.load.summary())


def moment_of(record):
    return datetime.fromisoformat(record["at"].replace("Z", "+00:00")).timestamp()


def attempts_of(scenario):
    """The health attempts that the newest run has made."""
    return [record["done"] for record in scenario.journal() if record["type"] == "progressed" and record["unit"] == "attempts"]


def rolled_back(scenario, deployed, version="1.0.0"):
    """What is promised after every failure that had something to go back to."""
    assert deployed.code == 1, deployed.outcome
    assert scenario.world.version() == version
    assert deployed.lost == [] and deployed.load.acknowledged
    assert deployed.left_behind() == {}, deployed.left_behind()
    scenario.up_by_hand_keeps(version)


def never_stopped(scenario, deployed, version="1.0.0"):
    """It failed before the switch: those who use the app noticed nothing."""
    rolled_back(scenario, deployed, version)
    assert deployed.load.failed == 0, deployed.load.summary()
    assert "it never stopped" in deployed.said or "was not touched" in deployed.said


class Host:
    """The host while a deployment runs on it: what it does, and the processes that do it."""

    def __init__(self, scenario, environment="production"):
        self.scenario, self.environment = scenario, environment
        self.world, self.where = scenario.world, scenario.world.of(environment)

    def records(self):
        try:
            return self.scenario.journal(self.environment)
        except (OSError, IndexError, ValueError):
            return []  # not there yet, or its last line is being written

    def has(self, kind, step=None):
        return any(record["type"] == kind and step in (None, record.get("step")) for record in self.records())

    def reaches(self, kind, step=None, limit=120.0):
        wait_until(f"the journal says {kind} {step or ''}", lambda: self.has(kind, step), limit, every=0.01)

    def holds_at(self, point):
        """The next executor that has written this record (its name as in base/fault_point.hpp) waits until `goes_on`."""
        self.world.at_fault(f"executor {point} hold")

    def is_held(self, limit=120.0):
        wait_until("the executor is held", self.world.struck.exists, limit, every=0.02)

    def goes_on(self):
        self.world.at_fault()

    def serves(self, version, limit=60.0):
        wait_until(f"{version} serves", lambda: self.world.version(self.where) == version, limit)

    def is_quiet(self, limit=120.0):
        """No process of belay's is left there."""
        wait_until("belay's processes on the host have ended", lambda: not self.world.host_processes(), limit)

    def guard(self):
        """The processes that run the deployment: the guard, and the executor that it forked."""
        pids = [pid for pid, line in self.world.host_processes().items() if " host guard " in line]
        parents = {pid: int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in pids}
        executors = [pid for pid in pids if parents[pid] in pids]
        assert len(pids) == 2 and len(executors) == 1, (pids, parents)
        return next(pid for pid in pids if pid not in executors), executors[0]

    def kill_executor(self):
        os.kill(self.guard()[1], signal.SIGKILL)
        self.goes_on()

    def kill_guard_and_executor(self):
        for pid in self.guard():  # the guard first: it must not see its executor die
            os.kill(pid, signal.SIGKILL)
        self.goes_on()  # whoever comes next is not to be held

    def kill_everything(self):
        """As a power cut does: sessions, too."""
        self.kill_guard_and_executor()
        for pid in self.world.host_processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
