"""The line between controller and host breaks: the deployment is the host's, and goes on."""
import pytest
from belay_world.commands import wait_until
from scenario import Host


def begin(scenario, at, **options):
    """A deployment beside the test, once its executor is held at that record."""
    scenario.without_migration()
    scenario.release("good-code")
    host = Host(scenario)
    host.holds_at(at)
    deploying = scenario.world.start_belay("deploy", "production", "--skip-test", **options)
    host.is_held()
    return deploying, host


def test_a_cut_connection_is_taken_up_again(by_hand):
    deploying, host = begin(by_hand, "step-began:verify")
    by_hand.world.machine.drop_connections()
    wait_until("it is noticed", lambda: "the line dropped" in deploying.out())
    host.goes_on()
    ended = deploying.wait()
    assert ended.code == 0, ended
    assert by_hand.world.version() == "1.1.0"


@pytest.mark.core
def test_a_dead_line_stops_nothing(by_hand):
    with by_hand.world.far(rtt_ms=20) as far:
        deploying, host = begin(by_hand, "step-began:switch", env=far.environment)
        far.go_dead()
        host.goes_on()
        host.serves("1.1.0")
        host.reaches("closed")
        far.come_back()
        ended = deploying.wait()
    assert ended.code == 0, ended
    host.is_quiet()


def test_without_a_confirmation_from_outside_the_host_asks_the_public_address_itself(by_hand):
    by_hand.shorten_health(attempts="4, from: controller")
    by_hand.configure("strategy: recreate", "timeouts: { confirm: 1s }")
    with by_hand.world.far(rtt_ms=20) as far:
        deploying, host = begin(by_hand, "step-began:switch", env=far.environment)
        far.go_dead()
        host.goes_on()
        host.reaches("closed")
        assert host.has("committed")
        assert [record["what"] for record in host.records() if record["type"] == "heard"] == ["source", "nobody"]
        far.come_back()
        ended = deploying.wait()
    assert ended.code == 0, ended
    assert by_hand.world.version() == "1.1.0"


def test_the_controller_asks_the_public_address_from_outside(by_hand):
    by_hand.shorten_health(attempts="30, from: controller")
    by_hand.without_migration()
    by_hand.release("good-code")
    deployed = by_hand.deploy(load=False)
    assert deployed.code == 0, deployed.outcome
    assert "asked from outside" in deployed.said
