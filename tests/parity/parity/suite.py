"""Which projects are tried, by whom, and what is learned of each row."""
import fcntl
import hashlib
import os
import queue
import random
import re
import subprocess
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from belay_world.sample import commit_seed

from . import draw, strangers, table
from .compare import Difference
from .engine import Engine
from .judged import Judged
from .project import Place
from .trial import NotAsCompose, Trial

IMAGE = "belay-parity/app:latest"
SUSPECTS = 8  # rows that are tried by themselves at once
EDGES = 2  # rows of a sample that are also tried behind an edge
BY_HAND = 1 / 3  # of the projects also start from a stack that was brought up by hand, unless all do
NARROWING = 600  # seconds in all that are spent on finding the rows of wrong projects


@dataclass
class Learned:
    """What was found out of the rows."""

    right: dict = field(default_factory=dict)  # {row: seconds}
    wrong: dict = field(default_factory=dict)  # {row: differences}
    left_out: dict = field(default_factory=dict)  # {row: what it needs}
    behind_edge: set = field(default_factory=set)  # rows that are wrong behind an edge only
    together: list = field(default_factory=list)  # [(seed, rows' names, differences)]: wrong only together


class Suite:
    def __init__(self, options, rows, known, work):
        self.options, self.rows, self.known, self.work = options, rows, known, Path(work)
        self.numbers = {row.name: number for number, row in enumerate(rows, 1)}
        self.by_name = {row.name: row for row in rows}
        self.engine = Engine()
        self.learned = Learned()
        self.lock = threading.Lock()
        self.narrowing = 0.0  # seconds spent so far
        self.seed = options.seed if options.seed is not None else commit_seed()
        self.full = bool(options.full or options.row or options.together or options.apart)
        self.whole = bool(self.full or options.seeds or options.only_compose)  # not a sample of the draw
        compose = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True, check=True)
        self.texts = [compose.stdout.strip(), self.engine.version()]
        self.machine = {
            "compose": table.version(self.texts[0]),
            "engine": table.version(self.texts[1]),
            "privileged": has_all_capabilities(),
            "disk": a_disk(),
        }

    def run(self):
        """Tries everything that was asked for; Learned."""
        self.only_one_at_a_time()
        self.make_image()
        for row in self.rows:
            if lack := table.lacking(row.needs, self.machine):
                self.learned.left_out[row.name] = f"needs {lack}"
        jobs = queue.Queue()
        for job in self.jobs():
            jobs.put(job)
        workers = range(1, self.options.workers + 1)
        with ThreadPoolExecutor(len(workers)) as pool:
            working = [pool.submit(self.worker, number, jobs) for number in workers]
        for worker in working:
            worker.result()  # raises what ended it: what it left untried has not passed
        return self.learned

    def only_one_at_a_time(self):
        """Names and ports are the same in each run, so that one run at a time may use an Engine."""
        name = hashlib.sha256(self.engine.socket.encode()).hexdigest()[:8]
        self.held = open(Path(tempfile.gettempdir()) / f"belay-parity-{name}.lock", "w", encoding="utf-8")
        fcntl.flock(self.held, fcntl.LOCK_EX)

    def make_image(self):
        # This builder needs no plugin.
        environment = os.environ | {"DOCKER_BUILDKIT": "0"}
        built = subprocess.run(
            ["docker", "build", "-q", "-t", IMAGE, str(table.HERE / "app")],
            env=environment, capture_output=True, text=True, check=False,
        )
        if built.returncode:
            raise RuntimeError(f"the suite's image cannot be built: {built.stderr}")
        self.texts.append(self.engine.image(IMAGE)["Id"])

    def close(self):
        """Each build of a tag leaves the image before it without a name; the suite's images have its base image's label."""
        self.engine.ask("POST", "/images/prune", filters={"dangling": ["true"], "label": ["of.parity.suite"]})

    # ── what is tried ──

    def jobs(self):
        """(seed, drawn, edge) of each project."""
        if self.options.row or self.options.together:
            yield from self.named_jobs()
            return
        here = [row for row in self.rows if row.name not in self.learned.left_out]
        # A row that is known to be wrong is tried by itself: it would spoil a project.
        for row in here:
            if row.name in self.known and not self.options.only_compose:
                yield None, draw.single(row), False
        if not self.options.known_wrong:
            yield from self.drawn_jobs([row for row in here if self.options.only_compose or row.name not in self.known])
        yield from self.edge_jobs([row for row in here if row.name not in self.known])

    def edge_jobs(self, rows):
        """Rows that an edge concerns, by themselves."""
        if self.options.only_compose or self.options.known_wrong or self.options.apart:
            return
        concerned = [row for row in rows if publishes(row) or row.behind_an_edge]
        if not (self.whole or self.options.edge):
            concerned = random.Random(self.seed).sample(concerned, EDGES)
        for row in concerned:
            yield None, draw.single(row), True

    def named_jobs(self):
        for name in self.options.row:
            yield None, draw.single(self.by_name[name]), self.options.edge
        for names in self.options.together:
            for drawn in draw.draw([self.by_name[name] for name in names.split(",")], random.Random(0)):
                yield None, drawn, self.options.edge

    def drawn_jobs(self, rows):
        for seed in range(self.seed, self.seed + max(1, self.options.seeds)):
            drawn = draw.draw(rows, random.Random(seed), 1 if self.options.apart else draw.ROWS_OF_SERVICE)
            if not self.whole:
                drawn = draw.sample(drawn, random.Random(seed))
            count = sum(len(one[1]) for one in drawn)
            print(f"parity: seed {seed}: {count} of {len(rows)} rows, in {draw.services(drawn)} services of {len(drawn)} projects", flush=True)
            for one in drawn:
                yield seed, one, False

    # ── one worker: a place of its own ──

    def worker(self, number, jobs):
        strangers.come(self.engine, number, IMAGE)
        try:
            while True:
                self.tried(number, *jobs.get_nowait())
        except queue.Empty:
            pass  # all is tried
        finally:
            strangers.leave(self.engine, number)

    def tried(self, number, seed, drawn, edge):
        rows = drawn[1]
        began = time.monotonic()
        early = (len(rows) > 1 or rows[0].name in self.known) and not self.options.apart
        try:
            found = self.judge(number, drawn, edge, early)
            seconds = time.monotonic() - began
            self.say_how(found, seconds, seed, edge, rows)
            if not found:
                self.note_right(rows, seconds / len(rows))
            elif len(rows) == 1:
                self.note_wrong(rows[0].name, found, edge)
            else:
                self.narrow(number, seed, drawn, found, edge)
        except Exception:  # a project that cannot be judged is a failure of its rows; the others go on
            for row in rows:
                self.note_wrong(row.name, ["the suite itself: " + traceback.format_exc()], edge)

    def judge(self, number, drawn, edge, early):
        """Judged: what differs; nothing: as compose does."""
        work = self.work / f"place-{number}"
        place = Place(number, str(work / "srv" / f"belay-parity-{number}"), IMAGE, self.machine["disk"])
        project = draw.project(drawn, place, self.numbers, edge)
        over_by_hand = self.full or random.Random(f"{self.seed} {[row.name for row in project.rows]}").random() < BY_HAND
        trial = Trial(project, self.engine, self.options.binary, work, self.machine, self.texts, self.work / "reference")
        try:
            return Judged(trial.by_compose_only() if self.options.only_compose else trial.run_all(early, over_by_hand), project)
        except NotAsCompose as said:
            text = f"it does not bring this up, so the row is mistaken: {said}"
            return Judged([Difference("compose alone", "(compose)", text)], project)

    # ── which of a project's rows are wrong ──

    def narrow(self, number, seed, drawn, found, edge):
        """Finds the rows that made a project wrong, and tries the others again without them, until what is left is right."""
        while found:
            began = time.monotonic()
            if self.narrowing > NARROWING:
                self.note_together(seed, drawn[1], found, "(not narrowed: that took too long already) ")
                return
            parts = self.wrong_parts(number, drawn, found, edge)
            for rows, why in parts:
                if len(rows) == 1:
                    self.note_wrong(rows[0].name, why, edge)
                    self.say(f"WRONG by itself: {rows[0].name}\n    first: {why[0]}")
                else:
                    self.note_together(seed, rows, why, "only ")
            drawn = draw.without(drawn, {row.name for rows, _ in parts for row in rows})
            found = self.judge(number, drawn, edge, not self.options.apart) if drawn[1] else []
            self.narrowing += time.monotonic() - began
        self.note_right(drawn[1], 0)

    def wrong_parts(self, number, drawn, found, edge):
        """[(rows, differences)]: rows whose own service differs; or those that the differences name, if they are wrong by
        themselves; or one smallest part of the project."""
        if exact := found.by_row():
            return [([self.by_name[name]], why) for name, why in exact.items()]
        suspects = [self.by_name[name] for name in found.rows()][:SUSPECTS]
        alone = [([row], why) for row in suspects if (why := self.judge(number, draw.single(row), edge, True))]
        return alone or [self.smallest(number, drawn, found, edge)]

    def smallest(self, number, drawn, found, edge):
        """(rows, differences): the project's smallest part, by halves, that is still wrong."""
        while len(drawn[1]) > 1:
            names = [row.name for row in drawn[1]]
            for half in (names[: len(names) // 2], names[len(names) // 2 :]):
                part = draw.without(drawn, set(names) - set(half))
                if wrong := self.judge(number, part, edge, True):
                    drawn, found = part, wrong
                    break
            else:
                break
        return drawn[1], found

    # ── what is noted and said ──

    def note_right(self, rows, seconds):
        with self.lock:
            for row in rows:
                self.learned.right.setdefault(row.name, seconds)

    def note_wrong(self, name, why, edge):
        with self.lock:
            if edge and name not in self.learned.wrong:
                self.learned.behind_edge.add(name)
            self.learned.wrong.setdefault(name, why)

    def note_together(self, seed, rows, why, how):
        names = [row.name for row in rows]
        with self.lock:
            self.learned.together.append((seed, names, why))
        self.say(f"WRONG {how}together: {', '.join(names)}\n    first: {why[0]}")

    def say_how(self, found, seconds, seed, edge, rows):
        how = f"{'WRONG' if found else 'right'} in {seconds:.0f} s"
        where = (f" (seed {seed})" if seed is not None else "") + (" behind an edge" if edge else "")
        first = f"\n    first: {found[0]}" if found else ""
        self.say(f"{how}{where}: {', '.join(row.name for row in rows)}{first}")

    def say(self, text):
        with self.lock:
            print(f"  {text}", flush=True)


def publishes(row):
    return "ports" in row.service_keys or re.search(r"\bports:", row.compose)


def has_all_capabilities():
    """Whether a privileged container can be started here: some machines are containers themselves."""
    bounded = int(re.search(r"CapBnd:\s*(\w+)", Path("/proc/self/status").read_text(encoding="ascii"))[1], 16)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))
    return bounded == (1 << (last + 1)) - 1


def a_disk():
    """A block device of this machine; None when there is none."""
    names = sorted((disk.name for disk in Path("/sys/block").iterdir()), reverse=True)
    return next((f"/dev/{name}" for name in names if Path(f"/dev/{name}").is_block_device()), None)
