"""For a suite's conftest.py: `from belay_world.fixtures import *`. A test that takes `world` gets it as on the first day."""
import pytest

from .machine import Machine
from .world import World

__all__ = ["session_world", "world"]


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
