"""One deployment with one death in it, and what came of it."""
import json
import threading
import time
from dataclasses import dataclass, field

from belay_world.commands import run, wait_until

from app import kill
from promise import broken_promises, point_of, records

STRIKES = {"executor": "self", "guard": "parent", "executor+guard": "self+parent"}
RECOVERIES = ("watched", "deploy", "status", "host recover", "boot")


@dataclass(frozen=True)
class Trial:
    """Who is killed, and when: at a record of the journal (`point`), or `delay` seconds after that.

    `victim`: executor, guard, executor+guard, controller; or recovery (and the guard that began it, which would begin it again),
    of an executor that died at `after`.
    `then`: what recovers when the guard is dead, too. `watched`: the controller that still looks on.
    """

    victim: str
    point: str
    delay: float = 0.0
    broken: bool = False  # the release is one that exits at once
    then: str = "watched"
    after: str = ""

    def __str__(self):
        when = f"{self.delay:.3f} s after {self.point}" if self.delay else self.point
        of = f" of the executor killed at {self.after}" if self.after else ""
        return f"{self.victim}{of} killed at {when}{', a broken release' if self.broken else ''}; then {self.then}"

    def faults(self):
        """The lines of the fault file; none where this program strikes itself."""
        if self.delay or self.victim == "controller":
            return []
        if self.victim == "recovery":
            return [f"executor {self.after} self", f"recovery {self.point} self+parent"]
        return [f"executor {self.point} {STRIKES[self.victim]}"]


@dataclass
class Result:
    trial: Trial
    struck: bool = False
    outcome: str = "never began"
    broken: list = field(default_factory=list)
    journal: list = field(default_factory=list)
    recovery: str = ""  # what recovered it, and what it said

    def __str__(self):
        lines = [str(self.trial), *(f"  ! {what}" for what in self.broken), *(f"  > {line}" for line in self.recovery.splitlines())]
        return "\n".join(lines + [f"    {json.dumps(record)[:240]}" for record in self.journal if record["type"] not in ("output", "opened")])


def run_trial(app, trial):
    """Deploys the next release with that death, has it recovered, and asks whether the promise was kept."""
    result = Result(trial)
    before, known = app.serves(), {folder.name for folder in app.runs()}
    candidate = app.commit(trial.broken)
    app.struck.unlink(missing_ok=True)
    app.faults.write_text("".join(f"{line}\n" for line in trial.faults()))
    process = app.start("deploy", "production", "--skip-test", "--json")
    striker = Striker(app, process, trial)
    closed = False
    for line in process.stdout:
        event = json.loads(line)
        closed = closed or event["type"] == "closed"
        striker.saw(event)
    code = process.wait()
    process.stdout.close()
    striker.join()
    wait_until("the host's processes have ended", lambda: not app.host_processes(), limit=120)
    app.faults.write_text("")

    run_folder = next((folder for folder in app.runs() if folder.name not in known), None)
    overtaken = None
    if is_open(run_folder):
        overtaken, result.recovery = recover(app, trial.then)
    result.journal = records(run_folder) if run_folder and run_folder.exists() else []
    if trial.faults():
        result.struck = set(trial.faults()) <= set(app.struck.read_text().splitlines() if app.struck.exists() else [])
    else:
        result.struck = striker.struck
    if result.journal:
        result.outcome = result.journal[-1].get("outcome", "open")
    committed = any(record["type"] == "committed" for record in result.journal)
    result.broken += broken_promises(app, {overtaken or (candidate if committed else before)})
    if trial.broken and committed:
        result.broken.append("a broken release was committed")
    if closed and code >= 0 and code != (0 if committed else 1):
        result.broken.append(f"exit code {code}, and the deployment {'was' if committed else 'was not'} committed")
    return result


class Striker:
    """Kills what no fault point kills: the controller at a record, anybody some time after one, and who would look on."""

    def __init__(self, app, process, trial):
        self.app, self.process, self.trial = app, process, trial
        self.struck = self.seen = False
        self.thread = None

    def saw(self, event):
        if self.seen or "n" not in event or point_of(event) != self.trial.point:
            return
        self.seen = True
        if self.trial.delay:
            self.thread = threading.Thread(target=self.strike_after, args=(time.monotonic() + self.trial.delay,), daemon=True)
            self.thread.start()
        elif self.trial.victim == "controller":
            self.struck = True
            kill(self.process.pid)
        elif self.trial.victim == "recovery":
            kill(self.process.pid)  # or it would have the same recovery begun, and killed, for ever
        elif self.trial.victim == "executor+guard" and self.trial.then != "watched":
            self.kill_watchers()

    def kill_watchers(self):
        kill(self.process.pid)
        for pid, words in self.app.host_processes().items():
            if words[:2] == [b"host", b"session"]:
                kill(pid)

    def strike_after(self, moment):
        time.sleep(max(0.0, moment - time.monotonic()))
        if self.trial.victim == "controller":
            victims = [self.process.pid] if self.process.poll() is None else []
        else:
            victims = self.on_the_host()
        self.struck = bool(victims)
        for pid in victims:
            kill(pid)
        if victims and self.trial.victim == "executor+guard" and self.trial.then != "watched":
            self.kill_watchers()

    def on_the_host(self):
        guards = {pid for pid, words in self.app.host_processes().items() if words[:2] == [b"host", b"guard"]}
        executors = {pid for pid in guards if parent_of(pid) in guards}  # forked by it, under the same name
        role = {"executor": executors, "guard": guards - executors, "executor+guard": guards}
        return role[self.trial.victim]

    def join(self):
        if self.thread:
            self.thread.join()


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def is_open(folder):
    if folder is None or not folder.exists():
        return False
    journal = folder / "journal.jsonl"
    return not journal.exists() or not records(folder) or records(folder)[-1]["type"] != "closed"


def recover(app, then):
    """What a person (or a boot) does next. The version that a further deployment brought, if that was it; and what was said."""
    brought = app.commit() if then == "deploy" else None
    if then == "boot":
        finished = run(app.live / ".belay" / "bin" / "belay", "host", "recover", "--path", app.live, check=False)
    else:
        words = {"deploy": ["deploy", "--skip-test"], "status": ["status"]}.get(then, ["host", "recover"])
        finished = app.belay(*words, "production")
    # `status` has its own opinion of what it finds; the others end well where the promise is kept.
    assert finished.code == 0 or then == "status", finished
    wait_until("the host's processes have ended", lambda: not app.host_processes(), limit=120)
    return brought, str(finished)
