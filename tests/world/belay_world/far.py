"""The same server over a long line: behind tests/world/delay, with its own address; and a line that can go dead."""
import shutil
import signal
import tempfile
from pathlib import Path

from .commands import Running, wait_until
from .machine import SCRIPTS


class Far:
    """For a `with` block; `environment` is what belay is given to reach the server this way: world.belay(…, env=far.environment)."""

    def __init__(self, server, rtt_ms=100):
        self._server, self._rtt = server, rtt_ms

    def __enter__(self):
        self._place = Path(tempfile.mkdtemp(prefix="belay-far-"))
        near = self._server["VPS_PORT"]
        argv = [SCRIPTS / "delay", "--listen", 0, "--to", f"127.0.0.1:{near}", "--rtt", self._rtt]
        self.relay = Running(argv, log=self._place / "relay")
        wait_until("the relay listens", lambda: "away" in self.relay.out() or not self.relay.runs())
        assert self.relay.runs(), self.relay.err()
        port = self.relay.out().split()[0].rpartition(":")[2]
        self.environment = dict(self._server)
        self.environment |= {"VPS_PORT": str(port), "VPS_HOST": f"127.0.0.1:{port}"}
        known_hosts, config = self._place / "known_hosts", self._place / "ssh_config"
        known_hosts.write_text(Path(self._server["VPS_KNOWN_HOSTS"]).read_text().replace(f"]:{near}", f"]:{port}"))
        config.write_text(
            Path(self._server["VPS_SSH_CONFIG"]).read_text()
            .replace(f"Port {near}", f"Port {port}").replace(self._server["VPS_KNOWN_HOSTS"], str(known_hosts))
        )
        self.environment |= {"VPS_KNOWN_HOSTS": str(known_hosts), "VPS_SSH_CONFIG": str(config)}
        self.environment["BELAY_SSH_CONFIG"] = self.environment["VPS_SSH_CONFIG"]
        return self

    def go_dead(self):
        """From now on nothing comes through and nobody is told, as when a cable is pulled."""
        self.relay.signal(signal.SIGSTOP)

    def come_back(self):
        self.relay.signal(signal.SIGCONT)

    def __exit__(self, *_):
        self.relay.kill()
        shutil.rmtree(self._place)
