"""Who is talked to, and with which key: an unknown or changed host key is a refusal, and the private key never touches a disk."""
import os
import signal
from pathlib import Path

import pytest
from belay_world.commands import run, wait_until
from scenario import Host

OTHER = "AAAAC3NzaC1lZDI1NTE5AAAAIJ1cL8Q1yZ9p0v0WlqK0u5W0m0h8y3D0x8sJ5cY7qv2N"


@pytest.fixture
def ssh(scenario):
    """ssh as another user's: the example's config, but with a known_hosts of its own, and without a key."""
    return Ssh(scenario)


class Ssh:
    def __init__(self, scenario):
        self.scenario, self.world, self.server = scenario, scenario.world, scenario.world.machine.server
        self.known_hosts = self.world.home / "known_hosts"
        self.config = self.world.home / "ssh_config"
        text = Path(self.server["VPS_SSH_CONFIG"]).read_text()
        self.config.write_text(text.replace(self.server["VPS_KNOWN_HOSTS"], str(self.known_hosts)))
        self.environment = {"BELAY_SSH_CONFIG": self.config}

    def knows(self, key):
        self.known_hosts.write_text(f"[127.0.0.1]:{self.server['VPS_PORT']} ssh-ed25519 {key}\n")

    def true_key(self):
        return Path(self.server["VPS_KNOWN_HOSTS"]).read_text().split()[2]

    def pin(self, fingerprint):
        self.scenario.configure("    path: /srv", f"    host_key: {fingerprint}\n    path: /srv", 1)

    def without_key(self):
        lines = self.config.read_text().splitlines()
        self.config.write_text("\n".join(line for line in lines if not line.strip().startswith("Identity")) + "\n")

    def deploy(self, **more):
        before = self.world.inventory()
        outcome = self.world.belay("deploy", "production", "--skip-test", env=self.environment | more)
        assert before.difference(self.world.inventory()) == {}
        return outcome

    def refused(self, outcome, *said):
        assert outcome.code == 2, outcome
        for words in said:
            assert words in outcome.err, outcome

    def line_to_add(self):
        return f"[127.0.0.1]:{self.server['VPS_PORT']} ssh-ed25519 {self.true_key()}"


@pytest.mark.core
def test_an_unknown_host_key_is_refused_with_its_fingerprint_and_the_line_to_add(ssh):
    ssh.refused(ssh.deploy(), ssh.server["VPS_HOST_KEY"], ssh.line_to_add())


def test_a_changed_host_key_is_refused(ssh):
    ssh.knows(OTHER)
    ssh.refused(ssh.deploy(), ssh.server["VPS_HOST_KEY"])


def test_a_pinned_host_key_needs_no_known_hosts_and_another_one_is_refused(ssh):
    ssh.pin(ssh.server["VPS_HOST_KEY"])
    assert ssh.world.belay("check", "production", env=ssh.environment).code == 0
    ssh.scenario.configure(ssh.server["VPS_HOST_KEY"], "SHA256:" + "A" * 43)
    ssh.knows(ssh.true_key())  # what is pinned decides alone
    ssh.refused(ssh.deploy(), ssh.server["VPS_HOST_KEY"])


def test_no_login_is_bad_input_and_says_so(ssh):
    ssh.knows(ssh.true_key())
    ssh.without_key()
    outcome = ssh.deploy(SSH_AUTH_SOCK=None)
    assert outcome.code == 2, outcome
    assert "Permission denied" in outcome.err


def processes_with(variable):
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if variable in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def agents(world):
    """The ssh-agents whose socket is in this world's TMPDIR."""
    found = run("pgrep", "-x", "-a", "ssh-agent", check=False).out.splitlines()
    return {line.split()[0] for line in found if str(world.temporary) in line}


@pytest.mark.core
def test_a_key_from_the_environment_deploys_and_dies_with_belay(ssh):
    scenario, world = ssh.scenario, ssh.world
    ssh.knows(ssh.true_key())
    ssh.without_key()
    key = Path(ssh.server["VPS_KEY_FILE"]).read_text()
    middle = key.splitlines()[2].encode()
    scenario.without_migration()
    scenario.release("good-code")
    host = Host(scenario)
    host.holds_at("step-began:verify")
    deploying = world.start_belay("deploy", "production", "--skip-test", env=ssh.environment | {"BELAY_SSH_KEY": key})
    host.is_held()
    assert len(agents(world)) == 1
    assert processes_with(middle) == []  # no child was given it, and belay itself has forgotten it
    holding = [file for file in world.temporary.rglob("*") if file.is_file() and middle in file.read_bytes()]
    assert holding == []
    os.kill(deploying.pid, signal.SIGKILL)
    wait_until("the agent is gone", lambda: not agents(world))
    wait_until("its directory is gone", lambda: not list(world.temporary.iterdir()))
    host.goes_on()
    host.serves("1.1.0")


def test_a_key_that_is_none_is_refused(ssh):
    ssh.knows(ssh.true_key())
    ssh.without_key()
    outcome = ssh.deploy(BELAY_SSH_KEY="-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n")
    assert outcome.code == 2, outcome
    assert "bm90IGEga2V5" not in outcome.out + outcome.err
