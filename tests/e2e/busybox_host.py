"""A host as Alpine makes it: busybox and dropbear, no bash, no getent, no GNU tool, and a /tmp from which no program may be run."""
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from belay_world.commands import run, wait_until
from belay_world.state import state_of

from elsewhere import engine_is_ready

LIVE = Path("/srv/belay-test-busybox")
# Where belay may keep things that containers mount: the Engine, which is outside, has to see them under the same name.
NOEXEC = LIVE / "noexec"  # a live directory whose state lies on a disk from which no program may be run
SHARED = [LIVE, Path("/var/lib/belay")]


class BusyboxHost:
    """A directory as root, in a mount namespace of its own; the Engine is the machine's, by its socket."""

    def __init__(self, port):
        engine_is_ready()
        self.port, self.root = port, Path(tempfile.mkdtemp(prefix="belay-busybox-"))
        for name in ("bin", "etc/dropbear", "dev", "proc", "run", "tmp", "root/.ssh", "usr/bin", "usr/sbin", "lib", "lib64", "var", "usr/libexec/docker/cli-plugins"):
            (self.root / name).mkdir(parents=True)
        (self.root / "var/run").symlink_to("../run")
        self.install_busybox()
        for program in ("docker", "rsync", "dropbear"):
            self.install(shutil.which(program), self.root / ("usr/sbin" if program == "dropbear" else "usr/bin") / program)
        for plugin in run("docker", "info", "--format", "{{range .ClientInfo.Plugins}}{{.Path}} {{end}}").out.split():
            self.install(plugin, self.root / "usr/libexec/docker/cli-plugins" / Path(plugin).name)
        self.install_libraries(Path(os.environ.get("BELAY_BINARY", "/bin/true")))
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        (self.root / "etc/group").write_text("root:x:0:\n")
        (self.root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        self.make_keys()
        self.start()

    def install_busybox(self):
        shutil.copy("/bin/busybox" if Path("/bin/busybox").exists() else "/usr/bin/busybox", self.root / "bin/busybox")
        for applet in run(self.root / "bin/busybox", "--list").out.split():
            if applet != "busybox":
                (self.root / "bin" / applet).symlink_to("busybox")

    def install(self, program, to):
        shutil.copy(program, to)
        self.install_libraries(program)

    def install_libraries(self, program):
        for line in run("ldd", program, check=False).out.splitlines():
            for word in line.split():
                if word.startswith("/") and not (self.root / word[1:]).exists():
                    (self.root / word[1:]).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(word, self.root / word[1:])

    def make_keys(self):
        run("dropbearkey", "-t", "ed25519", "-f", self.root / "etc/dropbear/host_key")
        shown = run("dropbearkey", "-y", "-f", self.root / "etc/dropbear/host_key").out
        self.host_key = next(line for line in shown.splitlines() if line.startswith("ssh-ed25519 ")).rsplit(" ", 1)[0]
        self.login_key = self.root.with_name(self.root.name + ".key")
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.login_key)
        shutil.copy(f"{self.login_key}.pub", self.root / "root/.ssh/authorized_keys")
        for name in ("root", "root/.ssh", "root/.ssh/authorized_keys"):
            (self.root / name).chmod(0o700)
        self.root.chmod(0o755)

    def start(self):
        mounts = [f"mount -t proc proc {self.root}/proc", f"mount --rbind /dev {self.root}/dev", f"mount -t tmpfs -o noexec,mode=1777 tmpfs {self.root}/tmp",
                  f"touch {self.root}/run/docker.sock", f"mount --bind /var/run/docker.sock {self.root}/run/docker.sock"]
        for shared in SHARED:
            shared.mkdir(parents=True, exist_ok=True)
            mounts += [f"mkdir -p {self.root}{shared}", f"mount --bind {shared} {self.root}{shared}"]
        state = f"{self.root}{state_of(NOEXEC)}"
        mounts += [f"mkdir -p {state}", f"mount -t tmpfs -o noexec tmpfs {state}"]
        command = f"exec chroot {self.root} /usr/sbin/dropbear -F -E -s -p 127.0.0.1:{self.port} -r /etc/dropbear/host_key"
        self.log = self.root.with_name(self.root.name + ".log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-euc", "\n".join([*mounts, command])],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until("dropbear listens", lambda: "Not backgrounding" in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()

    def known_hosts_line(self):
        return f"[127.0.0.1]:{self.port} {self.host_key}\n"

    def ssh_config(self):
        return ["HostName 127.0.0.1", f"Port {self.port}", f"IdentityFile {self.login_key}", "IdentitiesOnly yes"]

    def processes(self):
        """All that runs with this root."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.readlink(entry / "root") == str(self.root):
                    found.append(int(entry.name))
        return found

    def close(self):
        while found := self.processes():
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.2)
        shutil.rmtree(self.root)
        shutil.rmtree(LIVE)
        state_of(NOEXEC).rmdir()
        for file in self.root.parent.glob(self.root.name + ".*"):
            file.unlink()
