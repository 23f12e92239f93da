"""Staging, as the example has it: another port and database, `delete`, no backup, no rollback, health asked from the host."""
import pytest


@pytest.fixture
def staging(scenario):
    scenario.world.put_in_service("staging")
    scenario.world.put_in_service("production")
    return scenario


@pytest.mark.core
def test_a_good_release_with_a_migration_is_deployed_there_and_nowhere_else(staging):
    world = staging.world
    staging.release("good-migration")
    staging.world.repository.git("checkout", "-q", "-b", "develop")
    (world.staging.live / "left-over.txt").write_text("not in git")
    deployed = staging.deploy(environment="staging")
    assert deployed.code == 0, deployed.outcome
    assert world.version("staging") == "1.2.0" and world.version("production") == "1.0.0"
    assert deployed.lost == [] and deployed.load.acknowledged
    assert "asked from the host" in deployed.said and "(develop)" in deployed.said
    assert "backup   " not in deployed.said and staging.backups("staging") == []
    assert (world.staging.live / "left-over.txt").exists(), "delete takes away what a release brought, nothing else"
    staging.up_by_hand_keeps("1.2.0", "staging")


def test_a_bad_release_is_left_in_place(staging):
    staging.configure("attempts: 20, interval: 5s", "attempts: 3, interval: 200ms")
    staging.release("health-500")
    deployed = staging.deploy(environment="staging", load=False)
    assert deployed.code == 3, deployed.outcome
    assert staging.world.version("staging") is None and staging.world.version("production") == "1.0.0"
    assert staging.world.belay("rollback", "staging").code == 0
    assert staging.world.version("staging") == "1.0.0"
