"""The same walk, blue-green and canary, and deaths at random moments: whoever dies, the edge gives its requests to a release that is good, and all of them are answered."""
import pytest

from asker import NothingLost
from test_random import deaths
from walk import all_die, both, sample
from trial import Trial

pytestmark = [pytest.mark.alone, pytest.mark.limit(1800)]


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
def test_the_executor_dies_at_each_record(edge_field, edge_points, broken):
    trials = [Trial("executor", point, broken=broken) for point in edge_points[broken]]
    with NothingLost(edge_field.apps):
        all_die(edge_field, sample(edge_field, f"the executor at each record of a {'broken' if broken else 'good'} release", trials))


def test_the_controller_dies_at_each_record(edge_field, edge_points):
    with NothingLost(edge_field.apps):
        all_die(edge_field, sample(edge_field, "the controller at each record", [Trial("controller", point) for point in edge_points[False]]))


def test_executor_and_guard_die_at_each_record(edge_field, edge_points):
    with NothingLost(edge_field.apps):
        all_die(edge_field, sample(edge_field, "executor and guard at each record", both(edge_points)))


def test_anybody_dies_at_any_moment(edge_field, edge_points):
    with NothingLost(edge_field.apps):
        deaths(edge_field, edge_points, 10, of=60)


def test_executor_and_guard_die_at_each_record_of_a_canary(canary_field, canary_points):
    assert "step-began:canary" in canary_points[False]
    # A broken one never gets as far as the requests.
    trials = both({False: canary_points[False]})
    with NothingLost(canary_field.apps):
        all_die(canary_field, sample(canary_field, "executor and guard at each record", trials))
