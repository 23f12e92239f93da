"""The gate: nothing else starts unless it passes, and it tests what is shipped."""
import os
import re
import signal

import pytest
from belay_world.commands import run, wait_until

# A number that no other program of this machine sleeps for.
LONG = 600_000 + os.getpid()
EXAMPLE_GATE = "test:                                  # the gate\n  - npm ci\n  - parallel: [npm run lint, npm run typecheck, npm test]\n"


def gate(scenario, *lines):
    scenario.configure(EXAMPLE_GATE, "test:\n" + "".join(f"  - {line}\n" for line in lines))
    scenario.without_migration()


def only_belay_arrived(deployed):
    """The login is tried before the tests, and belay is sent along; nothing else may have happened on the host."""
    difference = deployed.before.difference(deployed.after)
    assert set(difference) <= {"files"}, difference
    gone, new = difference.get("files", ([], []))
    assert gone == [] and all(re.fullmatch(r"deploy-backend/\.belay/(bin/.*)?", name) for name in new), difference


def test_the_examples_own_gate_passes_and_is_recorded(by_hand):
    by_hand.without_migration()
    by_hand.release("good-code")
    deployed = by_hand.run("deploy", "production", load=False)
    assert deployed.code == 0, deployed.outcome
    assert "tests    4 commands passed" in deployed.said
    assert by_hand.journal()[0]["plan"]["gate"]["commands"] == 4
    assert by_hand.world.version() == "1.1.0"


@pytest.mark.parametrize("lines", [
    ["echo one", "echo the reason; exit 3", "touch $HOME/never"],
    ["echo one", f'parallel: ["sleep {LONG}", "echo the reason; exit 3"]', "touch $HOME/never"],
], ids=["sequential", "parallel"])
@pytest.mark.core
def test_a_gate_that_fails_stops_everything(by_hand, lines):
    gate(by_hand, *lines)
    deployed = by_hand.run("deploy", "production", limit=120)
    assert deployed.code == 1, deployed.outcome
    only_belay_arrived(deployed)
    assert deployed.load.failed == 0
    assert not (by_hand.world.home / "never").exists()
    assert run("pgrep", "-f", f"^sleep {LONG}$", check=False).code == 1
    text = deployed.said + deployed.outcome.err
    log = re.search(r"(/\S+\.log)", text).group(1)
    assert "the reason" in open(log).read() and "the reason" in text


def test_a_job_cancelled_during_the_tests_begins_nothing(by_hand):
    """Nothing runs on the host yet that could go on alone: SIGTERM stops it, and no `belay attach` is spoken of."""
    gate(by_hand, "touch $HOME/begun", f"sleep {LONG}")
    before = by_hand.world.inventory()
    deploying = by_hand.world.start_belay("deploy", "production")
    wait_until("the tests run", (by_hand.world.home / "begun").exists)
    deploying.signal(signal.SIGTERM)
    ended = deploying.wait()
    assert ended.code == 1, ended
    assert "belay attach" not in ended.out + ended.err
    assert set(before.difference(by_hand.world.inventory())) <= {"files"}
    assert not (by_hand.world.live / ".belay" / "runs").exists()
    assert run("pgrep", "-f", f"^sleep {LONG}$", check=False).code == 1


def test_parallel_commands_run_at_the_same_time(by_hand):
    gate(
        by_hand, 'parallel: ["touch one; until [ -f two ]; do sleep 0.05; done", "touch two; until [ -f one ]; do sleep 0.05; done"]',
        "test -f one -a -f two",
    )
    deployed = by_hand.run("deploy", "production", load=False, limit=120)
    assert deployed.code == 0, deployed.outcome


def test_what_is_committed_is_what_is_tested_and_shipped(by_hand):
    gate(by_hand, "test ! -e uncommitted.txt", "grep -q 1.0.0 package.json")
    by_hand.world.repository.write("deploy-backend/uncommitted.txt", "not yet")
    by_hand.world.repository.replace("deploy-backend/package.json", '"version": "1.0.0"', '"version": "1.9.9"')
    deployed = by_hand.run("deploy", "production", load=False)
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == "1.0.0"
    assert not (by_hand.world.live / "uncommitted.txt").exists()


def test_dirty_ships_the_working_tree_and_says_so_everywhere(by_hand):
    by_hand.without_migration()
    by_hand.world.repository.replace("deploy-backend/package.json", '"version": "1.0.0"', '"version": "1.9.9"')
    deployed = by_hand.deploy("--dirty", load=False)
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == "1.9.9"
    assert "a working tree, not a commit" in deployed.said
    _, current = by_hand.releases()
    assert current.endswith("-dirty")
    for command in ("releases", "status"):
        said = by_hand.world.belay(command, "production").out
        assert "working tree" in said, said
    assert by_hand.journal()[0]["plan"]["commit"]["dirty"] is True


def test_a_skipped_gate_is_recorded(by_hand):
    by_hand.without_migration()
    deployed = by_hand.deploy(load=False)
    assert deployed.code == 0, deployed.outcome
    assert "tests    skipped (--skip-test)" in deployed.said
    assert by_hand.journal()[0]["plan"]["gate"]["skipped"] is True


def test_a_controller_that_is_killed_in_the_gate_leaves_nothing_anywhere(by_hand):
    gate(by_hand, f"touch $HOME/began; sleep {LONG}")
    world, before = by_hand.world, by_hand.world.inventory()
    deploying = world.start_belay("deploy", "production")
    wait_until("the gate runs", lambda: (world.home / "began").exists())
    deploying.process.kill()
    wait_until("its commands have ended", lambda: run("pgrep", "-f", f"^sleep {LONG}$", check=False).code == 1)
    wait_until("nothing of it is left", lambda: world.inventory().temporary == before.temporary)
    wait_until("nothing of it runs on the host", lambda: not world.host_processes())
