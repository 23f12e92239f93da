"""The world's own tests: a measuring device that is wrong makes every test wrong that reads it."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

pytest_plugins = ["belay_world.fixtures", "belay_world.limit"]
