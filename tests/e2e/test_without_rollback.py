"""`rollback: false`: a release that fails is left as it is, to be looked at, and nobody is told that all is well."""
import pytest
from scenario import rolled_back


@pytest.fixture
def by_hand(by_hand):
    by_hand.without_migration()
    by_hand.shorten_health()
    by_hand.configure("strategy: recreate", "rollback: false")
    return by_hand


@pytest.mark.core
def test_it_is_left_in_place_and_the_old_one_can_be_brought_back(by_hand):
    by_hand.release("health-500")
    deployed = by_hand.deploy()
    assert deployed.code == 3, deployed.outcome
    assert "Left as it is" in deployed.said and "Nothing verified serves production" in deployed.said
    status, _ = by_hand.world.health()
    assert status == 500
    assert sorted(deployed.after.containers) == ["crm-backend", "crm-postgres"]
    releases, current = by_hand.releases()
    states = {each["id"]: each["state"] for each in releases}
    assert states.pop(current) == "failed"
    (adopted, state), = states.items()
    assert state == "good"

    back = by_hand.world.belay("rollback", "production")
    assert back.code == 0, back
    assert by_hand.world.version() == "1.0.0"
    assert by_hand.releases()[1] == adopted
    by_hand.up_by_hand_keeps("1.0.0")


def test_what_fails_before_the_switch_is_undone_all_the_same(by_hand):
    by_hand.release("build-fails")
    rolled_back(by_hand, by_hand.deploy())
