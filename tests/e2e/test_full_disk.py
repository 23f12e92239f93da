"""The disk fills: the step that needs room fails in its tool's own words, and all of it is undone."""
from scenario import never_stopped


def test_no_room_for_the_source(by_hand):
    by_hand.without_migration()
    by_hand.world.small_disk(by_hand.world.production.state, 280)
    by_hand.world.repository.write("deploy-backend/large.bin", "x" * 290_000_000)
    by_hand.release("good-code")
    deployed = by_hand.deploy()
    never_stopped(by_hand, deployed)
    assert "sync failed" in deployed.said and "No space left on device" in deployed.said
