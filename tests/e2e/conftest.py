"""belay end to end: real sshd, Docker, PostgreSQL, the example app under load. At the end it prints belay's figures beside the script's."""
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "world")]

from belay_world.sample import say_what_was_left_out  # noqa: E402
from away import Away  # noqa: E402
from baseline import Table  # noqa: E402
from chain import Chain  # noqa: E402
from own_engine import OwnEngine  # noqa: E402
from scenario import Scenario  # noqa: E402

pytest_plugins = ["belay_world.core", "belay_world.fixtures", "belay_world.limit"]
table = pytest.StashKey()


def pytest_configure(config):
    config.stash[table] = Table()


@pytest.fixture
def scenario(world, request):
    """The world of the first day, and the questions a test asks of it; nothing is deployed yet."""
    return Scenario(world, request.config.stash[table])


@pytest.fixture
def by_hand(scenario):
    """Version 1.0.0 serves production, deployed by hand as its operators did before belay."""
    scenario.world.put_in_service()
    return scenario


@pytest.fixture(scope="session")
def chain():
    return Chain()


@pytest.fixture
def serving(chain, session_world, request):
    """1.0.0 serves; perhaps other releases were tried on it, and undone. Without a migration, which would not be undone."""
    chain.link(session_world)
    scenario = Scenario(session_world, request.config.stash[table])
    scenario.without_migration()
    return scenario


@pytest.fixture(scope="session")
def own_engine():
    engine = OwnEngine()
    yield engine
    engine.close()


@pytest.fixture
def away(own_engine):
    """Version 1 serves on an Engine that this test alone uses, and may take away."""
    away = Away(own_engine)
    try:
        away.put_in_service()
        yield away
    finally:
        away.close()


def pytest_terminal_summary(terminalreporter, config):
    say_what_was_left_out(terminalreporter, "e2e")
    terminalreporter.section("the hand-written pipeline, and belay")
    for line in config.stash[table].lines():
        terminalreporter.write_line(line)
