"""One project, brought up by compose alone and by belay, in one place, one after the other."""
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import snapshot
from .compare import Difference, differences

LIMIT = 600  # seconds for one command: far beyond what it needs, a guard against hanging
GIT = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]


class NotAsCompose(Exception):
    """Compose alone does not bring the project up: the row is mistaken, not belay."""


class Trial:
    def __init__(self, project, engine, binary, work, versions=None, cache=None):
        self.versions, self.cache = versions, cache
        self.project, self.engine, self.binary = project, engine, binary
        self.place = project.place
        self.work = Path(work)
        self.live, self.repository, self.logs = Path(self.place.live), self.work / "repository", self.work / "log"
        self.found = []
        self.number = 0

    # ── acts ──

    def environment(self):
        own = {name: os.environ[name] for name in ("PATH", "DOCKER_HOST") if name in os.environ}
        return own | {"HOME": str(self.work / "home"), "TMPDIR": str(self.work / "tmp"), "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "TERM": "dumb",
                      "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "USER": "root",
                      "XDG_STATE_HOME": str(self.work / "home/.local/state")}

    def run(self, *argv, cwd, name=None):
        """(exit code, what it said). It is logged under `name`."""
        environment = self.environment() | {"PWD": str(cwd)}
        began = time.monotonic()
        process = subprocess.Popen([str(word) for word in argv], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
        try:
            said, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            said += f"\n(killed after {LIMIT} s)"
        if name:
            self.number += 1
            (self.logs / f"{self.number:02d}-{name}").write_text(f"$ {' '.join(map(str, argv))}\nexit {process.returncode} after {time.monotonic() - began:.2f} s\n{said}")
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

    # ── places ──

    def prepare(self):
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
        """The release's files, written over those that are there (the files stay the same ones, as an editor leaves them)."""
        write_tree(self.live, self.project.files(release))
        self.server_files()

    def server_files(self):
        for name, text in self.project.server_files().items():
            if not (self.live / name).exists():
                write_tree(self.live, {name: text})

    def empty_server(self):
        """Nothing of this place is there but what only the server has."""
        self.wipe()
        self.live.mkdir(parents=True)
        self.server_files()
        for name in self.project.outside("networks"):
            self.engine.ask("POST", "/networks/create", {"Name": name, "Labels": {"outside": "yes"}})
        for name in self.project.outside("volumes"):
            self.engine.ask("POST", "/volumes/create", {"Name": name, "Labels": {"outside": "yes"}})

    def wipe(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        containers = snapshot.own(self.engine, self.place)
        anonymous = {m["Name"] for c in containers for m in c["Mounts"] if m["Type"] == "volume" and snapshot.HEX64.fullmatch(m.get("Name", ""))}
        for container in containers:
            self.engine.remove_container(container["Id"])
        names = [v["Name"] for v in self.engine.volumes() if snapshot.is_ours(v["Name"], snapshot.project_of(v), self.place)]
        for name in [*names, *anonymous]:
            self.engine.remove_volume(name)
        for network in self.engine.networks():
            if snapshot.is_ours(network["Name"], snapshot.project_of(network), self.place):
                self.engine.remove_network(network["Id"])
        shutil.rmtree(self.live.parent, ignore_errors=True)
        for name in ("home", "tmp"):
            shutil.rmtree(self.work / name, ignore_errors=True)
            (self.work / name).mkdir(parents=True, exist_ok=True)
        state = Path("/var/lib/belay/production")
        if state.exists() and any(str(self.live) in read(file) for file in state.rglob("release.json")):
            shutil.rmtree(state)

    def remove_images(self):
        for name in self.engine.image_names():
            if name.startswith(self.place.prefix + "-") or name.startswith(self.place.prefix + "/") or name.startswith(self.place.prefix + ":"):
                self.engine.remove_image(name)

    def processes(self):
        """belay's own of this place."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if any(os.readlink(entry / link).startswith(f"{self.live.parent}/") for link in ("exe", "cwd")):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended while we looked
        return found

    # ── looking ──

    def settled(self, limit=90):
        """Waits until each container is up, listens on its ports and has spoken its HEALTHCHECK."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            if not any(snapshot.is_on_its_way(c["State"]) for c in snapshot.own(self.engine, self.place)):
                return
            time.sleep(0.1)

    def look(self):
        self.settled()
        found = snapshot.take(self.engine, self.place, self.project.edge)
        for name in self.project.accessories():
            found.pop(name, None)
        return found

    def mark(self, word):
        """Writes a file into each volume and each writable directory, as an application would."""
        for container in snapshot.own(self.engine, self.place):
            for mount in container["Mounts"]:
                inside = mount.get("Source", "").startswith(str(self.live.parent)) or mount["Type"] == "volume"
                if not mount["RW"] or not inside or mount["Destination"].startswith("/run/secrets"):
                    continue
                folder = f"/proc/{container['State']['Pid']}/root{mount['Destination']}" if container["State"]["Running"] else mount["Source"]
                if os.path.isdir(folder) and not os.path.isdir(os.path.join(folder, ".git")) and "belay.yml" not in os.listdir(folder):
                    with open(os.path.join(folder, f"kept-{word}"), "w", encoding="utf-8") as file:
                        file.write(f"written while {word} ran\n")

    def differs(self, phase, path, text):
        self.found.append(Difference(phase, path, text))

    # ── compose alone ──

    def by_hand(self):
        """What compose leaves: after release 1, after release 2, the same once the application has written more, and after release 1 again."""
        left = []
        self.empty_server()
        for step, release in enumerate((1, 2, 1)):
            self.put_by_hand(release)
            self.up_by_hand(f"compose-up-{release}")
            left.append(self.look())
            self.mark(f"step-{step + 1}")
            if step == 1:
                left.append(self.look())
        return left

    def up_by_hand(self, name):
        """On a busy machine Compose 2.26 gives its own builder up after five seconds: typed again, as one would."""
        for _ in range(4):
            code, said = self.compose(name, "up", "-d", "--build", "--remove-orphans")
            if "DeadlineExceeded" not in said:
                break
        if code:
            raise NotAsCompose(last_words(said))

    def reference(self):
        """by_hand(), kept in the cache: it depends on the project, its place, and the versions of compose and Engine only."""
        if self.cache is None:
            return self.by_hand()
        key = snapshot.short_hash(json.dumps([self.project.files(1), self.project.files(2), self.project.server_files(), str(self.live), self.project.edge, self.versions], sort_keys=True))
        file = self.cache / f"{key}.json"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            left = self.by_hand()
            file.with_suffix(".new").write_text(json.dumps(left))
            file.with_suffix(".new").rename(file)
        return json.loads(file.read_text())

    # ── belay ──

    def deploy(self, phase, release, expected, *, check=False):
        self.git("checkout", "-q", f"r{release}")
        if check:
            code, said = self.belay("check", "check", "production")
            if code:
                self.differs(phase, "(check)", f"exit {code}: {reason(said)}")
        before = self.untouchable()
        code, said = self.belay(f"deploy-{release}", "deploy", "production")
        if code:
            self.differs(phase, "(deploy)", f"exit {code}: {reason(said)}")
            return False
        self.compare(phase, expected, before)
        return True

    def fail(self, phase, expected):
        """A release that dies is undone."""
        self.git("checkout", "-q", "r3")
        before = self.untouchable()
        code, said = self.belay("deploy-3", "deploy", "production")
        if code != 1:
            self.differs(phase, "(deploy)", f"exit {code}, not 1: {reason(said)}")
        self.compare(phase, expected, before)

    def back(self, phase, expected):
        before = self.untouchable()
        code, said = self.belay("rollback", "rollback", "production")
        if code:
            self.differs(phase, "(rollback)", f"exit {code}: {reason(said)}")
            return False
        self.compare(phase, expected, before)
        return True

    def untouchable(self):
        accessories = set(self.project.accessories())
        return {**snapshot.strangers(self.engine, self.place), **{id: entry for id, entry in snapshot.identities(self.engine, self.place).items() if entry[0] in accessories}}

    def compare(self, phase, expected, before):
        self.found += differences(phase, expected, self.look())
        after = self.untouchable()
        for key, entry in before.items():
            if after.get(key) != entry:
                name = entry[0] if isinstance(entry[0], str) and key not in after else key
                self.differs(phase, str(name), f"not released, and {'touched' if key in after else 'gone'}")
        self.recreates_nothing(phase)

    def recreates_nothing(self, phase):
        """A plain `docker compose up -d` in the live directory leaves all containers as they are."""
        before = snapshot.identities(self.engine, self.place)
        code, said = self.compose("plain-up", "up", "-d")
        if code:
            self.differs(phase, "(plain up)", f"exit {code}: {last_words(said)}")
            return
        self.settled()
        after = snapshot.identities(self.engine, self.place)
        released = set(self.project.made_of) | {"pulse"}
        for id, entry in before.items():
            if after.get(id) != entry:
                self.differs(phase, entry[0], "a plain `docker compose up -d` starts it again" if id in after else "a plain `docker compose up -d` recreates it")
        for id, entry in after.items():
            if id not in before and entry[0] in released and not any(old[0] == entry[0] for old in before.values()) and entry[0] not in self.project.accessories():
                self.differs(phase, entry[0], "belay left none; a plain `docker compose up -d` creates it")

    # ── the whole ──

    def run_all(self, *, stop_early=False):
        """[Difference] of all phases; empty: as compose does. NotAsCompose when compose itself refuses the project."""
        self.prepare()
        try:
            self.empty_server()
            refused = self.project.refused_by()
            if refused and refused[0] == "belay":
                self.refused_by_belay(refused[1])
                return self.found
            if refused and self.compose_refuses(refused[1]):
                self.refused_by_both(refused[1])
                return self.found
            hand = self.reference()
            self.empty_server()
            went = self.deploy("first deployment", 1, hand[0], check=True)
            self.mark("step-1")
            if went and not (stop_early and self.found):
                went = self.deploy("next release", 2, hand[1])
                self.mark("step-2")
                if went and not (stop_early and self.found):
                    self.fail("failed release undone", hand[2])
                    if not (stop_early and self.found):
                        self.back("rollback", hand[3])
            if not (stop_early and self.found):
                self.over_a_stack_by_hand(hand, stop_early)
            return self.found
        finally:
            self.wipe()
            self.remove_images()

    def by_compose_only(self):
        """Whether the row shows what it means to: compose takes it, and what runs is there."""
        self.prepare()
        try:
            self.empty_server()
            if (refused := self.project.refused_by()) and (refused[0] == "belay" or self.compose_refuses(refused[1])):
                return self.found
            for left in self.reference():
                for service, containers in left.items():
                    for number, container in containers.items():
                        if service[0] != "(" and number != "count" and container["State"].startswith(("restarting", "created", "dead", "running, unhealthy")):
                            self.differs("compose alone", service, container["State"])
            return self.found
        finally:
            self.wipe()
            self.remove_images()

    def over_a_stack_by_hand(self, hand, stop_early):
        self.empty_server()
        self.put_by_hand(1)
        self.up_by_hand("compose-up-before")
        self.settled()
        self.mark("step-1")
        if self.deploy("over a stack started by hand", 2, hand[1]):
            self.mark("step-2")
            if not (stop_early and self.found):
                self.back("back to what was started by hand", hand[3])

    def refused_by_belay(self, says):
        """belay says no, and why, and touches nothing."""
        self.git("checkout", "-q", "r1")
        before = (snapshot.identities(self.engine, self.place), tree(self.live))
        for command in ("check", "plan", "deploy"):
            self.says_no(command, says)
        if before != (snapshot.identities(self.engine, self.place), tree(self.live)):
            self.differs("refused", "(deploy)", "something was touched")

    def says_no(self, command, says):
        code, said = self.belay(f"{command}-refused", command, "production")
        if code == 0:
            self.differs("refused", f"({command})", "exit 0: it was not refused")
        elif not re.search(says, said, re.I):
            self.differs("refused", f"({command})", f"does not say {says!r}: {reason(said)}")

    def compose_refuses(self, says):
        """Whether it does so on this machine (another may have the hardware)."""
        self.put_by_hand(1)
        code, said = self.compose("compose-up-1", "up", "-d", "--build", "--remove-orphans")
        if code and not re.search(says, said, re.I):
            raise NotAsCompose(f"compose does not say {says!r}: {last_words(said)}")
        return code != 0

    def refused_by_both(self, says):
        """Neither brings it up; belay says what compose said, and leaves nothing behind."""
        self.empty_server()
        self.git("checkout", "-q", "r1")
        self.says_no("deploy", says)
        left = snapshot.identities(self.engine, self.place)
        if left:
            self.differs("refused", "(deploy)", f"left behind: {', '.join(sorted(entry[1] for entry in left.values()))}")


def write_tree(folder, files):
    for name, text in files.items():
        file = Path(folder) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in Path(folder).rglob("*") if ".belay" not in path.parts)


def read(file):
    try:
        return Path(file).read_text(errors="replace")
    except OSError:
        return ""


def last_words(said):
    return " / ".join(line.strip() for line in said.splitlines() if line.strip())[-500:]


def reason(said):
    """The words of a refusal or a failure: the first lines that say so."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    marked = [line for line in lines if re.match(r"(✗|×|error|Error|because|↩)", line)]
    start = lines.index(marked[0]) if marked else max(0, len(lines) - 4)
    return " / ".join(lines[start:start + 5])[:500]
