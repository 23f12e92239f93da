"""Hosts as others have them: busybox in place of Debian's tools, dropbear in place of sshd, a /tmp mounted noexec."""
import pytest

from belay_world.commands import run

from busybox_host import LIVE, NOEXEC, BusyboxHost
from elsewhere import DIES, Elsewhere, write_ssh_config

PORT, SSH_PORT = 18420, 18421


@pytest.fixture(scope="module")
def busybox_host():
    host = BusyboxHost(SSH_PORT)
    yield host
    host.close()


@pytest.fixture
def user(busybox_host):
    user = Elsewhere("belay-test-busybox", PORT, LIVE / "app")
    user.known_hosts.write_text(busybox_host.known_hosts_line())
    write_ssh_config(user, {"host": busybox_host.ssh_config()})
    yield user
    user.gone()


def test_a_host_that_has_busybox_alone_is_checked_deployed_to_and_rolled_back(user):
    there = run("ssh", "-F", user.config, "host", "which getent bash; head --version 2>&1; printf '#!/bin/sh\\n' >/tmp/x; chmod +x /tmp/x; /tmp/x", check=False)
    assert "BusyBox" in there.out and "/getent" not in there.out and "/bash" not in there.out and "Permission denied" in there.err, there

    user.release("1")
    checked = user.belay("check", "production")
    assert checked.code == 0 and not user.live.exists(), checked
    first = user.deploy()
    assert first.code == 0 and user.serves() == "1", first

    user.release("2", command=DIES)
    failed = user.deploy()
    assert failed.code == 1 and user.serves() == "1" and "no such database" in failed.out + failed.err, failed

    user.release("3")
    third = user.deploy()
    assert third.code == 0 and user.serves() == "3", third
    back = user.belay("rollback", "production")
    assert back.code == 0 and user.serves() == "1", back
    assert user.belay("status", "production").code == 0


def test_a_disk_from_which_no_program_may_be_run_is_named(user):
    user.live = NOEXEC / "app"
    user.release("1")
    refused = user.deploy()
    assert refused.code == 1 and f"no program can be run in {user.live}" in refused.err and "noexec" in refused.err, refused
    assert "refused" in user.serves()
