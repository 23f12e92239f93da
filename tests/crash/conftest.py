"""Kills belay's processes, and asks each time whether the promise was kept. Needs the program with fault points (preset dev)."""
import os
import queue
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "world")]

from app import STRATEGIES, App, Database  # noqa: E402
from belay_world.engine import Engine  # noqa: E402
from trial import run_trial  # noqa: E402

REPOSITORY = HERE.parent.parent
SEED = int(os.environ.get("BELAY_CRASH_SEED", time.time_ns() % 1_000_000))
ENVIRONMENTS = int(os.environ.get("BELAY_CRASH_ENVIRONMENTS", 4))
counted = Counter()


class Field:
    """Several environments, each with its own trials: they wait more than they work."""

    def __init__(self, apps):
        self.apps = apps
        self.random = random.Random(SEED)

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

        threads = [threading.Thread(target=work, args=(app,)) for app in self.apps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            counted[(result.trial.victim, "hit" if result.struck else "missed", result.outcome)] += 1
        wrong = crashed + [str(result) for result in results if result.broken]
        assert not wrong, f"{len(wrong)} of {len(trials)} (seed {SEED}):\n\n" + "\n\n".join(wrong)
        return results


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


def environments(strategy):
    engine = Engine()
    binary = os.environ.get("BELAY_BINARY") or REPOSITORY / "build/dev/belay"
    database = Database(engine)
    with tempfile.TemporaryDirectory(prefix="belay-crash-") as place:
        stripped = Path(place) / "belay"
        os.system(f"strip -o '{stripped}' '{binary}'")  # sent and hashed hundreds of times
        first = 1 + ENVIRONMENTS * list(STRATEGIES).index(strategy)
        apps = [App(number, place, stripped, engine, strategy) for number in range(first, first + ENVIRONMENTS)]
        try:
            yield Field(apps)
        finally:
            for app in apps:
                app.remove()
            database.stop()


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section(f"deaths (seed {SEED}, {ENVIRONMENTS} environments)")
    for (victim, hit, outcome), times in sorted(counted.items()):
        terminalreporter.write_line(f"{times:5}  {victim:15} {hit:7} {outcome}")
    kills = sum(times for (_, hit, _), times in counted.items() if hit == "hit")
    terminalreporter.write_line(f"{kills:5}  in all")
