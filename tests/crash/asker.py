"""Requests while the apps are deployed and killed."""
import threading
import time

SLOW = 5.0


class Asker:
    """Asks each app that is in service for its version, ten times a second: what fails is noted, and what is slow apart from that."""

    def __init__(self, apps):
        self.apps, self.asked, self.slow, self.failed, self.over = apps, 0, 0, [], threading.Event()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.ask, args=(app,), daemon=True) for app in self.apps]
        for thread in self.threads:
            thread.start()
        return self

    def ask(self, app):
        while not self.over.wait(0.1):
            if not app.in_service.is_set():
                continue
            began = time.monotonic()
            version, why = app.ask()
            if not app.in_service.is_set():
                continue  # a trial broke it, and it is being made anew: that trial has failed by itself
            self.asked += 1
            self.slow += time.monotonic() - began > SLOW
            if version is None:
                self.failed.append((app.name, time.strftime("%H:%M:%S"), why))

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


class NothingLost(Asker):
    """Fails at its end if a request did."""

    def __exit__(self, kind, *rest):
        super().__exit__(kind, *rest)
        print(f"{self.asked} requests, {len(self.failed)} failed, {self.slow} took longer than {SLOW:g} s")
        if kind is None:
            assert self.asked > 20 and self.failed == []
