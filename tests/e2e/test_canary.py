"""A release that is worse than the current one is found out by its traffic, and turned back by itself; a good one is not."""
import time

import pytest

from belay_world.commands import wait_until

pytestmark = pytest.mark.alone
LOAD = {"get": 120, "post": 60, "health": 20}


def configure(scenario, more):
    scenario.without_migration()
    scenario.configure("strategy: recreate", f'edge: {{ image: "haproxy:2.6", drain_timeout: 5s }}\n    {more}')
    deployed = scenario.deploy(load=False)
    assert deployed.code == 0, deployed.outcome


@pytest.fixture
def canary(by_hand):
    configure(by_hand, "strategy: canary\n    canary: { steps: [10%, 50%, 100%], for: 2s }")
    return by_hand


def said_in(scenario, step):
    return [record["line"] for record in scenario.journal() if record["type"] == "output" and record["step"] == step]


@pytest.mark.core
def test_a_good_release_gets_its_shares_and_then_everything(canary):
    canary.release("good-code")
    with canary.world.load(**LOAD) as client:
        outcome = canary.world.belay("deploy", "production", "--skip-test")
    assert outcome.code == 0, outcome
    assert canary.world.version() == "1.1.0"
    assert client.report.failed == 0, client.report.summary()
    assert canary.lost(client.report) == []
    said = "\n".join(said_in(canary, "canary"))
    assert "10 % of the requests for 2.0 s" in said and "50 % of the requests for 2.0 s" in said, said


@pytest.mark.parametrize("release, why", [
    ("breaks-under-load", "the candidate fails more requests"), ("slow-answers", "the candidate is slower"),
])
@pytest.mark.core
def test_a_worse_release_is_turned_back(canary, capsys, release, why):
    canary.release(release)
    canary.configure("for: 2s", "for: 60s")
    with canary.world.load(**LOAD) as client:
        outcome = canary.world.belay("deploy", "production", "--skip-test")
        time.sleep(1)
    with capsys.disabled():
        print(f"\n    {release}: {client.report.summary()}")
    assert outcome.code == 1, outcome
    assert why in outcome.out, outcome
    assert canary.world.version() == "1.0.0"
    assert canary.lost(client.report) == []
    # A tenth of the requests came to it, a fifth of these failed.
    assert client.report.failed < 0.05 * client.report.sent
    assert set(client.report.reasons) <= {"answered 500"}, client.report.summary()


def test_after_blue_green_s_turn_the_soak_turns_a_worse_release_back(by_hand, capsys):
    configure(by_hand, "soak: 60s")
    by_hand.release("breaks-under-load")
    with by_hand.world.load(**LOAD) as client:
        outcome = by_hand.world.belay("deploy", "production", "--skip-test")
        time.sleep(1)
    with capsys.disabled():
        print(f"\n    soak: {client.report.summary()}")
    assert outcome.code == 1, outcome
    assert "the candidate fails more requests" in outcome.out
    assert by_hand.world.version() == "1.0.0"
    assert set(client.report.reasons) <= {"answered 500"}, client.report.summary()


def test_without_requests_it_holds_until_it_is_promoted(canary):
    canary.release("good-code")
    deploying = canary.world.start_belay("deploy", "production", "--skip-test")
    wait_until("it holds", lambda: any("it waits until" in line for line in said_in(canary, "canary")), limit=60)
    for _ in range(2):
        told = canary.world.belay("promote", "production")
        assert told.code == 0, told
        time.sleep(1)
    finished = deploying.wait(60)
    assert finished.code == 0, finished
    assert canary.world.version() == "1.1.0"
    nothing = canary.world.belay("promote", "production")
    assert nothing.code == 2 and "no deployment is under way" in nothing.err, nothing


def test_it_can_be_aborted(canary):
    canary.release("good-code")
    deploying = canary.world.start_belay("deploy", "production", "--skip-test")
    wait_until("it is at its canary", lambda: said_in(canary, "canary"), limit=60)
    told = canary.world.belay("abort", "production")
    assert told.code == 0, told
    finished = deploying.wait(60)
    assert finished.code == 1, finished
    assert canary.world.version() == "1.0.0"
