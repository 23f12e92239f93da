"""What a run of the tests leaves out: another part with each change of program or tests, and nothing with BELAY_TEST_FULL (./belay-dev test all)."""
import hashlib
import os

from .commands import run
from .machine import REPOSITORY

FULL = bool(os.environ.get("BELAY_TEST_FULL"))
left_out = []  # sentences for the end of the run


def commit_seed():
    """The same for each run of one commit, and of those that differ from it in neither program nor tests."""
    trees = run("git", "-C", REPOSITORY, "rev-parse", "HEAD:src", "HEAD:tests", "HEAD:examples").out
    return int(hashlib.sha256(trees.encode()).hexdigest()[:8], 16)


def drawn(trial, one_in, seed):
    return int(hashlib.sha256(f"{seed} {trial}".encode()).hexdigest()[:8], 16) % one_in == 0


def sampled(what, trials, one_in, seed, always=lambda trial: False):
    """Of `trials` one in so many, and those for which `always` holds. All of them in a full run."""
    chosen = trials if FULL else [trial for trial in trials if always(trial) or drawn(trial, one_in, seed)]
    tell(what, len(chosen), len(trials))
    return chosen


def tell(what, taken, there_are):
    if taken < there_are:
        left_out.append(f"{what}: {taken} of {there_are}")


def say_what_was_left_out(terminalreporter, suite):
    """For the end of a suite's output."""
    if left_out:
        terminalreporter.section(f"a sample; all of it runs with ./belay-dev test --full {suite}")
        for line in left_out:
            terminalreporter.write_line(line)
