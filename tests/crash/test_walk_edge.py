"""The same walk, blue-green: whoever dies, the edge gives its requests to a release that is good, and all of them are answered."""
import threading
import time

import pytest

from test_walk import missed, points_in
from trial import RECOVERIES, Trial


@pytest.fixture(scope="session")
def points(edge_field):
    return points_in(edge_field.apps[0])


class Asker:
    """Asks each app for its version, fifty times a second: what fails is noted."""

    def __init__(self, apps):
        self.apps, self.asked, self.failed, self.over = apps, 0, [], threading.Event()

    def __enter__(self):
        self.threads = [threading.Thread(target=self.ask, args=(app,)) for app in self.apps]
        for thread in self.threads:
            thread.start()
        return self

    def ask(self, app):
        while not self.over.wait(0.02):
            self.asked += 1
            if app.serves() is None:
                self.failed.append((app.name, time.strftime("%H:%M:%S")))

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
def test_the_executor_dies_at_each_record_and_no_request_is_lost(edge_field, points, broken):
    with Asker(edge_field.apps) as asker:
        results = edge_field.run([Trial("executor", point, broken=broken) for point in points[broken]])
    assert missed(results) == ""
    print(f"{asker.asked} requests, {len(asker.failed)} failed")
    assert asker.asked > 100 and asker.failed == []


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
def test_executor_and_guard_die_at_each_record_and_no_request_is_lost(edge_field, points, broken):
    trials = [
        Trial("executor+guard", point, broken=broken, then=RECOVERIES[number % len(RECOVERIES)])
        for number, point in enumerate(points[broken])
    ]
    with Asker(edge_field.apps) as asker:
        results = edge_field.run(trials)
    assert missed(results) == ""
    assert asker.failed == []
