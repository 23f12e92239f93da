"""Walking the journal: its records, what of the walk a run takes, and that each death happens."""
from belay_world.sample import sampled
from promise import point_of, records
from trial import RECOVERIES, Trial

OF_PEOPLE = ("output", "progressed")  # records that only tell: no intent, and nothing to recover


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


def at_its_heart(trial):
    """Where what serves changes hands: these deaths are in every run."""
    words = trial.point.split(":")
    return "committed" in words or "settle" in words or (len(words) > 1 and words[1] in ("switch", "verify"))


def sample(field, what, trials):
    return sampled(f"{what}, {field.apps[0].strategy}", trials, 16, field.seed, at_its_heart)


def all_die(field, trials):
    """Runs them; each of those deaths must have happened, or the deployment went another way than the one walked."""
    assert trials
    assert "\n\n".join(str(result) for result in field.run(trials) if not result.struck) == ""


def both(points):
    """Executor and guard at each record, and what recovers then in turn."""
    return [
        Trial("executor+guard", point, broken=broken, then=RECOVERIES[number % len(RECOVERIES)])
        for broken in points for number, point in enumerate(points[broken])
    ]
