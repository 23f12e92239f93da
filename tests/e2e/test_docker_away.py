"""Docker goes away in the middle of a deployment, or somebody stops or removes what serves."""
import json
import os
import signal

import pytest

from away import BAD
from belay_world.commands import run, wait_until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.core
def test_docker_is_away_in_the_switch_and_the_old_release_serves_afterwards(away, number):
    away.commit(2, command=BAD)
    deploying = away.begin("step-began:switch")
    away.engine.end(number)
    away.hold()
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", ended
    assert "Docker answers again" in ended.out and "Rolled back." in ended.out, ended


def test_docker_is_away_in_the_switch_of_a_good_release_which_serves_afterwards(away):
    away.commit(2)
    deploying = away.begin("step-began:switch")
    away.engine.end(signal.SIGTERM)
    away.hold()
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 0 and away.version_that_runs() == "2", ended


def test_docker_is_away_and_the_executor_dies_and_the_guard_waits(away):
    away.commit(2)
    deploying = away.begin("noted:switch:stops")
    away.engine.end(signal.SIGKILL)
    os.kill(away.executor(), signal.SIGKILL)
    away.hold()
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", ended


@pytest.mark.parametrize("point", ["before_switch", "after_switch"])
def test_docker_goes_away_under_a_hook_in_a_container_which_then_has_failed(away, point):
    running = "sleep 95153"
    away.commit(2, keys=f'hooks: {{ {point}: {{ in: web, run: "{running}; true" }} }}\n')
    deploying = away.start_deployment()
    wait_until("the hook runs", lambda: run("pgrep", "-xf", running, check=False).code == 0)
    away.engine.end(signal.SIGKILL)
    away.waits_for_docker()
    away.engine.start()
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", ended
    [failed] = [record for record in away.records() if record["type"] == "step-failed"]
    assert failed["step"] == point and failed["message"] == f"the hook failed in web: {running}; true", failed
    assert len(away.containers()) == 1


@pytest.mark.parametrize("by_hand", [["stop", "-t", "1"], ["rm", "-f"]])
def test_what_is_stopped_by_hand_before_the_switch_serves_after_the_undo(away, by_hand):
    away.commit(2, migration="false")
    deploying = away.begin("step-began:migrate")
    away.engine.docker(*by_hand, "away-web")
    away.hold()
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", ended
    assert "away-web had stopped meanwhile and was started again" in ended.out, ended
    assert away.restart_policy() == "unless-stopped"


def test_what_is_stopped_by_hand_before_anything_is_noted_serves_after_the_undo(away):
    (away.repository.path / "app/compose.yml").write_text("services: [")
    away.repository.commit("a compose file that is none")
    deploying = away.begin("step-began:build")
    away.engine.docker("stop", "-t", "1", "away-web")
    away.hold()
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", ended


def test_what_was_stopped_before_the_deployment_stays_off_and_nothing_is_said_to_serve(away):
    away.engine.docker("stop", "-t", "1", "away-web")
    away.commit(2, migration="false")
    ended = away.start_deployment().wait()
    assert ended.code == 3 and away.version_that_runs() is None, ended


def test_a_rollback_to_the_current_release_brings_back_one_that_is_off(away):
    [current] = [entry.name for entry in (away.live / ".belay/releases").iterdir()]
    refused = away.start("rollback", "production", current).wait()
    assert refused.code == 2 and "serves already" in refused.err + refused.out, refused
    away.engine.docker("stop", "-t", "1", "away-web")
    back = away.start("rollback", "production", current).wait()
    assert back.code == 0 and away.version_that_runs() == "1", back
    away.commit(2)
    deployed = away.start_deployment().wait()
    assert deployed.code == 0 and away.version_that_runs() == "2", deployed


def test_up_brings_back_the_current_release(away):
    away.engine.docker("rm", "-f", "away-web")
    listed = away.start("releases", "production").wait()
    assert listed.code == 0 and "is off" in listed.out and "web has no container" in listed.out, listed
    looked = away.start("host", "recover", "production").wait()
    assert looked.code == 3 and "belay up production" in looked.out, looked
    back = away.start("up", "production").wait()
    assert back.code == 0 and away.version_that_runs() == "1", back
    again = away.start("up", "production").wait()
    assert again.code == 0 and "all of it runs" in again.out, again


@pytest.mark.parametrize("by_hand", [["rm", "-f", "away-web"], ["stop", "-t", "1", "away-web"]])
def test_who_takes_down_what_serves_ends_the_deployment_and_it_is_back_at_once(away, by_hand):
    away.commit(2, migration="sleep 300")
    deploying = away.begin("step-began:migrate")
    away.hold()
    away.engine.docker(*by_hand)
    wait_until("it serves again, long before the migration would end", lambda: away.version_that_runs() == "1", 60)
    ended = deploying.wait()
    assert ended.code == 1 and "the release that serves was stopped or removed, but not by belay" in ended.out, ended
    assert "; it never stopped" not in ended.out and away.restart_policy() == "unless-stopped", ended


@pytest.mark.parametrize("by_hand", [["rm", "-f", "away-web"], ["stop", "-t", "1", "away-web"]])
def test_what_is_taken_down_before_the_candidate_is_made_serves_again_when_the_release_fails(away, by_hand):
    away.commit(2, migration="false")
    deploying = away.begin("step-began:build")
    away.engine.docker(*by_hand)
    away.hold()
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", ended
    assert len(away.containers()) == 1 and away.restart_policy() == "unless-stopped", ended


def test_docker_compose_up_typed_beside_a_deployment(away):
    away.commit(2, migration="sleep 300")
    deploying = away.begin("step-began:migrate")
    away.hold()
    typed = run("docker", "compose", "up", "-d", cwd=away.live, env=away.engine.environment, check=False)
    ended = deploying.wait()
    assert ended.code == 1 and away.version_that_runs() == "1", (typed, ended)
    assert len(away.containers()) == 1 and away.restart_policy() == "unless-stopped"


def test_a_commit_whose_record_is_lost_is_not_undone_by_the_guard(away):
    """The guard asks the second witness as every recovery does: `current` names the release."""
    away.commit(2)
    deploying = away.begin("step-began:settle")
    journal = sorted((away.live / ".belay" / "runs").iterdir())[-1] / "journal.jsonl"
    lines = journal.read_text().split("\n")
    committed = next(number for number, line in enumerate(lines) if '"committed"' in line)
    (release,) = [json.loads(line[9:])["release"] for line in lines if '"committed"' in line]
    os.kill(away.executor(), signal.SIGSTOP)
    journal.write_text("\n".join(lines[:committed]) + "\n")
    current = away.live / ".belay" / "current"
    current.unlink()
    current.symlink_to(f"releases/{release}")
    os.kill(away.executor(), signal.SIGKILL)
    deploying.process.terminate()  # it watches a file that was cut under its eyes
    away.hold()
    wait_until("the guard has finished it", lambda: away.records()[-1]["type"] == "closed", 60)
    assert away.version_that_runs() == "2" and away.records()[-1]["outcome"] == "deployed"
