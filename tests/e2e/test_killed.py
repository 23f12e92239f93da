"""Whatever is killed, the host ends with a good release serving, and nothing of belay's left running."""
import signal

import pytest
from belay_world.commands import run, wait_until
from scenario import Host, left_behind


@pytest.fixture
def by_hand(by_hand):
    by_hand.without_migration()
    return by_hand


def begin(scenario, at="step-began:verify", release="good-code", **options):
    """A deployment beside the test, once its executor is held at that record."""
    host = Host(scenario)
    host.holds_at(at)
    scenario.release(release, **options)
    deploying = scenario.world.start_belay("deploy", "production", "--skip-test")
    host.is_held()
    return deploying, host


def undone(scenario, before):
    """Version 1.0.0 serves, and nothing that an undone deployment must not leave is there."""
    host = Host(scenario)
    host.serves("1.0.0")
    host.is_quiet()
    assert left_behind(before, scenario.world.inventory()) == {}


@pytest.mark.core
def test_the_controller_is_killed_and_the_host_goes_on(by_hand):
    world = by_hand.world
    temporary = world.inventory().temporary
    with world.load() as load:
        deploying, host = begin(by_hand, "step-began:switch")
        deploying.kill()
        host.goes_on()
        attached = world.belay("attach", "production")
    assert attached.code == 0, attached
    assert "✓ Deployed. production now serves" in attached.out
    assert world.version() == "1.1.0"
    lost = by_hand.lost(load.report)
    assert lost == []
    host.is_quiet()
    assert world.inventory().temporary == temporary
    by_hand.add("deployer killed between rm and up", attached.code, attached.seconds, load.report, lost)


def test_the_controller_is_killed_and_the_host_undoes_a_bad_release(by_hand):
    before = by_hand.world.inventory()
    by_hand.shorten_health()
    deploying, host = begin(by_hand, "step-began:switch", "health-500")
    deploying.kill()
    host.goes_on()
    host.reaches("closed")
    undone(by_hand, before)
    attached = by_hand.world.belay("attach", "production")
    assert attached.code == 1, attached
    assert "Rolled back." in attached.out and "the health check failed 4 times" in attached.out


def test_the_controller_is_killed_before_the_source_is_there_and_nothing_is_touched(by_hand):
    """It is killed before it can know that the source is awaited."""
    before = by_hand.world.inventory()
    deploying, host = begin(by_hand, "step-began:sync")
    deploying.kill()
    host.goes_on()
    host.reaches("closed")
    assert [record["what"] for record in host.records() if record["type"] == "heard"] == ["nobody"]
    undone(by_hand, before)


def test_executor_and_guard_are_killed_and_the_session_recovers(by_hand):
    world, before = by_hand.world, by_hand.world.inventory()
    with world.load() as load:
        deploying, host = begin(by_hand, "step-began:switch")
        host.kill_guard_and_executor()
        ended = deploying.wait()
    assert ended.code == 1, ended
    undone(by_hand, before)
    lost = by_hand.lost(load.report)
    assert lost == []
    by_hand.add("server's shell killed at the same point", ended.code, ended.seconds, load.report, lost)


def test_the_executor_is_killed_and_the_guard_undoes(by_hand):
    before = by_hand.world.inventory()
    deploying, host = begin(by_hand)
    host.kill_executor()
    ended = deploying.wait()
    assert ended.code == 1, ended
    assert "the guard goes on with it" in ended.out and "Rolled back." in ended.out
    undone(by_hand, before)
    by_hand.up_by_hand_keeps("1.0.0")


@pytest.mark.parametrize("command", [["host", "recover", "production"], ["attach", "production"]])
@pytest.mark.core
def test_everything_is_killed_and_the_next_command_recovers(by_hand, command):
    world, before = by_hand.world, by_hand.world.inventory()
    deploying, host = begin(by_hand)
    deploying.kill()
    host.kill_everything()
    host.is_quiet()
    recovered = world.belay(*command)
    assert recovered.code == (1 if command[0] == "attach" else 0), recovered
    assert "rolled-back" in recovered.out
    undone(by_hand, before)


def test_everything_is_killed_and_the_next_deployment_recovers_first(by_hand):
    """The release of a killed deployment is never the one gone back to: here the next one crashes."""
    world, before = by_hand.world, by_hand.world.inventory()
    by_hand.shorten_health(attempts=30)
    with world.load() as load:
        deploying, host = begin(by_hand, release="health-500")
        deploying.kill()
        host.kill_everything()
        by_hand.world.repository.git("reset", "-q", "--hard", "HEAD~1")
        by_hand.release("crash-on-start")
        ended = world.belay("deploy", "production", "--skip-test")
    assert ended.code == 1, ended
    assert "exited with code 1" in ended.out
    undone(by_hand, before)
    lost = by_hand.lost(load.report)
    assert lost == []
    by_hand.up_by_hand_keeps("1.0.0")
    by_hand.add("deployer killed in the health check, the next crashes (29)", ended.code, ended.seconds, load.report, lost)


def test_a_recovery_typed_on_the_host_itself(by_hand):
    world, before = by_hand.world, by_hand.world.inventory()
    deploying, host = begin(by_hand)
    deploying.kill()
    host.kill_everything()
    recovered = world.start(world.live / ".belay/bin/belay", "host", "recover", "--path", world.live).wait()
    assert recovered.code == 0, recovered
    undone(by_hand, before)


def test_after_the_commit_it_is_finished(by_hand):
    world = by_hand.world
    deploying, host = begin(by_hand, "committed")
    deploying.kill()
    host.kill_everything()
    recovered = world.belay("host", "recover", "production")
    assert recovered.code == 0, recovered
    host.serves("1.1.0")
    assert sorted(world.inventory().containers) == ["crm-backend", "crm-postgres"]
    by_hand.up_by_hand_keeps("1.1.0")


@pytest.mark.core
def test_ctrl_c_undoes_and_waits_for_that(by_hand):
    before = by_hand.world.inventory()
    deploying, host = begin(by_hand)
    deploying.signal(signal.SIGINT, group=True)
    wait_until("it is heard", lambda: "stopping" in deploying.out())
    host.goes_on()
    ended = deploying.wait()
    assert ended.code == 1, ended
    assert "stopping: the host undoes the run" in ended.out and "Rolled back." in ended.out
    undone(by_hand, before)


@pytest.mark.parametrize("sent", [signal.SIGHUP, signal.SIGTERM])
def test_a_closed_terminal_and_a_cancelled_job_leave_and_the_release_is_deployed(by_hand, sent):
    world = by_hand.world
    deploying, host = begin(by_hand)
    deploying.signal(sent, group=True)
    ended = deploying.wait()
    assert ended.code == 128 + sent, ended
    assert "goes on there" in ended.err and "belay attach production" in ended.err
    assert "stopping" not in ended.out + ended.err
    host.goes_on()
    host.reaches("closed")
    attached = world.belay("attach", "production")
    assert attached.code == 0 and "✓ Deployed. production now serves" in attached.out, attached
    assert not host.has("undo-began")
    assert world.version() == "1.1.0"
    host.is_quiet()


def test_a_second_ctrl_c_leaves_and_the_host_undoes_alone(by_hand):
    before = by_hand.world.inventory()
    deploying, host = begin(by_hand)
    deploying.signal(signal.SIGINT, group=True)
    wait_until("the first one is heard", lambda: "stopping" in deploying.out())
    deploying.signal(signal.SIGINT, group=True)
    ended = deploying.wait()
    assert ended.code == 130, ended
    assert "belay attach production" in ended.err
    host.goes_on()
    host.reaches("closed")
    undone(by_hand, before)


def test_a_session_has_no_dead_child_while_the_deployment_goes_on(away):
    away.commit(2)
    deploying = away.begin("step-began:migrate")

    def dead_children():
        sessions = run("pgrep", "-f", f"host session --path {away.live}").out.split()
        assert sessions
        return [child for session in sessions for child in run("ps", "--no-headers", "--ppid", session, "-o", "stat", check=False).out.split() if child.startswith("Z")]

    wait_until("all are reaped", lambda: dead_children() == [], 30)
    away.hold()
    assert deploying.wait().code == 0
