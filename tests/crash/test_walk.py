"""The journal is walked: at each of its records somebody dies."""
import pytest

from promise import point_of
from trial import Trial
from walk import OF_PEOPLE, all_die, both, sample

pytestmark = pytest.mark.limit(1800)


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
@pytest.mark.parametrize("victim", ["executor", "guard", "controller"])
def test_one_dies_at_each_record(field, points, victim, broken):
    trials = [Trial(victim, point, broken=broken) for point in points[broken]]
    all_die(field, sample(field, f"the {victim} at each record of a {'broken' if broken else 'good'} release", trials))


def test_executor_and_guard_die_at_each_record(field, points):
    all_die(field, sample(field, "executor and guard at each record", both(points)))


@pytest.mark.parametrize("after", ["step-began:verify", "committed"])
def test_the_recovery_dies_at_each_of_its_records(field, points, after):
    reference = field.run([Trial("executor", after)])[0].journal
    began = next(number for number, record in enumerate(reference) if record["type"] == "recovering")
    walk = [point_of(record) for record in reference[began:] if record["type"] not in OF_PEOPLE]
    trials = [Trial("recovery", point, after=after, then="host recover") for point in walk]
    all_die(field, sample(field, f"the recovery at each of its records, after {after}", trials))
