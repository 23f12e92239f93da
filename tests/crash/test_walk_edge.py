"""The same walk, blue-green and canary, and deaths at random moments: whoever dies, the edge gives its requests to a release that is good, and all of them are answered."""
import threading
import time

import pytest

from test_random import deaths
from test_walk import missed, points_in
from trial import RECOVERIES, Trial


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


@pytest.fixture(scope="session")
def points(edge_field):
    return points_in(edge_field.apps[0])


@pytest.fixture(scope="session")
def canary_points(canary_field):
    with Asker(canary_field.apps[:1]):  # without requests a canary decides nothing
        return points_in(canary_field.apps[0])


def no_request_is_lost(field, trials):
    """What came of the trials, with each app asked all the while."""
    with Asker(field.apps) as asker:
        results = field.run(trials)
    print(f"{asker.asked} requests, {len(asker.failed)} failed")
    assert asker.asked > 100 and asker.failed == []
    return results


def both(points):
    return [
        Trial("executor+guard", point, broken=broken, then=RECOVERIES[number % len(RECOVERIES)])
        for broken in points for number, point in enumerate(points[broken])
    ]


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
def test_the_executor_dies_at_each_record(edge_field, points, broken):
    assert missed(no_request_is_lost(edge_field, [Trial("executor", point, broken=broken) for point in points[broken]])) == ""


def test_the_controller_dies_at_each_record(edge_field, points):
    assert missed(no_request_is_lost(edge_field, [Trial("controller", point) for point in points[False]])) == ""


def test_executor_and_guard_die_at_each_record(edge_field, points):
    assert missed(no_request_is_lost(edge_field, both(points))) == ""


def test_anybody_dies_at_any_moment(edge_field):
    with Asker(edge_field.apps) as asker:
        deaths(edge_field, 60)
    print(f"{asker.asked} requests, {len(asker.failed)} failed")
    assert asker.failed == []


def test_executor_and_guard_die_at_each_record_of_a_canary(canary_field, canary_points):
    assert "step-began:canary" in canary_points[False]
    # A broken one never gets as far as the requests.
    assert missed(no_request_is_lost(canary_field, both({False: canary_points[False]}))) == ""
