"""Kills belay's processes, and asks each time whether the promise was kept. Needs the program with fault points (target belay_with_fault_points of the preset release).

A run takes a sample of the deaths: the commit is the seed of what is drawn, so that another commit has another part, and the
same one the same. BELAY_TEST_FULL takes all of them, BELAY_CRASH_SEED draws anew.
"""
import os
import queue
import random
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "world")]

from app import STRATEGIES, App, Database  # noqa: E402
from asker import Asker  # noqa: E402
from belay_world.commands import run  # noqa: E402
from belay_world.engine import Engine  # noqa: E402
from belay_world.sample import commit_seed, say_what_was_left_out  # noqa: E402
from trial import run_trial  # noqa: E402
from walk import points_in  # noqa: E402

pytest_plugins = ["belay_world.limit"]
REPOSITORY = HERE.parent.parent
SEED = int(os.environ.get("BELAY_CRASH_SEED") or commit_seed())
# They wait as long as they work. Many more than cores would starve each other, and belay has limits of its own, which starved programs reach.
ENVIRONMENTS = int(os.environ.get("BELAY_CRASH_ENVIRONMENTS") or os.cpu_count() + 1)
counted = Counter()


class Field:
    """Several environments, each with its own trials: they wait more than they work."""

    def __init__(self, apps):
        self.apps, self.seed = apps, SEED

    def random(self, what):
        """Draws for `what`, the same ones for one seed whatever else has been drawn."""
        return random.Random(f"{self.seed} {what}")

    def run(self, trials):
        """Runs them all; fails with all that was broken."""
        waiting, results, crashed = queue.Queue(), [], []
        for trial in trials:
            waiting.put(trial)

        def work(app):
            while True:
                try:
                    trial = waiting.get_nowait()
                except queue.Empty:
                    return
                try:
                    results.append(run_trial(app, trial))
                except Exception as error:  # a trial that cannot be judged is a failure of its own; the rest goes on
                    crashed.append(f"{trial}\n  ! {type(error).__name__}: {error}")
                    app.renew()
                    continue
                if results[-1].broken:
                    app.renew()

        threads = [threading.Thread(target=work, args=(app,), daemon=True) for app in self.apps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            counted[(result.trial.victim, "hit" if result.struck else "missed", result.outcome)] += 1
        wrong = crashed + [str(result) for result in results if result.broken]
        assert not wrong, f"{len(wrong)} of {len(trials)} (seed {SEED}; {pressure()}):\n\n" + "\n\n".join(wrong)
        return results


def pressure():
    """How much programs waited for a core, lately: a machine that starves them breaks what it pleases."""
    return "CPU pressure: " + Path("/proc/pressure/cpu").read_text().splitlines()[0]


@pytest.fixture(scope="session")
def field():
    """Environments with the strategy recreate."""
    yield from environments("recreate")


@pytest.fixture(scope="session")
def edge_field():
    """Environments behind an edge, blue-green."""
    yield from environments("blue-green")


@pytest.fixture(scope="session")
def canary_field():
    """Environments behind an edge that gives the candidate a part of the requests first."""
    yield from environments("canary")


@pytest.fixture(scope="session")
def points(field):
    """The records at which a deployment can be struck."""
    return points_in(field.apps[0])


@pytest.fixture(scope="session")
def edge_points(edge_field):
    return points_in(edge_field.apps[0])


@pytest.fixture(scope="session")
def canary_points(canary_field):
    with Asker(canary_field.apps[:1]):  # without requests a canary decides nothing
        return points_in(canary_field.apps[0])


def environments(strategy):
    engine = Engine()
    binary = os.environ.get("BELAY_BINARY") or REPOSITORY / "build/release/belay_with_fault_points"
    database = Database(engine)
    with tempfile.TemporaryDirectory(prefix="belay-crash-") as place:
        stripped = Path(place) / "belay"
        run("strip", "-o", stripped, binary)  # sent and hashed hundreds of times
        first = 1 + ENVIRONMENTS * list(STRATEGIES).index(strategy)
        apps = [App(number, place, stripped, engine, strategy) for number in range(first, first + ENVIRONMENTS)]
        try:
            yield Field(apps)
        finally:
            for app in apps:
                app.remove()
            database.stop()


def pytest_terminal_summary(terminalreporter):
    say_what_was_left_out(terminalreporter, "crash")
    terminalreporter.section(f"deaths (seed {SEED}, {ENVIRONMENTS} environments)")
    for (victim, hit, outcome), times in sorted(counted.items()):
        terminalreporter.write_line(f"{times:5}  {victim:15} {hit:7} {outcome}")
    kills = sum(times for (_, hit, _), times in counted.items() if hit == "hit")
    terminalreporter.write_line(f"{kills:5}  in all")
