"""The load client (tests/world/load) beside a test."""
import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from .commands import Running, wait_until
from .machine import SCRIPTS


@dataclass
class Report:
    """See load/report.py for what each field of `all` means."""

    all: dict

    def __getattr__(self, name):
        try:
            return self.all[name]
        except KeyError:
            raise AttributeError(name) from None

    def summary(self):
        return (
            f"{self.failed} of {self.sent} requests failed, down {self.down_s:g} s"
            f" (longest {self.longest_gap_s:g} s), {len(self.acknowledged)} writes acknowledged; {self.reasons or 'no failures'}"
        )

    def failed_of(self, kind):
        of_kind = self.kinds.get(kind, {"failed": 0, "sent": 0})
        return f"{of_kind['failed']}/{of_kind['sent']}"


class Load:
    """Runs while in its `with` block; `report` is there after it."""

    def __init__(self, base, log, get=50, post=10, health=5, timeout=10):
        self.report_file = Path(f"{log}.json")
        self.report_file.unlink(missing_ok=True)
        self.report = None
        self._argv = [
            SCRIPTS / "load" / "load", "--base", base, "--report", self.report_file, "--timeout", timeout,
            "--get", get, "--post", post, "--health", health,
        ]
        self._log = log
        self.running = None

    def start(self):
        environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
        self.running = Running(self._argv, env=environment, log=self._log)
        wait_until("the load client sends", lambda: "sending" in self.running.err() or not self.running.runs())
        assert self.running.runs(), self.running.err()
        return self

    def stop(self):
        if self.report is None:
            self.running.signal(signal.SIGTERM)
            finished = self.running.wait(limit=24 * 3600)
            assert finished.code == 0, str(finished)
            self.report = Report(json.loads(self.report_file.read_text()))
        return self.report

    def kill(self):
        if self.running is not None and self.running.runs():
            self.running.kill()

    __enter__ = start

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        else:
            self.kill()
