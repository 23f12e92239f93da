"""A Docker Engine of the tests' own, beside the machine's: one that may be stopped and killed, or that has images which no other has."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from belay_world.commands import run, wait_until


class OwnEngine:
    """Without a bridge it would remove the other Engine's: so it has a network namespace of its own, and its containers no network. Of images it
    has busybox."""

    def __init__(self):
        self.place = Path(tempfile.mkdtemp(prefix="belay-engine-"))
        self.socket = f"unix://{self.place}/docker.sock"
        self.start()
        subprocess.run(f"docker save busybox:latest | DOCKER_HOST={self.socket} docker load -q", shell=True, check=True, stdout=subprocess.DEVNULL)

    def start(self):
        # A dockerd that was killed took its containerd with it. Both pid files stay, and may name a process that nobody has waited for.
        for left in ("pid", "exec/containerd/containerd.pid"):
            (self.place / left).unlink(missing_ok=True)
        with open(self.place / "log", "ab") as log:
            self.process = subprocess.Popen(
                ["unshare", "--net", "dockerd", "-H", self.socket, "--data-root", self.place / "data", "--exec-root", self.place / "exec", "--pidfile",
                 self.place / "pid", "--containerd", "", "--bridge", "none", "--iptables=false", "--ip-forward=false"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        wait_until("the Engine answers", lambda: self.docker("info", check=False).code == 0, limit=60)

    def end(self, number):
        """SIGTERM stops the containers; SIGKILL does not, and Docker stops them when it comes back, as if a person had."""
        self.process.send_signal(number)
        self.process.wait(60)

    def bring_back(self):
        if self.process.poll() is not None:
            self.start()

    @property
    def environment(self):
        return os.environ | {"DOCKER_HOST": self.socket}

    def docker(self, *arguments, **options):
        return run("docker", *arguments, env=self.environment, **options)

    def inspected(self, name):
        found = self.docker("inspect", name, check=False)
        return json.loads(found.out)[0] if found.code == 0 else None

    def remove_containers(self):
        for name in self.docker("ps", "-aq", check=False).out.split():
            self.docker("rm", "-f", name, check=False)

    def close(self):
        self.bring_back()
        self.remove_containers()
        self.end(signal.SIGTERM)
        while run("umount", self.place / "data", check=False).code == 0:
            pass  # each dockerd that was killed has left its mount
        shutil.rmtree(self.place)
