"""The journal is walked: at each of its records somebody dies."""
import pytest

from promise import point_of, records
from trial import RECOVERIES, Trial

OF_PEOPLE = ("output", "progressed")  # records that only tell: no intent, and nothing to recover


@pytest.fixture(scope="session")
def points(field):
    return points_in(field.apps[0])


def points_in(app):
    """The records of a deployment of a good release, and of a broken one: {broken: [point]}."""
    found = {}
    for broken in (False, True):
        app.commit(broken)
        finished = app.belay("deploy", "production", "--skip-test")
        assert finished.code == (1 if broken else 0), finished
        found[broken] = [point_of(record) for record in records(app.runs()[-1]) if record["type"] not in OF_PEOPLE]
        assert len(set(found[broken])) == len(found[broken]), "a point that comes twice cannot be told apart"
        # The first record is written by the guard, before there is an executor.
        assert found[broken].pop(0) == "opened"
    assert "committed" in found[False] and f"undo-began:{'start' if app.edge else 'switch'}" in found[True]
    return found


def missed(results):
    """The trials in which nobody died, with their journals: then the deployment went another way than the one walked."""
    return "\n\n".join(str(result) for result in results if not result.struck)


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
@pytest.mark.parametrize("victim", ["executor", "guard", "controller"])
def test_one_dies_at_each_record(field, points, victim, broken):
    trials = [Trial(victim, point, broken=broken) for point in points[broken]]
    results = field.run(trials)
    if victim != "guard":  # the executor may be done before it is known that its guard is dead
        assert missed(results) == ""


@pytest.mark.parametrize("broken", [False, True], ids=["good", "broken"])
def test_executor_and_guard_die_at_each_record(field, points, broken):
    trials = [
        Trial("executor+guard", point, broken=broken, then=RECOVERIES[number % len(RECOVERIES)])
        for number, point in enumerate(points[broken])
    ]
    assert missed(field.run(trials)) == ""


@pytest.mark.parametrize("after", ["step-began:verify", "committed"])
def test_the_recovery_dies_at_each_of_its_records(field, points, after):
    reference = field.run([Trial("executor", after)])[0].journal
    began = next(number for number, record in enumerate(reference) if record["type"] == "recovering")
    walk = [point_of(record) for record in reference[began:] if record["type"] not in OF_PEOPLE]
    field.run([Trial("recovery", point, after=after, then="host recover") for point in walk])
