"""This machine made ready, once per test session: engine, images, and the server that belay deploys to."""
import fcntl
import os
import sys
from pathlib import Path

from .commands import run
from .engine import Engine

SCRIPTS = Path(__file__).resolve().parent.parent
REPOSITORY = SCRIPTS.parent.parent
STATE = Path(os.environ.get("BELAY_WORLD_DIR", "/var/lib/belay-world"))


class Machine:
    """Holds the world's lock: the names and ports of the example app are fixed, so that one session at a time may use them."""

    def __init__(self, port=2222):
        self.port = port
        self.engine = Engine()
        STATE.mkdir(parents=True, exist_ok=True)
        self._lock = open(STATE / "world.lock", "w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another test session to leave the world", file=sys.stderr, flush=True)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        run(SCRIPTS / "engine", "start", limit=120)
        run(SCRIPTS / "images", limit=1800)
        self.stop_server()  # one that an earlier session left may be another version's
        self.server = self.start_server()

    def start_server(self):
        """Starts it unless it runs; its environment: VPS_USER, VPS_HOST, … (see the script `server`)."""
        text = run(SCRIPTS / "server", "start", self.port, limit=60).out
        pairs = (line.removeprefix("export ").partition("=") for line in text.splitlines())
        self.server = {name: value for name, _, value in pairs}
        return self.server

    def stop_server(self):
        """After it the server is unreachable, and the next start has another host key."""
        run(SCRIPTS / "server", "stop", self.port, limit=60)

    def drop_connections(self):
        """Cuts every ssh connection, as a broken line does; the server itself stays."""
        run(SCRIPTS / "server", "drop", self.port, limit=60)

    def connections(self):
        """How many ssh connections were accepted since the server was started."""
        with open(self.server["VPS_LOG"], encoding="utf-8", errors="replace") as log:
            return sum(1 for line in log if "Accepted publickey" in line)

    def close(self):
        self.stop_server()
        self._lock.close()
