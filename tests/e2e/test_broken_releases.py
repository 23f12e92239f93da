"""A release that does not work: belay says so, the old one serves, nothing is left, and a hand that tidies up does not bring the bad one back."""
import pytest


def rolled_back(scenario, deployed, version="1.0.0"):
    """What is promised after every failure that had something to go back to."""
    assert deployed.code == 1, deployed.outcome
    assert scenario.world.version() == version
    assert deployed.lost == [] and deployed.load.acknowledged
    assert deployed.left_behind() == {}
    scenario.up_by_hand_keeps(version)


@pytest.mark.parametrize("row", ["crash on start", "crash on start (29)"])
def test_one_that_crashes_at_start_is_undone_when_it_dies(by_hand, row):
    by_hand.release("crash-on-start")
    deployed = by_hand.deploy(row=row)
    rolled_back(by_hand, deployed)
    assert "exited with code 1" in deployed.said
    assert "no such file or directory, open '/etc/crm/license.key'" in deployed.said
