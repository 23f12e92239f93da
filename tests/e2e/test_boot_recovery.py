"""A host that lost its power in a deployment recovers at boot."""
import re

import pytest
from belay_world.commands import run
from fake_systemd import FakeSystemd
from scenario import Host, left_behind

# Hidden, in a mount name space: this machine is not to boot with what a test installed.
INSTALLED = "mount -t tmpfs belay /etc/cron.d && { [ ! -d /run/systemd ] || mount -t tmpfs belay /run/systemd; } && "


@pytest.mark.core
def test_what_host_install_puts_in_place_undoes_what_a_power_cut_left(by_hand):
    world, before = by_hand.world, by_hand.world.inventory()
    by_hand.without_migration()
    by_hand.release("good-code")
    host = Host(by_hand)
    host.holds_at("step-began:verify")
    deploying = world.start_belay("deploy", "production", "--skip-test")
    host.is_held()
    belay = world.live / ".belay/bin/belay"
    shown = run("unshare", "--mount", "sh", "-c", f"{INSTALLED} {belay} host install --path {world.live} && cat /etc/cron.d/*").out
    assert "runs at boot, by cron" in shown
    command = re.search(r"^@reboot root (.*)$", shown, re.M).group(1)

    deploying.kill()
    host.kill_everything()
    candidates = [each for each in world.engine.containers(label="belay.role=candidate") if each["Names"][0].startswith("/crm-")]
    world.engine.docker("kill", *[each["Id"] for each in candidates])
    booted = run("env", "-i", "PATH=/usr/bin:/bin", "sh", "-c", command)  # as cron would
    assert "rolled-back" in booted.out
    host.serves("1.0.0")
    host.is_quiet()
    assert left_behind(before, world.inventory()) == {}


def test_the_recovery_runs_as_the_account_that_deploys(world):
    """The program is that account's, which root is not to run."""
    state = world.live / ".belay"
    run("install", "-d", "-o", "nobody", state, state / "bin", state / "releases")
    installed = run("unshare", "--mount", "sh", "-c", f"{INSTALLED} {world.binary} host install --path {world.live} && cat /etc/cron.d/*").out
    assert re.search(r"^@reboot nobody ", installed, re.M), installed


def test_a_unit_that_cannot_run_is_told_when_it_is_installed(world):
    fake = FakeSystemd(world.place / "fake-systemd")
    state = world.production.state
    (state / "bin").mkdir(parents=True)
    install = f"mount -t tmpfs tmpfs /etc/systemd/system && {{ {world.binary} host install --path {world.live}; code=$?; cat /etc/systemd/system/*; exit $code; }}"
    installed = fake.run(install, env=world.environment(fake.on_the_path()))
    assert "by systemd" in installed.out and f'host recover --path "{world.live}" --state "{state}" --boot' in installed.out
    assert "User=root\n" in installed.out and fake.calls()[-1] == f"systemd-run --wait --quiet --collect --property=User=root {state}/bin/belay version"
    fake.refuse("systemd-run")
    refused = fake.run(install, env=world.environment(fake.on_the_path()), check=False)
    assert refused.code == 1 and f"systemd cannot run {state}/bin/belay" in refused.err and "restorecon" in refused.err, refused


def test_a_boot_with_nothing_to_recover_touches_nothing(by_hand):
    by_hand.without_migration()
    assert by_hand.deploy(load=False).code == 0
    world, before = by_hand.world, by_hand.world.inventory()
    run(world.live / ".belay/bin/belay", "host", "recover", "--path", world.live, "--boot")
    assert before.difference(world.inventory()) == {}
