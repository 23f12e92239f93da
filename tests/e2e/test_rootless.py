"""Rootless Docker: an Engine of an account without rights, which a Docker context names, and whose containers no address of the host leads to."""
import os
import signal
import subprocess

import pytest

from belay_world.commands import run, wait_until

from elsewhere import DIES, Elsewhere, engine_is_ready, write_ssh_config
from plain_sshd import Account, PlainSshd

PORT, SSH_PORT = 18430, 18431
STARTER = "/usr/share/docker.io/contrib/dockerd-rootless.sh"


class RootlessEngine:
    """Debian's dockerd-rootless.sh. The account may use a TUN device, which a machine without udev keeps for root."""

    def __init__(self, account):
        engine_is_ready()
        self.account, self.runtime = account, account.home / "run"
        self.runtime.mkdir(mode=0o700)
        os.chown(self.runtime, account.uid, account.gid)
        self.socket = f"unix://{self.runtime}/docker.sock"
        run("mknod", account.home / "tun", "c", "10", "200")
        (account.home / "tun").chmod(0o666)
        with open(account.home / "engine.log", "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "sh", "-euc",
                 f"mount --bind {account.home}/tun /dev/net/tun; exec setpriv --reuid {account.uid} --regid {account.gid} --clear-groups sh {STARTER} --storage-driver vfs"],
                env={"HOME": str(account.home), "XDG_RUNTIME_DIR": str(self.runtime), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until("the rootless Engine answers", lambda: self.docker("info", check=False).code == 0 or self.process.poll() is not None, limit=60)
        assert self.process.poll() is None, (account.home / "engine.log").read_text()[-3000:]
        subprocess.run(f"docker save busybox:latest | DOCKER_HOST={self.socket} docker load -q", shell=True, check=True, stdout=subprocess.DEVNULL)

    def docker(self, *arguments, **options):
        return run("docker", "-H", self.socket, *arguments, **options)

    def close(self):
        for container in self.docker("ps", "-aq", check=False).out.split():
            self.docker("rm", "-f", container, check=False)
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(60)


@pytest.fixture(scope="module")
def account():
    account = Account("belay-test-rootless")
    yield account
    account.close()


@pytest.fixture(scope="module")
def engine(account):
    engine = RootlessEngine(account)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def sshd(account):
    sshd = PlainSshd(SSH_PORT, account.name)
    yield sshd
    sshd.close()


@pytest.fixture
def user(account, engine, sshd):
    user = Elsewhere("belay-test-rootless", PORT, account.home / "live")
    user.known_hosts.write_text(sshd.known_hosts_line())
    write_ssh_config(user, {"host": sshd.ssh_config()})
    for words in (f"create rootless --docker host={engine.socket}", "use rootless"):
        run("ssh", "-F", user.config, "host", f"docker context {words}")
    yield user
    user.gone()


@pytest.mark.core
def test_rootless_docker_is_deployed_to_by_its_context(user, engine):
    user.release("1")
    checked = user.belay("check", "production")
    assert checked.code == 0, checked
    first = user.deploy()
    assert first.code == 0 and user.serves() == "1", first
    # API and compose have asked one Engine, and it is not the machine's.
    assert engine.docker("ps", "--format", "{{.Names}}").out.split() == [f"{user.name}-web-1"]
    assert user.name not in run("docker", "ps", "-a", "--format", "{{.Names}}").out

    user.release("2", command=DIES)
    failed = user.deploy()
    assert failed.code == 1 and user.serves() == "1" and "no such database" in failed.out + failed.err, failed

    # Without a health check, what listens is asked where the host publishes it.
    user.release("3", health=False)
    third = user.deploy()
    assert third.code == 0 and user.serves() == "3", third
    back = user.belay("rollback", "production")
    assert back.code == 0 and user.serves() == "1", back
