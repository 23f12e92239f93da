"""An sshd of Debian's on a loopback port, for one account and with keys of its own."""
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from belay_world.commands import run, wait_until


class PlainSshd:
    def __init__(self, port, account="root", more="", logs_in=None):
        """`logs_in`: another sshd, whose login key opens this one, too."""
        self.port, self.account = port, account
        self.place = Path(tempfile.mkdtemp(prefix="belay-sshd-"))
        self.place.chmod(0o755)
        for name in ("host_key", "login_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.place / name)
        shutil.copy((logs_in or self).place / "login_key.pub", self.place / "authorized_keys")
        (self.place / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{port}\nHostKey {self.place}/host_key\nPidFile none\nAuthorizedKeysFile {self.place}/authorized_keys\n"
            f"AllowUsers {account}\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nLogLevel VERBOSE\n{more}")
        self.start()

    def start(self):
        os.makedirs("/run/sshd", exist_ok=True)
        self.log = self.place / "log"
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", self.place / "sshd_config", "-E", self.log], stdin=subprocess.DEVNULL)
        wait_until("sshd listens", lambda: self.log.exists() and "Server listening" in self.log.read_text())

    @property
    def key(self):
        return (self.place / "login_key").read_text()

    @property
    def fingerprint(self):
        return run("ssh-keygen", "-lf", self.place / "host_key.pub").out.split()[1]

    def logins(self):
        return self.log.read_text().count("Accepted publickey")

    def known_hosts_line(self):
        return f"[127.0.0.1]:{self.port} {' '.join((self.place / 'host_key.pub').read_text().split()[:2])}\n"

    def ssh_config(self):
        return ["HostName 127.0.0.1", f"Port {self.port}", f"User {self.account}", f"IdentityFile {self.place}/login_key", "IdentitiesOnly yes"]

    def close(self):
        for child in run("ps", "-o", "pid=", "--ppid", self.process.pid, check=False).out.split():
            run("kill", child, check=False)
        self.process.terminate()
        self.process.wait(20)
        shutil.rmtree(self.place)


class Account:
    """An account of this machine, with a home and no right but those of `groups`."""

    def __init__(self, name, groups=()):
        run("userdel", "-f", name, check=False)  # of a run that was ended from outside
        self.name, self.home = name, Path(tempfile.mkdtemp(prefix=f"{name}-"))
        run("useradd", "--home-dir", self.home, "--no-create-home", "--shell", "/bin/sh", "--password", "*", "--groups", ",".join(groups), name)
        self.uid, self.gid = pwd.getpwnam(name).pw_uid, pwd.getpwnam(name).pw_gid
        os.chown(self.home, self.uid, self.gid)
        self.home.chmod(0o755)

    def close(self):
        run("userdel", "-f", self.name, check=False)
        shutil.rmtree(self.home)
