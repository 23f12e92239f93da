"""Deaths at random moments of a deployment, of whomever."""
import time

from trial import RECOVERIES, Trial

KILLS = 200


def test_anybody_dies_at_any_moment(field):
    deaths(field, KILLS)


def deaths(field, kills):
    """That many: one that came too late, or too early, was none."""
    app = field.apps[0]
    began = time.monotonic()
    app.commit()
    assert app.belay("deploy", "production", "--skip-test").code == 0
    # Trials run beside each other: each takes longer than one alone.
    length = (time.monotonic() - began) * 2
    trials = [
        Trial(
            field.random.choice(["executor", "guard", "executor+guard", "controller"]),
            delay=field.random.uniform(0, length), broken=field.random.random() < 0.3, then=field.random.choice(RECOVERIES),
        )
        for _ in range(kills)
    ]
    struck = 0
    while struck < kills:
        results = field.run(trials)
        struck += sum(result.struck for result in results)
        trials = [result.trial for result in results if not result.struck][: kills - struck]
        trials = [Trial(t.victim, delay=field.random.uniform(0, length), broken=t.broken, then=t.then) for t in trials]
