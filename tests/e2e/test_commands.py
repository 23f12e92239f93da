"""The commands beside deploy, as an operator uses them."""
import json
import re
import signal
import socket

import pytest
from belay_world.commands import wait_until
from scenario import STAMP


@pytest.fixture
def three_releases(by_hand):
    """1.0.0 adopted, then 1.0.1 and 1.0.2 by belay."""
    by_hand.without_migration()
    for number in (1, 2):
        by_hand.release("bump", version=f"1.0.{number}")
        assert by_hand.deploy(load=False).code == 0
    return by_hand


def touches_nothing(scenario, *arguments, code=0):
    before = scenario.world.inventory()
    outcome = scenario.world.belay(*arguments)
    assert outcome.code == code, outcome
    assert before.difference(scenario.world.inventory()) == {}
    return outcome.out


@pytest.mark.core
def test_check_and_plan_look_at_a_server_belay_never_saw_and_leave_nothing(by_hand):
    by_hand.release("good-migration")
    said = touches_nothing(by_hand, "check", "production")
    for subject in ("ssh", "host key", "docker", "compose", "rsync", "disk", "clock", "port", "compose file", "backup", "excludes"):
        assert re.search(rf"^  [✓!] {subject}", said, re.M), (subject, said)
    assert "Ready" in said
    said = touches_nothing(by_hand, "plan", "production")
    assert "+ prisma/migrations/" in said and "~ package.json" in said and "crm-backend  running" in said
    assert "port 3001 answers nobody while its containers stop and start" in said
    assert "No earlier deployment tells how long that takes." in said
    assert "Nothing was touched." in said
    planned = json.loads(touches_nothing(by_hand, "plan", "production", "--json"))
    assert {"change": "changed", "path": "package.json"} in planned["files"]
    assert [step for step in planned["plan"]["steps"]][:2] == ["preflight", "backup"]
    assert [(gap["kind"], gap["ports"]) for gap in planned["facts"]["project"]["gaps"]] == [("down", [3001])]


@pytest.mark.core
def test_check_names_what_is_wrong_on_the_host_with_a_remedy(by_hand):
    by_hand.configure("container: crm-postgres,", "container: crm-postgers,")
    by_hand.configure("compose: docker-compose.production.yml", "compose: docker-compose.prod.yml")
    said = touches_nothing(by_hand, "check", "production", code=1)
    assert "crm-postgers" in said and "docker-compose.prod.yml" in said and "→" in said
    assert "problems" in said


def test_check_finds_a_port_that_another_program_holds(scenario):
    with socket.create_server(("127.0.0.1", 3001)):
        said = touches_nothing(scenario, "check", "production", code=1)
    assert "3001" in said


def test_plan_says_how_long_the_last_deployments_left_nobody_to_answer(three_releases):
    planned = json.loads(three_releases.world.belay("plan", "production", "--json").out)
    runs = [one["run"] for one in planned["facts"]["project"]["switches"]]
    assert runs == sorted(runs, reverse=True) and len(runs) == 2, planned["facts"]["project"]
    said = three_releases.world.belay("plan", "production").out
    assert re.search(r"In the last 2 deployments that took [\d.]+ \S+", said), said


def test_looking_at_what_runs_and_what_is_kept(three_releases):
    scenario, world = three_releases, three_releases.world
    releases, current = scenario.releases()
    assert [each["origin"] for each in releases] == ["deployed", "deployed", "adopted"]
    assert releases[0]["id"] == current
    said = touches_nothing(scenario, "releases", "production")
    assert all(each["id"] in said for each in releases) and "serves" in said and "adopted" in said

    said = touches_nothing(scenario, "status", "production")
    assert current in said and world.repository.head()[:7] in said and "answered 200" in said
    status = scenario.asked("status", "production")
    assert status["current"]["id"] == current and status["healthy"] is True

    assert "crm-backend 1.0.2 is ready" in touches_nothing(scenario, "logs", "production")
    assert len(touches_nothing(scenario, "logs", "production", "--tail", "2").splitlines()) == 2

    assert "1.0.2" in touches_nothing(scenario, "exec", "production", "--", "node", "-p", "require('./package.json').version")
    assert world.belay("exec", "production", "--", "sh", "-c", "exit 42").code == 42

    names = re.findall(rf"pre-deploy-{STAMP}\.sql", touches_nothing(scenario, "backup", "production", "list"))
    assert sorted(names) == scenario.backups() and len(names) == 2

    attached = world.belay("attach", "production")
    assert attached.code == 0 and "✓ Deployed." in attached.out
    touches_nothing(scenario, "rollback", "production", current, code=2)  # serves already
    touches_nothing(scenario, "rollback", "production", "20200101-000000-abcdef0", code=2)

    following = world.start_belay("logs", "production", "-f", "--tail", "1")
    wait_until("the last line is there", following.out)
    world.engine.docker("exec", "crm-backend", "sh", "-c", "echo a new line >/proc/1/fd/1")
    wait_until("the next ones come", lambda: "a new line" in following.out())
    following.signal(signal.SIGINT, group=True)
    following.wait()


@pytest.mark.core
def test_a_bug_found_later_is_rolled_back_by_hand_to_any_kept_release(three_releases):
    scenario, world = three_releases, three_releases.world
    newest, middle, adopted = scenario.releases()[0]
    back = scenario.run("rollback", "production", rows=["bug found after a good deployment"])
    assert back.code == 0, back.outcome
    assert f"Rolled back as asked. production now serves {middle['id']}" in back.said
    assert world.version() == "1.0.1" and back.lost == []
    scenario.up_by_hand_keeps("1.0.1")
    for release, version in ((adopted, "1.0.0"), (newest, "1.0.2")):
        there = scenario.run("rollback", "production", release["id"], load=False)
        assert there.code == 0, there.outcome
        assert world.version() == version and scenario.releases()[1] == release["id"]
        scenario.up_by_hand_keeps(version)
    assert sorted(world.inventory().containers) == ["crm-backend", "crm-postgres"]


def test_only_so_many_releases_are_kept(by_hand):
    by_hand.without_migration()
    by_hand.configure("strategy: recreate", "keep: 2")
    similar = ["crm-backend-dev:latest", "crm-backend-2:latest"]  # names that begin alike are somebody else's
    for name in similar:
        by_hand.world.engine.tag(by_hand.world.base_image, *name.split(":"))
    for number in range(1, 4):
        by_hand.release("bump", version=f"1.0.{number}")
        assert by_hand.deploy(load=False).code == 0
    releases, current = by_hand.releases()
    assert len(releases) == 2 and releases[0]["id"] == current
    images = by_hand.world.inventory().images
    assert sorted(images) == sorted(["crm-backend:latest", *similar] + [f"crm-backend:{each['id']}" for each in releases])
    kept = by_hand.world.live / ".belay" / "releases"
    assert sorted(path.name for path in kept.iterdir()) == sorted(each["id"] for each in releases)


@pytest.mark.core
def test_json_is_one_valid_event_per_line(by_hand):
    by_hand.without_migration()
    by_hand.release("good-code")
    deployed = by_hand.deploy("--json", load=False)
    assert deployed.code == 0, deployed.outcome
    events = [json.loads(line) for line in deployed.said.splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["at"]) for event in events)
    records = [event for event in events if "n" in event]
    assert [record["n"] for record in records] == list(range(1, len(records) + 1))
    assert records[0]["type"] == "opened" and records[-1]["type"] == "closed" and events[-1] is records[-1]
    assert records[-1]["outcome"] == "deployed"
    assert records == by_hand.journal()  # what the host wrote, as it wrote it
    here = {event["type"] for event in events if "n" not in event}
    assert {"gate-skipped", "connecting", "shipping-binary", "connected"} <= here


def test_json_of_a_failure_before_anything_began_ends_with_an_error(world):
    world.repository.replace("belay.yml", "attempts: 30", "attempts: many")
    outcome = world.belay("deploy", "production", "--json")
    assert outcome.code == 2, outcome
    last = json.loads(outcome.out.splitlines()[-1])
    assert last["type"] == "error" and last["exit_code"] == 2 and last["problems"][0]["line"] > 0


def test_a_ref_is_deployed_without_being_checked_out(by_hand):
    by_hand.without_migration()
    repository = by_hand.world.repository
    repository.git("checkout", "-q", "-b", "feature")
    by_hand.release("good-code")
    repository.git("checkout", "-q", "main")
    deployed = by_hand.deploy("--ref", "feature", load=False)
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == "1.1.0"
    assert repository.version() == "1.0.0"


@pytest.mark.parametrize("command", [
    "check", "plan", "deploy", "rollback", "releases", "status", "logs", "exec", "backup", "attach", "promote", "abort", "host",
    "completion", "version", "help",
])
def test_help_explains_every_command(session_world, command):
    shown = session_world.belay(command, "--help")
    assert shown.code == 0 and shown.err == "" and f"belay {command}" in shown.out and len(shown.out) > 100
    assert session_world.belay("help", command).out == shown.out


def test_what_a_deployment_is_refused_for_is_said_by_check_and_plan_with_the_same_words(by_hand):
    file = "deploy-backend/docker-compose.production.yml"
    by_hand.world.repository.replace(file, "networks:\n  crm:\n", "networks:\n  crm: { external: true, name: belay-nowhere }\n")
    by_hand.world.repository.commit(file)
    by_hand.configure("container: crm-postgres,", "container: crm-postgers,")
    for command, code in (("check", 1), ("plan", 2)):
        said = touches_nothing(by_hand, command, "production", code=code)
        assert "belay-nowhere is external, and not there" in said and "there is no container crm-postgers" in said
    by_hand.configure("container: crm-postgers,", "container: crm-postgres,")
    refused = by_hand.deploy(load=False)
    assert refused.code == 1 and "belay-nowhere is external, and not there" in refused.said + refused.outcome.err, refused.outcome
    assert by_hand.world.version() == "1.0.0"
