"""A server on which nothing of the app runs yet."""
import pytest
from scenario import Host


@pytest.fixture
def scenario(scenario):
    scenario.shorten_health(attempts=6)
    return scenario


@pytest.mark.core
def test_it_succeeds_and_says_beforehand_that_there_is_nothing_to_go_back_to(scenario):
    scenario.release("good-code")
    deployed = scenario.deploy(rows=["first deployment"])
    assert deployed.code == 0, deployed.outcome
    assert scenario.world.version() == "1.1.0"
    said = deployed.said
    assert said.index("there is no release to roll back to") < said.index(" switch\n")
    assert deployed.lost == []
    assert sorted(deployed.after.containers) == ["crm-backend", "crm-postgres"]
    scenario.up_by_hand_keeps("1.1.0")


@pytest.mark.core
def test_one_that_fails_leaves_its_container_stopped_and_the_next_cleans_up(scenario):
    scenario.release("health-500")
    bad = scenario.deploy(rows=["first deployment is bad"])
    assert bad.code == 3, bad.outcome
    assert "there was no release to roll back to" in bad.said
    assert "the container's last" in bad.said and "Invalid URL" in bad.said
    assert scenario.world.container()["State"]["Status"] == "exited"
    logs = scenario.world.belay("logs", "production")
    assert "Invalid URL" in logs.out + logs.err, logs
    assert scenario.world.belay("status", "production").code == 1

    scenario.world.repository.git("reset", "-q", "--hard", "HEAD~1")
    scenario.release("good-code")
    good = scenario.deploy(load=False)
    assert good.code == 0, good.outcome
    assert scenario.world.version() == "1.1.0"
    assert sorted(good.after.containers) == ["crm-backend", "crm-postgres"]
    releases, current = scenario.releases()
    assert sorted(tag for tag in good.after.images) == sorted(["crm-backend:latest", f"crm-backend:{current}"])
    assert [each["id"] for each in releases] == [current]


def test_one_that_cannot_be_built_touches_nothing(scenario):
    scenario.release("build-fails")
    deployed = scenario.deploy(load=False)
    assert deployed.code == 1, deployed.outcome
    assert deployed.left_behind() == {}


def test_one_whose_migration_fails_leaves_nothing_running(scenario):
    scenario.release("migration-fails")
    deployed = scenario.deploy(load=False)
    assert deployed.code == 1, deployed.outcome
    # Docker makes the folders that the compose file binds, and they stay: they are the app's own.
    bound = ["deploy-backend/logs/", "deploy-backend/uploads/"]
    assert deployed.left_behind() == {"files": {"gone": [], "new": bound}}
    assert "nothing was serving" in deployed.said


def test_one_whose_controller_is_killed_succeeds_all_the_same(scenario):
    scenario.without_migration()
    scenario.release("good-code")
    host = Host(scenario)
    host.holds_at("step-began:verify")
    deploying = scenario.world.start_belay("deploy", "production", "--skip-test")
    host.is_held()
    deploying.kill()
    host.goes_on()
    host.serves("1.1.0")
    host.reaches("closed")
    assert scenario.world.belay("attach", "production").code == 0
