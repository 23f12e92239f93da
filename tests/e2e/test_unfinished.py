"""A disk that is full to the last byte: what serves is started all the same, and what could not be written is done once there is room."""
import threading

import pytest

from away import BAD, Away
from belay_world.commands import run, wait_until
from belay_world.state import state_of


class FullDisk:
    """Keeps the disks of the live directory and of the state full: what is given back is taken at once."""

    def __init__(self, *disks):
        self.paths, self.ended = [disk / "filler" for disk in disks], threading.Event()
        self.fill()
        self.thread = threading.Thread(target=self.keep_full)
        self.thread.start()

    def fill(self):
        for path in self.paths:
            with open(path, "ab", buffering=0) as filler:
                for size in (1 << 20, 4096, 1):
                    try:
                        while not self.ended.is_set():
                            filler.write(b"x" * size)
                    except OSError:
                        continue

    def keep_full(self):
        while not self.ended.wait(0.01):
            self.fill()

    def make_room(self):
        self.ended.set()
        self.thread.join()
        for path in self.paths:
            path.unlink(missing_ok=True)


@pytest.fixture
def small(own_engine):
    away = Away(own_engine, megabytes=768)
    try:
        away.put_in_service()
        yield away
    finally:
        away.close()


def held_on_a_full_disk(small, point):
    deploying = small.begin(point)
    full = FullDisk(small.live, state_of(small.live))
    small.hold()
    return deploying, full


def closed(small):
    return [record for record in small.records() if record["type"] == "closed"]


@pytest.mark.core
def test_what_settle_cannot_write_is_told_and_done_by_the_guard_once_there_is_room(small):
    small.commit(2)
    deploying, full = held_on_a_full_disk(small, "committed")
    try:
        ended = deploying.wait()
        assert ended.code == 5 and "Not all of it is finished" in ended.out and "No space left" in ended.out, ended
        assert small.version_that_runs() == "2" or small.candidate_runs("2"), ended
        assert closed(small)[-1]["unfinished"]
        assert small.policies() == {"unless-stopped"}, "after a reboot it runs again"
    finally:
        full.make_room()
    wait_until("the guard has finished it", lambda: not closed(small)[-1]["unfinished"], 60)
    assert small.version_that_runs() == "2" and small.restart_policy() == "unless-stopped"
    assert closed(small)[-1]["outcome"] == "deployed"


def test_the_next_command_finishes_it_too(small):
    small.commit(2)
    deploying, full = held_on_a_full_disk(small, "committed")
    try:
        assert deploying.wait().code == 5
        small.wait_for_the_guard()
        again = small.start("host", "recover", "--path", str(small.live)).wait()
        assert again.code == 5 and "not finished" in again.out, again
    finally:
        full.make_room()
    recovered = small.start("host", "recover", "--path", str(small.live)).wait()
    assert recovered.code == 0 and small.version_that_runs() == "2", recovered
    nothing = small.start("host", "recover", "--path", str(small.live)).wait()
    assert nothing.code == 0 and "nothing to recover" in nothing.out, nothing


@pytest.mark.parametrize("point", ["step-began:switch", "noted:switch:stops"])
def test_going_back_needs_no_room(small, point):
    small.commit(2, command=BAD)
    deploying, full = held_on_a_full_disk(small, point)
    try:
        ended = deploying.wait()
        assert ended.code in (1, 5) and small.version_that_runs() == "1", ended
        assert small.restart_policy() == "unless-stopped"
    finally:
        full.make_room()
    wait_until("all of it is undone", lambda: not closed(small)[-1]["unfinished"], 60)
    assert small.version_that_runs() == "1"
    assert run("docker", "ps", "-aq", env=small.engine.environment).out.count("\n") == 1


def test_a_deployment_does_not_wait_for_what_another_left_unfinished(small):
    small.commit(2)
    deploying, full = held_on_a_full_disk(small, "committed")
    try:
        assert deploying.wait().code == 5
        small.wait_for_the_guard()
    finally:
        full.make_room()
    small.commit(3)
    ended = small.start_deployment().wait()
    assert ended.code == 0 and small.version_that_runs() == "3", ended
