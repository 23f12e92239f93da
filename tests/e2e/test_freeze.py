"""A freeze of belay.yml keeps deployments out, and nobody from going back."""
from datetime import datetime, timedelta, timezone

import pytest


def day(away):
    return (datetime.now(timezone.utc) + timedelta(days=away)).date().isoformat()


def freeze(since, until):
    return f"strategy: recreate\n    freeze: [{{ from: {day(since)}, until: {day(until)}, zone: America/Sao_Paulo, why: the holidays }}]"


@pytest.mark.core
def test_a_freeze_refuses_who_gives_no_reason_and_records_who_does(by_hand):
    scenario, world = by_hand, by_hand.world
    scenario.without_migration()
    scenario.release("bump", version="1.0.1")
    scenario.configure("strategy: recreate", freeze(-2, 2))

    before = world.inventory()
    for arguments in (["--skip-test"], ["--on-push", "--ref", "refs/heads/main", "--after", world.repository.head()]):
        refused = world.belay("deploy", "production", *arguments)
        assert refused.code == 6, refused
        assert f"production is frozen: {day(-2)} until {day(2)}, America/Sao_Paulo (the holidays)" in refused.err
        assert "it ends" in refused.err and '--reason "TEXT"' in refused.err
    assert before.difference(world.inventory()) == {}

    for command, where in (("check", "freeze"), ("plan", "Know before")):
        said = world.belay(command, "production")
        assert said.code == 0 and "holds now" in said.out and where in said.out, said

    deployed = scenario.deploy("--reason", "the checkout is broken", load=False)
    assert deployed.code == 0, deployed.outcome
    recorded = "the checkout is broken (in spite of the freeze"
    assert recorded in deployed.said
    assert world.version() == "1.0.1"
    assert scenario.releases()[0][0]["reason"]["text"] == "the checkout is broken"
    for command in ("status", "releases"):
        assert recorded in world.belay(command, "production").out
    assert scenario.asked("status", "production")["current"]["reason"]["freeze"].startswith(day(-2))

    back = world.belay("rollback", "production")  # the freeze keeps nobody from going back
    assert back.code == 0, back
    assert world.version() == "1.0.0"


def test_a_freeze_that_is_over_or_to_come_holds_nobody_up_and_an_unknown_zone_is_a_mistake(by_hand):
    scenario, world = by_hand, by_hand.world
    scenario.configure("strategy: recreate", freeze(5, 6))
    said = world.belay("check", "production")
    assert said.code == 0 and "none holds now; the next:" in said.out, said
    scenario.configure("America/Sao_Paulo", "America/Sao_Paolo")
    said = world.belay("check", "production")
    assert said.code == 2 and "did you mean 'America/Sao_Paulo'?" in said.err and "belay.yml:" in said.err, said
    assert world.belay("status", "production").code == 0  # who looks needs no zone
