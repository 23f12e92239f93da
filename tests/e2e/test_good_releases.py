"""A good release: it serves afterwards, nothing is lost, and the report says what was done."""
import re

import pytest
from scenario import STAMP, only_the_switch_cost_requests


@pytest.mark.core
def test_a_release_of_code_is_deployed_under_load(by_hand):
    by_hand.release("good-code")
    deployed = by_hand.deploy(rows=["good release, code only"])
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == "1.1.0"
    assert deployed.lost == [] and deployed.load.acknowledged
    only_the_switch_cost_requests(by_hand, deployed)
    by_hand.up_by_hand_keeps("1.1.0")
    names = [name for name in deployed.after.containers]
    assert sorted(names) == ["crm-backend", "crm-postgres"]


@pytest.mark.core
def test_a_release_with_a_migration_is_migrated_before_it_serves(by_hand):
    by_hand.release("good-migration")
    deployed = by_hand.deploy(rows=["good release with a migration"])
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == "1.2.0"
    assert deployed.lost == [] and deployed.load.acknowledged
    only_the_switch_cost_requests(by_hand, deployed)
    # The script's new code answered 500 until its migration had run.
    assert not [reason for reason in deployed.load.reasons if "500" in reason], deployed.load.summary()
    steps = [record["step"] for record in by_hand.journal() if record["type"] == "step-done"]
    assert steps.index("migrate") < steps.index("switch")


def test_the_report_says_what_runs_what_was_checked_and_how_to_go_back(by_hand):
    by_hand.release("good-code")
    said = by_hand.deploy(load=False).said
    head = by_hand.world.repository.head()[:7]
    assert re.search(rf"✓ Deployed\. production now serves {STAMP}-{head}", said)
    assert f"commit   {head} crm-backend 1.1.0 (main)" in said
    assert re.search(r"checked  GET http://127\.0\.0\.1:3001/api/health answered 200 \(2 of 2\) in ", said)
    assert "tests    skipped (--skip-test)" in said
    backup = re.search(rf"backup   (\S+/backups/pre-deploy-{STAMP}\.sql)", said).group(1)
    assert backup == str(by_hand.world.live / "backups" / by_hand.backups()[0])
    for step in ("preflight", "backup", "sync", "build", "create", "migrate", "switch", "verify", "settle"):
        assert re.search(rf"^    {step} +\d.* s", said, re.M), step
    adopted = re.search(rf"To roll back:  belay rollback production ({STAMP}-adopted)", said).group(1)
    assert adopted in [release["id"] for release in by_hand.releases()[0]]
