"""Running programs: what they said, how they ended, how long they took."""
import os
import signal
import subprocess
import time
from dataclasses import dataclass


@dataclass
class Finished:
    argv: list
    code: int  # as a shell sees it: 128 + N when signal N ended it
    out: str
    err: str
    seconds: float

    def __str__(self):
        return (
            f"$ {' '.join(map(str, self.argv))}\nexit {self.code} after {self.seconds:.2f} s\n"
            f"--- stdout\n{self.out}\n--- stderr\n{self.err}"
        )

    __repr__ = __str__  # what pytest shows beside a failed assertion


class CommandFailed(Exception):
    """A program that the test's world needs did not do its work."""


class HungUp(Exception):
    """A program did not end within a limit that is far beyond what it should need; it was killed."""


class Running:
    """A program that runs beside the test, in a process group of its own; its output goes to files."""

    def __init__(self, argv, *, env=None, cwd=None, log, stdin=subprocess.DEVNULL):
        self.argv = [str(word) for word in argv]
        self.out_file, self.err_file = f"{log}.out", f"{log}.err"
        self.began = time.monotonic()
        with open(self.out_file, "wb") as out, open(self.err_file, "wb") as err:
            self.process = subprocess.Popen(
                self.argv, env=env, cwd=cwd, stdin=stdin, stdout=out, stderr=err, start_new_session=True
            )
        self.ended = None

    @property
    def pid(self):
        return self.process.pid

    def runs(self):
        return self.process.poll() is None

    def out(self):
        return read(self.out_file)

    def err(self):
        return read(self.err_file)

    def signal(self, number, *, group=False):
        if group:
            os.killpg(self.pid, number)
        else:
            self.process.send_signal(number)

    def wait(self, limit=300.0):
        """Finished; HungUp after `limit` seconds, with the process group killed."""
        try:
            code = self.process.wait(max(0.0, self.began + limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.kill()
            raise HungUp(f"still running after {limit:g} s\n{self.finished(-1)}") from None
        return self.finished(128 - code if code < 0 else code)

    def finished(self, code):
        return Finished(self.argv, code, self.out(), self.err(), time.monotonic() - self.began)

    def kill(self):
        """Ends it and what it started in its process group, if anything of that still runs."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


def read(name):
    with open(name, encoding="utf-8", errors="replace") as file:
        return file.read()


def run(*argv, cwd=None, env=None, stdin=None, limit=120.0, check=True):
    """Runs a program of the world to its end. CommandFailed when it fails, unless check is False."""
    argv = [str(word) for word in argv]
    began = time.monotonic()
    try:
        done = subprocess.run(
            argv, cwd=cwd, env=env, input=stdin, capture_output=True, text=True, errors="replace", timeout=limit,
            **({"stdin": subprocess.DEVNULL} if stdin is None else {}),
        )
    except subprocess.TimeoutExpired:
        raise HungUp(f"still running after {limit:g} s: {' '.join(argv)}") from None
    finished = Finished(argv, done.returncode, done.stdout, done.stderr, time.monotonic() - began)
    if check and done.returncode != 0:
        raise CommandFailed(str(finished))
    return finished


def wait_until(what, holds, limit=30.0, every=0.05):
    """Returns the first true value of holds(); fails after `limit` seconds, a guard against hanging."""
    until = time.monotonic() + limit
    while True:
        value = holds()
        if value:
            return value
        if time.monotonic() > until:
            raise HungUp(f"in {limit:g} s it did not come about that {what}")
        time.sleep(every)
