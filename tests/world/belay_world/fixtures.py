"""For a suite's conftest.py: `pytest_plugins = ["belay_world.fixtures"]`. A test that takes `world` gets it as on the first day."""
import pytest

from .machine import Machine
from .world import World


@pytest.fixture(scope="session")
def session_world():
    machine = Machine()
    try:
        world = World(machine)
        yield world
        world.close()
    finally:
        machine.close()


@pytest.fixture
def world(session_world):
    session_world.reset()
    return session_world
