"""A time limit for each test, for `pytest_plugins`: a hang is a failure that says where everybody stood.

The limit is far beyond what a test needs. `@pytest.mark.limit(seconds)` gives a test another one. What the limit covers is one
phase of a test (set-up, the test, tear-down), so that making the world is not counted to the first test in it.
"""
import faulthandler
import signal
import tempfile
from pathlib import Path

import pytest

from .commands import run

LIMIT = 300


class TooLong(BaseException):
    """Not an Exception: a test that expects failures must not swallow it."""


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long each phase of this test may take")
    config.addinivalue_line("markers", "alone: counts failed requests, or times of answers; ./belay-dev runs it when nothing else runs")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    yield from limited(item, 1200)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    marker = item.get_closest_marker("limit")
    yield from limited(item, marker.args[0] if marker else LIMIT)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    yield from limited(item, LIMIT)


def limited(item, seconds):
    def too_long(*_):
        dumped = Path(tempfile.mkdtemp(prefix="belay-hang-")) / "dump"
        dumped.write_text(what_hangs())
        raise TooLong(f"{item.name}: not over after {seconds} s; where everybody stood is in {dumped}\n{dumped.read_text()}")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def what_hangs():
    """Our own stacks, belay's processes and where they wait, their journals, the containers, the load of this machine."""
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file)
        file.seek(0)
        parts = ["── this program\n" + file.read()]
    for entry in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        words = text_of(entry / "cmdline").replace("\0", " ").strip()
        if Path(words.partition(" ")[0]).name.startswith("belay"):
            parts.append(f"── {entry.name}: {words}\n" + "".join(
                f"  {task.name} {text_of(task / 'wchan')} {text_of(task / 'stack').splitlines()[:6]}\n" for task in (entry / "task").glob("*")))
            parts += journals_beside(entry)
    parts.append("── containers\n" + run("docker", "ps", "-a", check=False, limit=20).out)
    parts += [f"── {name}\n{text_of(Path('/proc/pressure') / name)}" for name in ("cpu", "io", "memory")]
    return "\n".join(parts)


def journals_beside(process):
    """The ends of the journals of the live directory whose belay this process runs."""
    try:
        program = (process / "exe").readlink()
    except OSError:
        return []
    runs = program.parent.parent / "runs"
    return [f"── the end of {file}\n" + "\n".join(text_of(file).splitlines()[-12:]) for file in sorted(runs.glob("*/journal.jsonl"))[-1:]]


def text_of(file):
    try:
        return file.read_text(errors="replace")
    except OSError as error:  # it ended, or the kernel does not say
        return f"({error.strerror})"

