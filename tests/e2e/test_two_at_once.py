"""Two deployments of one environment never run at once."""
import re

import pytest
from belay_world.commands import wait_until
from scenario import Host


@pytest.mark.core
def test_the_second_is_refused_or_waits(by_hand):
    world, host = by_hand.world, Host(by_hand)
    by_hand.without_migration()
    by_hand.release("good-code")
    host.holds_at("step-began:build")
    with world.load() as load:
        first = world.start_belay("deploy", "production", "--skip-test")
        host.is_held()
        by_hand.release("bump", version="2.0.0")
        refused = world.belay("deploy", "production", "--skip-test")
        waiting = world.start_belay("deploy", "production", "--skip-test", "--wait")
        wait_until("it waits", lambda: "waiting:" in waiting.out())
        host.goes_on()
        finished, waited = first.wait(), waiting.wait()
    assert refused.code == 4, refused
    text = refused.out + refused.err
    assert re.search(r"another deployment holds production: \S+@\S+, since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text), refused
    assert "--wait" in text and "belay attach production" in text
    assert finished.code == 0, finished
    assert waited.code == 0, waited
    assert "waiting:" in waited.out and "holds the environment since" in waited.out
    assert world.version() == "2.0.0"
    lost = by_hand.lost(load.report)
    assert lost == []
    by_hand.add("two pushes at once", refused.code, refused.seconds, load.report, lost, "first: 0; second: exit 4, or 0 with --wait")


def test_one_environment_does_not_hold_another(by_hand):
    world = by_hand.world
    world.put_in_service("staging")
    by_hand.without_migration()
    by_hand.release("good-code")
    both = [world.start_belay("deploy", name, "--skip-test") for name in ("production", "staging")]
    ended = [each.wait() for each in both]
    assert [each.code for each in ended] == [0, 0], ended
    assert world.version() == world.version("staging") == "1.1.0"
