"""The ground a project is tried on: its repository, its live directory, its home; what is typed there, and clearing it again."""
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from belay_world.state import state_of

from . import snapshot

LIMIT = 600  # seconds for one command: far beyond what it needs, a guard against hanging
REMOVED_AT_ONCE = 4
GIT = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]


class Ground:
    def __init__(self, project, engine, binary, work):
        self.project, self.engine, self.binary = project, engine, binary
        self.place = project.place
        self.work = Path(work)
        self.live, self.repository, self.logs = Path(self.place.live), self.work / "repository", self.work / "log"
        self.number = 0  # of the command, for its log

    # ── what is typed ──

    def environment(self):
        """Nothing of the caller's but where programs and the Engine are."""
        own = {name: os.environ[name] for name in ("PATH", "DOCKER_HOST") if name in os.environ}
        own |= {"HOME": str(self.work / "home"), "TMPDIR": str(self.work / "tmp"), "USER": "root", "LC_ALL": "C.UTF-8"}
        return own | {"NO_COLOR": "1", "TERM": "dumb", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}

    def run(self, *argv, cwd, name=None):
        """(exit code, what it said). It is logged under `name`."""
        argv = [str(word) for word in argv]
        began = time.monotonic()
        process = subprocess.Popen(
            argv, cwd=cwd, env=self.environment() | {"PWD": str(cwd)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        )
        try:
            said, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            said += f"\n(killed after {LIMIT} s)"
        if name:
            self.number += 1
            head = f"$ {' '.join(argv)}\nexit {process.returncode} after {time.monotonic() - began:.2f} s\n"
            (self.logs / f"{self.number:02d}-{name}").write_text(head + said)
        return process.returncode, said

    def compose(self, name, *arguments):
        folder = self.live / os.path.dirname(self.project.main)
        return self.run("docker", "compose", *self.project.by_hand, *arguments, cwd=folder, name=name)

    def belay(self, name, *arguments):
        return self.run(self.binary, *arguments, cwd=self.repository, name=name)

    def git(self, *arguments):
        code, said = self.run(*GIT, *arguments, cwd=self.repository)
        if code:
            raise RuntimeError(f"git {' '.join(arguments)}: {said}")

    # ── what lies there ──

    def prepare(self):
        """A repository with the three releases, r1 to r3."""
        shutil.rmtree(self.work, ignore_errors=True)
        for folder in ("home", "tmp", "log", "repository"):
            (self.work / folder).mkdir(parents=True)
        self.git("init", "-q")
        for release in (1, 2, 3):
            for entry in self.repository.iterdir():
                if entry.name != ".git":
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
            write_tree(self.repository, self.project.files(release))
            self.git("add", "-A")
            self.git("commit", "-q", "-m", f"release {release}")
            self.git("tag", f"r{release}")

    def put_by_hand(self, release):
        """The release's files. One that changes is another file in the place of the first, as rsync and git leave it. What only a later
        release brought goes, as with `git checkout` of the one before."""
        files = self.project.files(release)
        for name in self.project.files(2).keys() - files.keys() if release == 1 else ():
            (self.live / name).unlink(missing_ok=True)
        write_tree(self.live, files)
        self.put_server_files()

    def put_server_files(self):
        for name, text in self.project.server_files().items():
            if not (self.live / name).exists():
                write_tree(self.live, {name: text})

    def empty_server(self):
        """Nothing of this place is there but what only the server has."""
        self.wipe()
        self.live.mkdir(parents=True)
        self.put_server_files()
        for name in self.project.outside("networks"):
            self.engine.ask("POST", "/networks/create", {"Name": name, "Labels": {"outside": "yes"}})
        for name in self.project.outside("volumes"):
            self.engine.ask("POST", "/volumes/create", {"Name": name, "Labels": {"outside": "yes"}})

    # ── clearing ──

    def wipe(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended while we looked
        containers = snapshot.own(self.engine, self.place)
        volumes = snapshot.anonymous_volumes(containers)
        with ThreadPoolExecutor(REMOVED_AT_ONCE) as pool:
            list(pool.map(self.engine.remove_container, [container["Id"] for container in containers]))
        volumes |= {volume["Name"] for volume in self.engine.volumes() if snapshot.is_ours(volume, self.place)}
        for name in volumes:
            self.engine.remove_volume(name)
        for network in self.engine.networks():
            if snapshot.is_ours(network, self.place):
                self.engine.remove_network(network["Id"])
        self.remove_kept_images()
        for folder in (self.live.parent, self.work / "home", self.work / "tmp", state_of(self.live)):
            shutil.rmtree(folder, ignore_errors=True)
        for name in ("home", "tmp"):
            (self.work / name).mkdir(parents=True)

    def remove_kept_images(self):
        """Those that belay keeps under names of its own, for releases of this place."""
        for file in state_of(self.live).rglob("release.json"):
            for name in snapshot.KEPT_IMAGE.findall(text_of(file)):
                self.engine.remove_image(name)

    def remove_images(self):
        for name in self.engine.image_names():
            if name.startswith(tuple(self.place.prefix + end for end in ("-", "/", ":"))):
                self.engine.remove_image(name)

    def processes(self):
        """belay's own of this place."""
        found, ours = [], tuple(f"{folder}/" for folder in (self.live.parent, state_of(self.live)))
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if any(os.readlink(entry / link).startswith(ours) for link in ("exe", "cwd")):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended while we looked
        return found


def write_tree(folder, files):
    for name, text in files.items():
        file = Path(folder) / name
        if file.is_file() and file.read_text() == text:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.write_text(text)
        part.rename(file)


def text_of(file):
    try:
        return Path(file).read_text(errors="replace")
    except OSError:
        return ""  # a directory, or gone
