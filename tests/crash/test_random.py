"""Deaths at random moments of a deployment, of whomever."""
import pytest

from belay_world.sample import FULL, tell
from trial import RECOVERIES, Trial

ROUNDS = 6


@pytest.mark.limit(1800)
def test_anybody_dies_at_any_moment(field, points):
    deaths(field, points, 10, of=200)


def draw(chance, points):
    """A death some time after a record: what is random is reproducible that way, however fast the machine is."""
    broken = chance.random() < 0.3
    return Trial(
        chance.choice(["executor", "guard", "executor+guard", "controller"]), chance.choice(points[broken][:-1]),
        delay=chance.choice([0.02, 0.1, 0.5]) * (chance.random() + 0.01), broken=broken, then=chance.choice(RECOVERIES),
    )


def deaths(field, points, kills, of):
    """That many (in a full run `of`): one that came too late was none, and is drawn again."""
    chance = field.random(f"deaths {field.apps[0].strategy}")
    tell(f"deaths at random moments, {field.apps[0].strategy}", kills, of)
    wanted = of if FULL else kills
    struck = 0
    for _ in range(ROUNDS):
        trials = [draw(chance, points) for _ in range(wanted - struck)]
        struck += sum(result.struck for result in field.run(trials))
        if struck == wanted:
            return
    pytest.fail(f"only {struck} of {wanted} deaths came in time in {ROUNDS} rounds")
