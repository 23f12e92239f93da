"""One project, brought up by compose alone and by belay, in one place, one after the other."""
import json
import os
import re
import time

from . import snapshot
from .compare import Difference, differences
from .ground import Ground

# A whole container is on its way for some seconds only; a guard against hanging.
SETTLES = 90
# What is typed by hand, and in which files; another one when that changes: what compose alone leaves is kept.
BY_HAND = "5: says in which order; what what the next release leaves running; a changed file is another one; going back removes what only the later release brought"
LEFT_RUNNING = "(left running)"


class NotAsCompose(Exception):
    """Compose alone does not bring the project up: the row is mistaken, not belay."""


class Trial(Ground):
    def __init__(self, project, engine, binary, work, machine, versions, cache):
        super().__init__(project, engine, binary, work)
        self.machine, self.versions, self.cache = machine, versions, cache
        self.found = []  # differences
        self.scaled = set()  # services that have several containers at some time

    def run_all(self, early, over_by_hand=True):
        """[Difference] of all phases, or with `early` of the first phase that has some; empty: as compose does. The last two
        phases start from a stack that was brought up by hand, unless `over_by_hand` leaves them out."""
        self.prepare()
        try:
            self.empty_server()
            who, says = self.project.refused_by() or (None, None)
            if who == "belay":
                self.refused_by_belay(says)
            elif who == "compose" and self.compose_refuses(says):
                self.refused_by_both(says)
            else:
                self.all_phases(early, over_by_hand)
            return self.found
        finally:
            self.wipe()
            self.remove_images()

    def by_compose_only(self):
        """Whether the row shows what it means to: compose takes it, and what runs is well."""
        self.prepare()
        try:
            self.empty_server()
            who, says = self.project.refused_by() or (None, None)
            if who != "belay" and not (who == "compose" and self.compose_refuses(says)):
                for left in self.reference():
                    self.all_well(left)
            return self.found
        finally:
            self.wipe()
            self.remove_images()

    def all_phases(self, early, over_by_hand):
        reference = self.reference()
        self.scaled = snapshot.scaled(reference)
        first, first_later, second, second_later, first_again = (snapshot.without_numbers(one, self.scaled) for one in reference)
        phases = [
            lambda: self.first_deployment(first),
            lambda: self.next_release(second),
            lambda: self.failed_release_undone(second_later),
            lambda: self.rollback(first_again),
        ]
        if says := self.project.refused_then(self.machine):
            phases = [phases[0], lambda: self.refused_by_belay(says, 2)]
        elif over_by_hand:
            # What belay did not bring goes on running, as after `up` without --remove-orphans.
            orphans = {service: first_later[service] for service in self.project.services_that_go() if service in first_later}
            goes_on = {LEFT_RUNNING: sorted(second.get(LEFT_RUNNING, []) + list(orphans))}
            phases += [lambda: self.over_a_stack_by_hand(second | orphans | goes_on), lambda: self.back_to_the_stack_by_hand(first_again)]
        for phase in phases:
            if (early and self.found) or not phase():
                return

    # ── compose alone ──

    def by_hand(self):
        """What compose leaves after release 1 and after release 2, of both the same once the application has written more, and after
        release 1 again. The server is empty before."""
        left = []
        for step, release in enumerate((1, 2, 1), 1):
            before = self.identities()
            self.put_by_hand(release)
            self.up_by_hand(f"compose-up-{release}")
            left.append(self.look())
            if step == 2:
                left[-1][LEFT_RUNNING] = self.left_running(before)
            self.mark(f"step-{step}")
            if step < 3:
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
        """by_hand(), kept: it depends on the project, its place, and the versions of compose and Engine only."""
        files = [self.project.files(1), self.project.files(2), self.project.server_files()]
        key = snapshot.short_hash(json.dumps([BY_HAND, files, str(self.live), self.project.edge, self.versions], sort_keys=True))
        file = self.cache / f"{key}.json"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            left = self.by_hand()
            file.with_suffix(".new").write_text(json.dumps(left))
            file.with_suffix(".new").rename(file)
        self.empty_server()
        return json.loads(file.read_text())

    def all_well(self, left):
        for service, containers in left.items():
            for number, container in containers.items():
                if service[0] != "(" and number != "count":
                    if container["State"].startswith(("restarting", "created", "dead", "running, unhealthy")):
                        self.differs("compose alone", service, container["State"])

    # ── the phases: whether the next one can follow ──

    def first_deployment(self, expected):
        self.git("checkout", "-q", "r1")
        code, said = self.belay("check", "check", "production")
        if code:
            self.differs("first deployment", "(check)", f"exit {code}: {reason(said)}")
        went = self.deploy("first deployment", 1, expected)
        self.mark("step-1")
        return went

    def next_release(self, expected):
        went = self.deploy("next release", 2, expected)
        self.mark("step-2")
        return went

    def failed_release_undone(self, expected):
        self.git("checkout", "-q", "r3")
        before = self.untouchable()
        code, said = self.belay("deploy-3", "deploy", "production")
        if code != 1:
            self.differs("failed release undone", "(deploy)", f"exit {code}, not 1: {reason(said)}")
        self.compare("failed release undone", expected, before)
        return True

    def rollback(self, expected):
        self.go_back("rollback", expected)
        return True

    def over_a_stack_by_hand(self, expected):
        self.empty_server()
        self.put_by_hand(1)
        self.up_by_hand("compose-up-before")
        self.settled()
        self.mark("step-1")
        went = self.deploy("over a stack started by hand", 2, expected)
        self.mark("step-2")
        return went

    def back_to_the_stack_by_hand(self, expected):
        return self.go_back("back to what was started by hand", expected)

    # ── their parts ──

    def deploy(self, phase, release, expected):
        self.git("checkout", "-q", f"r{release}")
        before, running = self.untouchable(), self.identities()
        code, said = self.belay(f"deploy-{release}", "deploy", "production")
        if code:
            self.differs(phase, "(deploy)", f"exit {code}: {reason(said)}")
            return False
        self.compare(phase, expected, before, running)
        return True

    def go_back(self, phase, expected):
        before = self.untouchable()
        code, said = self.belay("rollback", "rollback", "production")
        if code:
            self.differs(phase, "(rollback)", f"exit {code}: {reason(said)}")
            return False
        self.compare(phase, expected, before)
        return True

    def compare(self, phase, expected, before, running=None):
        left = snapshot.without_numbers(self.look(), self.scaled)
        if LEFT_RUNNING in expected:
            left[LEFT_RUNNING] = expected[LEFT_RUNNING] if self.project.edge else self.left_running(running)
        self.found += differences(phase, expected, left)
        after = self.untouchable()
        for key, entry in before.items():
            if after.get(key) != entry:
                self.differs(phase, entry.service, f"not released, and {'touched' if key in after else 'gone'}")
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
        for id, was in before.items():
            if id not in after:
                self.differs(phase, was.service, "a plain `docker compose up -d` recreates it")
            elif was.started and after[id] != was:
                self.differs(phase, was.service, "a plain `docker compose up -d` starts it again")
        there = {was.service for was in before.values()} | set(self.project.accessories())
        for now in after.values():
            if now.service not in there:
                self.differs(phase, now.service, "belay left none; a plain `docker compose up -d` creates it")

    # ── looking ──

    def settled(self):
        """Waits until each container is up, listens on its ports and has spoken its HEALTHCHECK."""
        until = time.monotonic() + SETTLES
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

    def identities(self):
        return snapshot.identities(self.engine, self.place)

    def left_running(self, before):
        """The released services whose containers all go on as they were: same id, never stopped. Behind an edge all take part in its turn."""
        now = self.identities()
        kept = {one.service for id, one in before.items() if one.started and now.get(id) == one}
        made_anew = {one.service for id, one in now.items() if before.get(id) != one}
        return sorted(kept - made_anew - set(self.project.accessories()))

    def untouchable(self):
        """{id: identity} of what belay must leave alone."""
        accessories = set(self.project.accessories())
        own = snapshot.identities(self.engine, self.place)
        return snapshot.strangers(self.engine, self.place) | {id: one for id, one in own.items() if one.service in accessories}

    def mark(self, word):
        """Writes a file into each volume and each writable directory, as an application would."""
        for container in snapshot.own(self.engine, self.place):
            for mount in container["Mounts"]:
                inside = mount["Type"] == "volume" or mount.get("Source", "").startswith(str(self.live.parent))
                if not mount["RW"] or not inside or "stranger" in mount.get("Name", ""):
                    continue
                folder = mount["Source"]
                if container["State"]["Running"]:
                    folder = f"/proc/{container['State']['Pid']}/root{mount['Destination']}"
                if os.path.isdir(folder):
                    with open(os.path.join(folder, f"kept-{word}"), "w", encoding="utf-8") as file:
                        file.write(f"written at {word}\n")

    def differs(self, phase, path, text):
        self.found.append(Difference(phase, path, text))

    # ── refusals ──

    def refused_by_belay(self, says, release=1):
        """belay says no, and why, and touches nothing."""
        self.git("checkout", "-q", f"r{release}")
        before = self.everything()
        for command in ("check", "plan", "deploy"):
            self.says_no(command, says)
        if before != self.everything():
            self.differs("refused", "(deploy)", "something was touched")

    def everything(self):
        live = sorted(str(path) for path in self.live.rglob("*") if ".belay" not in path.parts)
        return snapshot.identities(self.engine, self.place), live

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
        self.empty_server()
        return code != 0

    def refused_by_both(self, says):
        """Neither brings it up; belay says what compose said, and leaves nothing that runs: a first release that failed stays,
        stopped, to be looked at."""
        self.git("checkout", "-q", "r1")
        self.says_no("deploy", says)
        left = sorted(one.name for one in snapshot.identities(self.engine, self.place).values() if one.started)
        if left:
            self.differs("refused", "(deploy)", f"left running: {', '.join(left)}")


def last_words(said):
    return " / ".join(line.strip() for line in said.splitlines() if line.strip())[-500:]


def reason(said):
    """The words of a refusal or a failure: the first lines that say so."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    marked = [line for line in lines if re.match(r"(✗|×|error|Error|because|↩)", line)]
    start = lines.index(marked[0]) if marked else max(0, len(lines) - 4)
    return " / ".join(lines[start : start + 5])[:500]
