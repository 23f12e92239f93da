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
    """Who is killed, and when: at a record of the journal (`point`), or `delay` seconds after the start.

    `victim`: executor, guard, executor+guard, controller; or recovery, of an executor that died at `after`.
    `then`: what recovers when the guard is dead, too. `watched`: the controller that still looks on.
    """

    victim: str
    point: str | None = None
    delay: float = 0.0
    broken: bool = False  # the release is one that exits at once
    then: str = "watched"
    after: str = ""

    def __str__(self):
        when = self.point or f"{self.delay:.3f} s"
        of = f" of the executor killed at {self.after}" if self.after else ""
        return f"{self.victim}{of} killed at {when}{', a broken release' if self.broken else ''}; then {self.then}"

    def faults(self):
        if self.point is None or self.victim == "controller":
            return ""
        if self.victim == "recovery":
            return f"executor {self.after} self\nrecovery {self.point} self\n"
        return f"executor {self.point} {STRIKES[self.victim]}\n"


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
    app.faults.write_text(trial.faults())
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
    result.struck = striker.struck or any(record["type"] == "recovering" for record in result.journal)
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
    """Kills what no fault point kills: the controller at a record, anybody at a random moment."""

    def __init__(self, app, process, trial):
        self.app, self.process, self.trial = app, process, trial
        self.struck = False
        self.thread = None
        if trial.point is None:
            self.thread = threading.Thread(target=self.strike_after, args=(time.monotonic() + trial.delay,))
            self.thread.start()

    def saw(self, event):
        if self.trial.point is None or "n" not in event or point_of(event) != self.trial.point or self.struck:
            return
        self.struck = True
        if self.trial.victim == "controller":
            kill(self.process.pid)
        elif self.trial.victim == "recovery":
            kill(self.process.pid)  # or it would go on to have the same recovery killed for ever
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
