"""A release is frozen whole: what comes back is the old image with the old compose model and the old environment."""
import pytest


def serving(world):
    """What the app's container was made of."""
    found = world.container()
    environment = dict(line.split("=", 1) for line in found["Config"]["Env"])
    return environment["LOG_LEVEL"], environment.get("FEATURE"), found["HostConfig"]["Memory"] >> 20


def change_everything(scenario, release="bump", **options):
    """The next release has another compose model, and on the server another .env."""
    world = scenario.world
    changed = "mem_limit: 300m\n    environment: { FEATURE: new }"
    world.repository.replace("deploy-backend/docker-compose.production.yml", "mem_limit: 384m", changed)
    scenario.release(release, **options)
    env = world.live / ".env"
    env.write_text(env.read_text().replace("LOG_LEVEL=info", "LOG_LEVEL=debug"))


@pytest.mark.core
def test_a_failure_brings_all_of_it_back(by_hand):
    by_hand.without_migration()
    assert by_hand.deploy(load=False).code == 0
    assert serving(by_hand.world) == ("info", None, 384)
    change_everything(by_hand, "crash-on-start")
    deployed = by_hand.deploy(load=False)
    assert deployed.code == 1, deployed.outcome
    assert serving(by_hand.world) == ("info", None, 384)
    assert deployed.left_behind() == {}


def test_a_rollback_by_hand_brings_all_of_it_back(by_hand):
    by_hand.without_migration()
    by_hand.release("bump", version="1.0.1")
    assert by_hand.deploy(load=False).code == 0
    change_everything(by_hand, version="1.0.2")
    assert by_hand.deploy(load=False).code == 0
    assert serving(by_hand.world) == ("debug", "new", 300)
    back = by_hand.world.belay("rollback", "production")
    assert back.code == 0, back
    assert by_hand.world.version() == "1.0.1"
    assert serving(by_hand.world) == ("info", None, 384)
    # The live directory shows what serves; .env is the operators' own, and stays as they left it.
    assert "mem_limit: 384m" in (by_hand.world.live / "docker-compose.production.yml").read_text()
    assert "LOG_LEVEL=debug" in (by_hand.world.live / ".env").read_text()


def test_an_adopted_release_comes_back_with_its_compose_file(by_hand):
    by_hand.without_migration()
    change_everything(by_hand, version="1.0.1")
    assert by_hand.deploy(load=False).code == 0
    assert serving(by_hand.world) == ("debug", "new", 300)
    back = by_hand.world.belay("rollback", "production")
    assert back.code == 0, back
    assert serving(by_hand.world) == ("info", None, 384)
    by_hand.up_by_hand_keeps("1.0.0")
    assert serving(by_hand.world)[1:] == (None, 384)  # LOG_LEVEL is in .env, which is the operators'


def test_services_that_are_not_named_are_left_alone(by_hand):
    by_hand.without_migration()
    before = by_hand.world.container("crm-postgres")
    by_hand.world.repository.replace("deploy-backend/docker-compose.production.yml", "interval: 2s", "interval: 3s")
    by_hand.release("good-code")
    assert by_hand.deploy(load=False).code == 0
    after = by_hand.world.container("crm-postgres")
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
