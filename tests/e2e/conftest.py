"""belay end to end: real sshd, Docker, PostgreSQL, the example app under load. At the end it prints belay's figures beside the script's."""
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "world")]

from baseline import Table  # noqa: E402
from scenario import Scenario  # noqa: E402

pytest_plugins = ["belay_world.fixtures"]
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


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.section("the hand-written pipeline, and belay")
    for line in config.stash[table].lines():
        terminalreporter.write_line(line)
