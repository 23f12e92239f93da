"""Who waits for another's deployment gets what was meant when it was typed, or is told."""
from belay_world.commands import wait_until


def test_a_rollback_that_waited_while_another_release_came_asks_which_is_meant(away):
    away.commit(2)
    assert away.start_deployment().wait().code == 0
    away.commit(3)
    deploying = away.begin("step-began:migrate")
    waiting = away.start("rollback", "production", "--wait")
    wait_until("it waits", lambda: "waiting:" in waiting.out(), 30)
    away.hold()
    assert deploying.wait().code == 0
    ended = waiting.wait()
    assert ended.code == 2 and "another release serves since this rollback was typed" in ended.out + ended.err, ended
    assert away.version_that_runs() == "3"


def test_a_rollback_that_waited_while_a_release_failed_goes_back_as_it_was_typed(away):
    away.commit(2)
    assert away.start_deployment().wait().code == 0
    away.commit(3, migration="false")
    deploying = away.begin("step-began:migrate")
    waiting = away.start("rollback", "production", "--wait")
    wait_until("it waits", lambda: "waiting:" in waiting.out(), 30)
    away.hold()
    assert deploying.wait().code == 1
    ended = waiting.wait()
    assert ended.code == 0 and away.version_that_runs() == "1", ended
    again = away.start("rollback", "production").wait()
    assert again.code == 2 and "no good release that is older" in again.out + again.err, again
