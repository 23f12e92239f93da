"""The line between controller and host breaks: the deployment is the host's, and goes on."""
from scenario import Host


def begin(scenario, release="slow-start", **options):
    scenario.without_migration()
    scenario.release(release, **({"seconds": 4} if release == "slow-start" else {}))
    return scenario.world.start_belay("deploy", "production", "--skip-test", **options), Host(scenario)


def test_a_cut_connection_is_taken_up_again(by_hand):
    deploying, host = begin(by_hand)
    host.reaches("step-began", "verify")
    by_hand.world.machine.drop_connections()
    ended = deploying.wait()
    assert ended.code == 0, ended
    assert "the line dropped" in ended.out
    assert by_hand.world.version() == "1.3.0-slow-start"


def test_a_dead_line_stops_nothing(by_hand):
    with by_hand.world.far(rtt_ms=20) as far:
        deploying, host = begin(by_hand, env=far.environment)
        host.reaches("step-began", "switch")
        far.go_dead()
        host.serves("1.3.0-slow-start")
        host.reaches("closed")
        far.come_back()
        ended = deploying.wait()
    assert ended.code == 0, ended
    host.is_quiet()


def test_without_a_confirmation_from_outside_the_host_asks_the_public_address_itself(by_hand):
    by_hand.shorten_health(attempts="4, from: controller")
    by_hand.configure("strategy: recreate", "timeouts: { confirm: 1s }")
    with by_hand.world.far(rtt_ms=20) as far:
        deploying, host = begin(by_hand, "good-code", env=far.environment)
        host.reaches("step-began", "switch")
        far.go_dead()
        host.reaches("closed")
        assert host.has("committed")
        assert [record["what"] for record in host.records() if record["type"] == "heard"] == ["source", "nobody"]
        far.come_back()
        ended = deploying.wait()
    assert ended.code == 0, ended
    assert by_hand.world.version() == "1.1.0"


def test_the_controller_asks_the_public_address_from_outside(by_hand):
    by_hand.shorten_health(attempts="30, from: controller")
    deploying, _ = begin(by_hand)
    ended = deploying.wait()
    assert ended.code == 0, ended
    assert "asked from outside" in ended.out
