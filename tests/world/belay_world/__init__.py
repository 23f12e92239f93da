"""A clean world for tests: a server reached by ssh, a Docker Engine, PostgreSQL with 20,000 customers, the example app.

    world = World(Machine())                 # once; in pytest: fixtures.py
    world.reset()                            # before each test
    world.put_in_service("1.0.0")            # the app as its operators deployed it by hand
    world.repository.release("health-500")   # the next release, committed
    with world.load() as load:
        outcome = world.belay("deploy", "production")
    assert outcome.code == 1 and load.report.failed == 0
    assert world.database.missing(load.report.acknowledged) == []

Standard library only. The parts are real; what may be odd about them is said where it is made.
"""
from .commands import CommandFailed, Finished, HungUp, run
from .engine import Engine
from .far import Far
from .inventory import Inventory
from .load import Load, Report
from .machine import Machine
from .repository import Repository
from .world import World

__all__ = [
    "CommandFailed", "Engine", "Far", "Finished", "HungUp", "Inventory", "Load", "Machine", "Report", "Repository", "World", "run",
]
