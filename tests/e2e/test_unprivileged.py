"""Deployed by a user of the group `docker` who is nobody else: also the edge, which reads and writes that user's files."""
import grp
import json
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from belay_world.commands import Running, run, wait_until
from fake_systemd import FakeSystemd

USER, PORT = "belay-test-user", 18390
COMPOSE = f"""\
services:
  web:
    build: .
    image: belay-test-web
    container_name: belay-test-web
    ports: ["127.0.0.1:{PORT}:8080"]
"""
BELAY = """\
app: unprivileged
source: app
services: [web]
environments:
  production:
    host: local
    path: {live}
    compose: compose.yml
    edge: {{ image: "haproxy:2.6", drain_timeout: 1s }}
    health: {{ url: "http://127.0.0.1:{port}/version", attempts: 100, interval: 100ms }}
"""
SERVE = "trap 'exit 0' TERM\nhttpd -p 8080 -h /app/www\nwhile :; do sleep 1000 & wait $!; done\n"


@pytest.fixture
def user(world):
    """A user of this machine, with a home of their own and no other right than Docker's group."""
    if os.geteuid() != 0:
        pytest.fail("needs root, to become somebody else")
    run("userdel", "-f", USER, check=False)  # of a run that was ended from outside
    home = Path(tempfile.mkdtemp(prefix="belay-user-"))
    run("useradd", "--home-dir", home, "--no-create-home", "--groups", "docker", USER)
    shutil.copy(world.binary, home / "belay")
    home.chmod(0o755)
    known = pwd.getpwnam(USER)
    os.chown(home, known.pw_uid, known.pw_gid)
    try:
        yield User(home, known.pw_uid)
    finally:
        containers = run("docker", "ps", "-aq", "--filter", f"label=com.docker.compose.project.working_dir={home / 'live-user'}").out.split()
        run("docker", "rm", "-f", "belay-test-web", *containers, check=False)
        images = run("docker", "images", "-q", "belay-test-web").out.split()
        run("docker", "rmi", "-f", *images, check=False)
        run("docker", "network", "rm", "live-user_default", check=False)
        run("userdel", USER)
        shutil.rmtree(home)


class User:
    def __init__(self, home, uid):
        self.home, self.uid, self.live = home, uid, home / "live-user"

    def run(self, *words, directory="."):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "USER": USER}
        groups = [grp.getgrnam("docker").gr_gid]
        return subprocess.run(words, cwd=self.home / directory, env=environment, user=self.uid, group=pwd.getpwuid(self.uid).pw_gid,
                              extra_groups=groups, capture_output=True, text=True, timeout=120)

    def commit(self, version, serve=SERVE):
        files = {
            "belay.yml": BELAY.format(live=self.live, port=PORT), "app/compose.yml": COMPOSE, "app/serve.sh": serve,
            "app/Dockerfile": 'FROM busybox\nCOPY . /app\nCMD ["sh", "/app/serve.sh"]\n', "app/www/version": version,
        }
        for name, text in files.items():
            (self.home / "repository" / name).parent.mkdir(parents=True, exist_ok=True)
            (self.home / "repository" / name).write_text(text)
        run("chown", "-R", USER, self.home / "repository")
        for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", version]):
            assert self.run("git", *words, directory="repository").returncode == 0

    def processes(self):
        """Of belay, on either side."""
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and os.readlink(entry / "exe").startswith((f"{self.home}/belay", f"{self.home}/.local/state/belay/")):
                    found.append(int(entry.name))
        return found

    def loses_its_power(self, at):
        """All of belay dies when a deployment is at this point."""
        faults = self.home / "faults"
        faults.write_text(f"executor {at} hold\n")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "USER": USER, "BELAY_FAULT_FILE": str(faults)}
        with open(self.home / "log", "wb") as log:
            deploying = subprocess.Popen([self.home / "belay", "deploy", "production"], cwd=self.home / "repository", env=environment, user=self.uid,
                                         group=pwd.getpwuid(self.uid).pw_gid, extra_groups=[grp.getgrnam("docker").gr_gid], stdout=log, stderr=log)
        try:
            wait_until(f"it is held at {at}", lambda: (self.home / "faults.struck").exists())
        finally:
            while left := self.processes():
                for pid in left:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                deploying.poll()
            deploying.wait()
        faults.write_text("")

    def boots(self):
        """Debian's cron runs what is due at a reboot when it is started first: here with this user's crontab alone."""
        tabs, own = "/var/spool/cron/crontabs", self.home / "crontab"
        shutil.copy2(f"{tabs}/{USER}", own)
        script = (
            f"mount --bind /dev/null /etc/crontab && mount -t tmpfs tmpfs /etc/cron.d && mount -t tmpfs -o mode=1730,gid=crontab tmpfs {tabs} && "
            f"install -m 600 -o {USER} -g crontab {own} {tabs}/{USER} && rm -f /run/crond.reboot && exec cron -f"
        )
        return Running(["unshare", "--mount", "sh", "-c", script], log=self.home / "cron")

    def journals_end(self):
        newest = sorted((self.live / ".belay/runs").iterdir())[-1]
        return json.loads((newest / "journal.jsonl").read_text().splitlines()[-1].split(" ", 1)[1])

    def belay(self, *words):
        return self.run(str(self.home / "belay"), *words, directory="repository")


@pytest.mark.core
def test_a_user_of_the_group_docker_deploys_behind_an_edge(user):
    for version in ("1", "2"):
        user.commit(version)
        deployed = user.belay("deploy", "production")
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        assert urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10).read().decode() == version
    edge = next((user.live / ".belay" / "edge").iterdir())
    assert {file.stat().st_uid for file in edge.iterdir()} == {user.uid}
    assert user.belay("status", "production").returncode == 0


def test_files_of_root_in_the_live_directory_are_replaced_or_named(user):
    """As `sudo docker compose` and `sudo vim` leave them. The user may replace a file in a directory of their own, and none in one of root's."""
    user.commit("1")
    assert user.belay("deploy", "production").returncode == 0
    os.chown(user.live / "www/version", 0, 0)
    user.commit("2")
    deployed = user.belay("deploy", "production")
    assert deployed.returncode == 0 and (user.live / "www/version").read_text() == "2", deployed.stdout + deployed.stderr

    # Two places at once: a directory, and a file that may not even be kept aside. Both are named before anything serves otherwise.
    os.chown(user.live / "www", 0, 0)
    os.chown(user.live / "serve.sh", 0, 0)
    (user.live / "serve.sh").chmod(0o600)
    serving = run("docker", "ps", "-q", "--no-trunc", "--filter", "name=^belay-test-web$").out
    user.commit("3", serve=SERVE + "# changed\n")
    deployed = user.belay("deploy", "production")
    said = deployed.stdout + deployed.stderr
    assert deployed.returncode == 1 and f"{user.live}/www belongs to uid 0" in said and f"{user.live}/serve.sh belongs to uid 0" in said, said
    assert run("docker", "ps", "-q", "--no-trunc", "--filter", "name=^belay-test-web$").out == serving
    assert urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10).read().decode() == "2"
    os.chown(user.live / "serve.sh", user.uid, -1)
    os.chown(user.live / "www", user.uid, -1)
    assert user.belay("deploy", "production").returncode == 0
    assert (user.live / "www/version").read_text() == "3"


def test_another_account_is_told_whose_it_is(user):
    user.commit("1")
    assert user.belay("deploy", "production").returncode == 0
    user.commit("2")
    for words in (["status", "production"], ["plan", "production"], ["deploy", "production"], ["host", "recover", "--path", str(user.live)]):
        own = os.environ | {"HOME": "/root", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        refused = run(user.home / "belay", *words, cwd=user.home / "repository", env=own, check=False)
        assert refused.code == 2 and f"{user.live} belongs to the account {USER}" in refused.err + refused.out, refused
        assert f"deploy as {USER}" in refused.err + refused.out
    assert urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10).read().decode() == "1"


def test_recovery_at_boot_by_the_users_own_crontab(user):
    """By Debian's cron itself: it runs what a reboot runs when it is started first."""
    user.commit("1")
    assert user.belay("deploy", "production").returncode == 0
    run("crontab", "-u", USER, "-", stdin="# mine\n@daily true\n")
    try:
        for _ in range(2):
            installed = user.belay("host", "install", "production")
            assert installed.returncode == 0 and "by crontab" in installed.stdout, installed
        lines = run("crontab", "-u", USER, "-l").out.splitlines()
        assert lines[:2] == ["# mine", "@daily true"] and len(lines) == 3 and lines[2].startswith("@reboot "), lines
        assert "boot recovery" in user.belay("check", "production").stdout

        user.commit("2")
        user.loses_its_power("step-began:verify")
        assert user.journals_end()["type"] != "closed"
        cron = user.boots()
        try:
            wait_until("the boot has recovered it", lambda: user.journals_end()["type"] == "closed")
        finally:
            cron.kill()
            Path("/run/crond.reboot").unlink(missing_ok=True)
        assert user.journals_end()["outcome"] == "rolled-back"
        assert urllib.request.urlopen(f"http://127.0.0.1:{PORT}/version", timeout=10).read().decode() == "1"
    finally:
        run("crontab", "-u", USER, "-r", check=False)


def test_recovery_at_boot_by_the_users_own_systemd(user):
    user.commit("1")
    assert user.belay("deploy", "production").returncode == 0
    fake = FakeSystemd(user.home / "fake-systemd")
    state = (user.live / ".belay").readlink()

    def install():
        words = f"setpriv --reuid {user.uid} --clear-groups env PATH={fake.place}:$PATH HOME={user.home} {user.home}/belay host install --path {user.live}"
        return fake.run("cd / && " + words, check=False)

    installed = install()
    assert installed.code == 0 and "by systemd for this account" in installed.out, installed
    [unit] = (user.home / ".config/systemd/user").iterdir()
    assert f'ExecStart="{state}/bin/belay" host recover --path "{user.live}" --state "{state}" --boot\n' in unit.read_text()
    assert "User=" not in unit.read_text() and "WantedBy=default.target" in unit.read_text()
    assert fake.calls() == [
        "systemctl --user daemon-reload", f"systemctl --user enable {unit.name}", "loginctl enable-linger",
        f"systemd-run --user --wait --quiet --collect {state}/bin/belay version",
    ]
    unit.unlink()
    fake.refuse("loginctl")
    try:
        assert "by crontab" in install().out
        assert not list((user.home / ".config/systemd/user").iterdir())
    finally:
        run("crontab", "-u", USER, "-r", check=False)


def test_the_guard_has_a_scope_of_its_own_where_systemd_runs(user):
    user.commit("1")
    fake = FakeSystemd(user.home / "fake-systemd")
    words = f"setpriv --reuid {user.uid} --regid {user.uid} --groups {grp.getgrnam('docker').gr_gid} env PATH={fake.place}:$PATH HOME={user.home} {user.home}/belay "
    # Without lingering the account's own systemd ends after its last login, and would take the guard with it.
    deployed = fake.run(words + "deploy production", cwd=user.home / "repository", check=False)
    assert deployed.code == 0 and not any("--scope" in call for call in fake.calls()), (deployed, fake.calls())
    checked = fake.run(words + "check production", cwd=user.home / "repository", check=False)
    assert f"loginctl enable-linger {USER}" in checked.out, checked

    user.commit("2")
    deployed = fake.run(words + "deploy production", lingering=USER, cwd=user.home / "repository", check=False)
    assert deployed.code == 0, deployed
    [scope, guard] = [call.split(" --collect ")[1] for call in fake.calls() if call.startswith("systemd-run --user --scope --quiet --collect ")][-2:]
    assert scope == "true" and " host guard --path " in guard, fake.calls()

    fake.refuse("systemd-run")
    user.commit("3")
    deployed = fake.run(words + "deploy production", lingering=USER, cwd=user.home / "repository", check=False)
    assert deployed.code == 0, deployed
    checked = fake.run(words + "check production", lingering=USER, cwd=user.home / "repository", check=False)
    assert "systemd gives it no scope of its own" in checked.out and "fake systemd-run refuses" in checked.out, checked


NOBODY_S_UID = 54321


def test_an_account_without_docker_and_without_a_name_is_told_and_no_run_begins(user):
    """Nothing is left half-way where the very first look at Docker is refused; and a crontab that cannot be read hides nothing else."""
    user.commit("1")
    run("chown", "-R", str(NOBODY_S_UID), user.home)

    def belay(*words):
        return subprocess.run([user.home / "belay", *words], cwd=user.home / "repository", user=NOBODY_S_UID, group=NOBODY_S_UID, extra_groups=[],
                              env={"PATH": os.environ["PATH"], "HOME": str(user.home)}, capture_output=True, text=True, timeout=120)
    check, deploy = belay("check", "production"), belay("deploy", "production")
    for tried in (check, deploy):
        assert tried.returncode == 1, tried
        assert "permission denied" in tried.stdout + tried.stderr and "group docker" in tried.stdout + tried.stderr, tried
    assert "boot recovery" in check.stdout, check
    assert not list(user.home.glob(".local/state/belay/*/runs/*")), deploy
