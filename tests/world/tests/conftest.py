"""The world's own tests: a measuring device that is wrong makes every test wrong that reads it."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from belay_world.fixtures import *  # noqa: E402,F401,F403
