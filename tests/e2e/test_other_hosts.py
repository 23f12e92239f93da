"""Hosts as others have them: busybox in place of Debian's tools, dropbear in place of sshd, a /tmp mounted noexec."""
import pytest

from belay_world.commands import run
from belay_world.state import state_of

from busybox_host import LIVE, NOEXEC, BusyboxHost
from elsewhere import DIES, Elsewhere, write_ssh_config
from plain_sshd import PlainSshd

PORT, SSH_PORT, BASTION_PORT, BEHIND_PORT = 18420, 18421, 18422, 18423


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


@pytest.mark.core
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
    user.live = NOEXEC
    user.release("1")
    refused = user.deploy()
    assert refused.code == 1 and f"no program can be run in {state_of(NOEXEC)}/bin" in refused.err and "noexec" in refused.err, refused
    assert "refused" in user.serves()


@pytest.fixture(scope="module")
def bastion():
    bastion = PlainSshd(BASTION_PORT)
    yield bastion
    bastion.close()


@pytest.fixture(scope="module")
def behind(bastion):
    """A host that takes the bastion's login key."""
    behind = PlainSshd(BEHIND_PORT, logs_in=bastion)
    yield behind
    behind.close()


@pytest.fixture
def runner(bastion, behind, tmp_path):
    """A CI runner: no ssh configuration, no known_hosts, no key on its disk."""
    runner = Elsewhere("belay-test-jump", PORT, tmp_path / "live")
    write_ssh_config(runner, {})
    yield runner
    runner.gone()


def way(bastion_pin, host_pin):
    return f'    host_key: "{host_pin}"\n    jump: {{ host: "root@127.0.0.1:{BASTION_PORT}", host_key: "{bastion_pin}" }}\n'


@pytest.mark.core
def test_a_runner_reaches_a_host_behind_a_bastion_with_one_key_and_two_pins(runner, bastion, behind):
    host, key = f"root@127.0.0.1:{BEHIND_PORT}", {"BELAY_SSH_KEY": bastion.key}
    runner.release("1", host=host, keys=way(bastion.fingerprint, behind.fingerprint))
    deployed = runner.belay("deploy", "production", env=key)
    assert deployed.code == 0 and runner.serves() == "1", deployed
    assert bastion.logins() == behind.logins() == 1  # one connection, through the other one

    runner.release("2", host=host, keys=way(behind.fingerprint, behind.fingerprint))
    refused = runner.belay("deploy", "production", env=key)
    assert refused.code == 2 and f"the jump host root@127.0.0.1:{BASTION_PORT} on the way to {host} is not the host" in refused.err, refused
    assert bastion.fingerprint in refused.err and bastion.logins() == 1

    runner.release("3", host=host, keys=way(bastion.fingerprint, bastion.fingerprint))
    refused = runner.belay("deploy", "production", env=key)
    assert refused.code == 2 and f"{host} is not the host that belay.yml pins" in refused.err and behind.logins() == 1, refused
