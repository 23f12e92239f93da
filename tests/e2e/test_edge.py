"""Behind the edge: no request is lost, whatever the release is like. Under load from a fixed schedule: 120 GET, 60 POST and 20 health requests a
second on kept connections."""
import http.client
import json
import re
import subprocess
import threading
import time
from pathlib import Path

import pytest

from belay_world.commands import run, wait_until
from belay_world.machine import SCRIPTS
from belay_world.sample import FULL, tell

pytestmark = pytest.mark.alone
LOAD = {"get": 120, "post": 60, "health": 20}
ENGINE_PID = Path("/var/run/docker.pid")  # written by dockerd
EDGE = "deploy-backend-belay-edge-1"


def put_edge_in(scenario, strategy="blue-green", drain="10s"):
    scenario.configure("strategy: recreate", f'edge: {{ image: "haproxy:2.6", drain_timeout: {drain} }}\n    strategy: {strategy}')


@pytest.fixture
def behind_edge(by_hand):
    """Version 1.0.0 serves, deployed by belay with an edge in front; no migrations, they are another test's subject."""
    by_hand.without_migration()
    put_edge_in(by_hand)
    deployed = by_hand.deploy(load=False)
    assert deployed.code == 0, deployed.outcome
    return by_hand


def nothing_is_lost(scenario, client, capsys, what):
    report = client.report
    late = max(kind["latency_ms"]["max"] for kind in report.kinds.values())
    with capsys.disabled():
        print(f"\n    {what}: {report.failed} of {report.sent} requests failed, the longest took {late:.0f} ms")
    assert report.failed == 0, report.summary()
    assert scenario.lost(report) == []
    assert report.acknowledged


def deaths(world, since):
    """When containers of the app died since then, as the Engine says it."""
    asked = ["docker", "events", "--since", str(int(since)), "--until", str(int(time.time()) + 1), "--filter", "event=die", "--format", "{{json .}}"]
    lines = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    events = [json.loads(line) for line in lines.splitlines()]
    return [event["timeNano"] / 1e9 for event in events if event["Actor"]["Attributes"].get("com.docker.compose.service") == "backend"]


def only_deaths_cost_requests(world, report):
    """Each request that failed was under way when a container died: none was given to one that was dead."""
    died = deaths(world, report.started)
    failed = [report.started + due for due, _, _ in report.failures]
    far = [moment for moment in failed if not any(abs(moment - death) < 1 for death in died)]
    assert far == [], (died, report.failures)


@pytest.mark.limit(900)
@pytest.mark.core
def test_good_releases_in_a_row(behind_edge, capsys):
    scenario = behind_edge
    releases = 20 if FULL else 5
    tell("good releases in a row behind the edge", releases, 20)
    with scenario.world.load(**LOAD) as client:
        for number in range(releases):
            version = scenario.release("bump", version=f"2.0.{number}")
            outcome = scenario.world.belay("deploy", "production", "--skip-test")
            assert outcome.code == 0, outcome
            assert scenario.world.version() == version
    nothing_is_lost(scenario, client, capsys, f"{releases} good releases")
    scenario.up_by_hand_keeps(f"2.0.{releases - 1}")
    assert "belay-edge" in scenario.world.production.compose("ps").out


@pytest.mark.core
def test_bad_releases_and_a_rollback_lose_nothing(behind_edge, capsys):
    scenario = behind_edge
    scenario.release("good-code")
    assert scenario.world.belay("deploy", "production", "--skip-test").code == 0
    scenario.shorten_health()
    with scenario.world.load(**LOAD) as client:
        for bad in ("crash-on-start", "health-500"):
            scenario.release(bad)
            outcome = scenario.world.belay("deploy", "production", "--skip-test")
            assert outcome.code == 1, outcome
            assert scenario.world.version() == "1.1.0"
            assert "it never stopped" in outcome.out
        outcome = scenario.world.belay("rollback", "production")
        assert outcome.code == 0, outcome
        assert scenario.world.version() == "1.0.0"
    nothing_is_lost(scenario, client, capsys, "two bad releases and a rollback")


def test_a_failing_migration_loses_nothing(by_hand, capsys):
    put_edge_in(by_hand)
    assert by_hand.deploy(load=False).code == 0
    by_hand.release("migration-fails")
    with by_hand.world.load(**LOAD) as client:
        outcome = by_hand.world.belay("deploy", "production", "--skip-test")
    assert outcome.code == 1, outcome
    nothing_is_lost(by_hand, client, capsys, "a failing migration")


def test_old_code_that_meets_a_migrated_database_is_told_though_its_health_is_good(by_hand):
    """The health URL does not touch the renamed column; the API does."""
    by_hand.shorten_health()
    put_edge_in(by_hand)
    assert by_hand.deploy(load=False).code == 0
    by_hand.release("rename-column")
    with by_hand.world.load(**LOAD) as client:
        outcome = by_hand.world.belay("deploy", "production", "--skip-test")
    assert client.report.failed > 0
    first = next(line for line in outcome.out.splitlines() if "production still serves" in line or "production serves" in line)
    assert re.search(r"answers \d+ of \d+ requests with 5xx since then\. The database was migrated, and the migration is not undone$", first), outcome
    assert outcome.code == 3 and "The release that serves is older than the database's schema" in outcome.out, outcome
    assert by_hand.world.version() == "1.0.0"


def test_a_release_that_dies_after_the_turn_is_turned_back(behind_edge, capsys):
    """Requests that the dying release is at are lost with it: a POST cannot be asked again. How many is printed."""
    scenario = behind_edge
    scenario.release("crash-later")  # two seconds after its start: the health has to be asked for longer than that
    scenario.shorten_health(attempts="60, successes: 25", interval="150ms")
    with scenario.world.load(**LOAD) as client:
        outcome = scenario.world.belay("deploy", "production", "--skip-test")
    report = client.report
    with capsys.disabled():
        print(f"\n    a release that dies: {report.summary()}")
    assert outcome.code == 1, outcome
    assert scenario.world.version() == "1.0.0"
    assert scenario.lost(report) == []
    only_deaths_cost_requests(scenario.world, report)


def test_recreate_behind_the_edge_holds_what_arrives_in_the_gap(by_hand, capsys):
    by_hand.without_migration()
    put_edge_in(by_hand, "recreate")
    assert by_hand.deploy(load=False).code == 0
    with by_hand.world.load(**LOAD) as client:
        by_hand.release("good-code")
        assert by_hand.world.belay("deploy", "production", "--skip-test").code == 0
        assert by_hand.world.version() == "1.1.0"
        by_hand.release("crash-on-start")
        assert by_hand.world.belay("deploy", "production", "--skip-test").code == 1
        assert by_hand.world.version() == "1.1.0"
    nothing_is_lost(by_hand, client, capsys, "recreate: a good and a bad release")


def test_another_drain_timeout_has_the_edge_read_its_file_anew_and_loses_nothing(behind_edge, capsys):
    scenario = behind_edge
    scenario.configure("drain_timeout: 10s", "drain_timeout: 9s")
    version = scenario.release("good-code")
    edge = scenario.world.container(EDGE)["Id"]
    with scenario.world.load(**LOAD) as client:
        outcome = scenario.world.belay("deploy", "production", "--skip-test")
        assert outcome.code == 0, outcome
        assert scenario.world.version() == version
        time.sleep(1)
    assert scenario.world.container(EDGE)["Id"] == edge
    assert "hard-stop-after 9000ms" in next((scenario.world.live / ".belay" / "edge").glob("*/haproxy.cfg")).read_text()
    nothing_is_lost(scenario, client, capsys, "the edge reads its file anew")


@pytest.mark.core
def test_the_edge_is_put_in_and_taken_out_again(by_hand, capsys):
    """Each time the port changes hands: for as long as a container takes to stop and another to start nobody has it."""
    by_hand.without_migration()
    put_edge_in(by_hand)
    put_in = by_hand.deploy()
    assert put_in.code == 0, put_in.outcome
    assert "the edge took over the ports" in put_in.said
    assert sorted(put_in.after.containers) == ["crm-backend", "crm-postgres", EDGE]
    assert not by_hand.world.container("crm-backend")["HostConfig"]["PortBindings"]
    by_hand.configure('edge: { image: "haproxy:2.6", drain_timeout: 10s }\n    strategy: blue-green', "edge: off")
    taken_out = by_hand.deploy()
    assert taken_out.code == 0, taken_out.outcome
    assert sorted(taken_out.after.containers) == ["crm-backend", "crm-postgres"]
    assert by_hand.world.container("crm-backend")["HostConfig"]["PortBindings"]
    assert not (by_hand.world.live / ".belay" / "edge").exists()
    by_hand.up_by_hand_keeps("1.0.0")
    for deployed in (put_in, taken_out):
        with capsys.disabled():
            print(f"\n    the port changes hands: {deployed.load.summary()}")
        assert deployed.lost == []


def test_what_people_stop_or_remove_behind_the_edge_is_told_and_brought_back(behind_edge):
    world = behind_edge.world
    run("docker", "stop", "-t", "1", "crm-backend")
    slots = json.loads(world.belay("status", "production", "--json").out)["slots"]
    assert [slot["state"] for slot in slots if slot["container"] == "crm-backend"] == ["exited"], slots
    run("docker", "rm", "-f", EDGE)
    recovered = world.belay("host", "recover", "production")
    assert recovered.code == 3, recovered
    assert "its edge has no container" in recovered.out and "crm-backend is exited" in recovered.out, recovered
    assert "belay up production  brings it back" in recovered.out, recovered
    assert world.belay("up", "production").code == 0
    assert world.version() == "1.0.0" and world.container(EDGE)
    assert world.belay("host", "recover", "production").code == 0


def restart_engine():
    before = ENGINE_PID.read_text()
    run(SCRIPTS / "engine", "restart")
    assert ENGINE_PID.read_text() != before


def test_after_its_restart_and_the_engine_s_it_points_at_the_release_that_serves(behind_edge, capsys):
    """A restart of the edge, or of the Engine (which stops every container), is a gap that belay has no part in; the figures are printed."""
    scenario = behind_edge
    scenario.release("good-code")
    assert scenario.world.belay("deploy", "production", "--skip-test").code == 0
    for what, act in (
        ("the edge restarted", lambda: run("docker", "restart", EDGE)),
        ("the app restarted", lambda: run("docker", "restart", "crm-backend")),
        ("the Engine restarted", restart_engine),
    ):
        with scenario.world.load(**LOAD) as client:
            act()
            wait_until("the app answers", lambda: scenario.world.version() == "1.1.0", limit=60)
            time.sleep(1)
        with capsys.disabled():
            print(f"\n    {what}: {client.report.summary()}")
        assert scenario.lost(client.report) == []
        if what == "the app restarted":  # requests are held while it does
            only_deaths_cost_requests(scenario.world, client.report)


def test_a_request_under_way_stays_with_the_release_that_has_it(behind_edge):
    """Its first half before the deployment, its second after the turn."""
    scenario = behind_edge
    body = b'{"name": "Slow Upload", "email": "slow@example.com"}'
    connection = http.client.HTTPConnection("127.0.0.1", 3001, timeout=60)
    connection.putrequest("POST", "/api/customers")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:10])
    scenario.release("good-code")
    deploying = scenario.world.start_belay("deploy", "production", "--skip-test")
    wait_until("the new release answers", lambda: scenario.world.version() == "1.1.0", limit=60)
    time.sleep(1)
    assert deploying.runs(), "it waits for the old release's last request"
    connection.send(body[10:])
    answer = connection.getresponse()
    assert answer.status in (200, 201), answer.read()
    finished = deploying.wait(60)
    assert finished.code == 0, finished


def test_other_services_reach_the_new_release_only_after_the_turn(behind_edge):
    scenario = behind_edge
    network = next(iter(scenario.world.container("crm-backend")["NetworkSettings"]["Networks"]))
    said = []
    over = threading.Event()

    def ask():
        while not over.is_set():
            said.append(subprocess.run(
                ["docker", "run", "--rm", "--network", network, "busybox", "wget", "-qO-", "http://backend:3001/api/health"],
                capture_output=True, text=True).stdout)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        scenario.release("good-code")
        assert scenario.world.belay("deploy", "production", "--skip-test").code == 0
        time.sleep(2)
    finally:
        over.set()
        asking.join()
    versions = ["1.1.0" if '"1.1.0"' in answer else "1.0.0" if '"1.0.0"' in answer else answer for answer in said]
    assert versions == sorted(versions) and set(versions) == {"1.0.0", "1.1.0"}, versions


class Once:
    """What the Engine says of the service `ticker`: when its containers began and ended."""

    def __init__(self):
        self.since = int(time.time())

    def steps(self):
        """("start" or "die", container) in their order."""
        asked = ["docker", "events", "--since", str(self.since), "--until", str(int(time.time()) + 1), "--format", "{{json .}}"]
        asked += ["--filter", "event=start", "--filter", "event=die", "--filter", "label=com.docker.compose.service=ticker"]
        lines = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
        events = sorted((json.loads(line) for line in lines.splitlines()), key=lambda event: event["timeNano"])
        return [(event["Action"], event["Actor"]["ID"]) for event in events]

    def most_at_once(self, before=0):
        running, most = before, before
        for action, _ in self.steps():
            running += 1 if action == "start" else -1
            most = max(most, running)
        return most


def test_what_must_not_run_twice_changes_hands_after_the_turn(behind_edge, capsys):
    scenario = behind_edge
    ticker = "  ticker:\n    image: busybox\n    command: sleep 100000\n    stop_grace_period: 0s\n    restart: always\n"
    repository = scenario.world.repository
    repository.edit("deploy-backend/docker-compose.production.yml", lambda text: text.replace("services:\n", "services:\n" + ticker, 1))
    scenario.configure("services: [backend]", "services: [backend, ticker]")
    scenario.configure("strategy: blue-green", "strategy: { ticker: recreate }")
    first = Once()
    assert scenario.deploy(load=False).code == 0
    assert first.most_at_once() == 1

    good = Once()
    with scenario.world.load(**LOAD) as client:
        repository.edit("deploy-backend/docker-compose.production.yml", lambda text: text.replace("sleep 100000", "sleep 200000"))
        scenario.release("good-code")
        outcome = scenario.world.belay("deploy", "production", "--skip-test")
    assert outcome.code == 0, outcome
    nothing_is_lost(scenario, client, capsys, "a good release with a service that must not run twice")
    assert [action for action, _ in good.steps()] == ["die", "start"]
    serving = scenario.world.version()

    # It dies at once: the traffic is turned back, and the old one runs again.
    bad = Once()
    with scenario.world.load(**LOAD) as client:
        repository.edit("deploy-backend/docker-compose.production.yml", lambda text: text.replace("sleep 200000", "/bin/false"))
        repository.commit("a ticker that ends")
        outcome = scenario.world.belay("deploy", "production", "--skip-test")
    assert outcome.code == 1, outcome
    assert scenario.world.version() == serving
    nothing_is_lost(scenario, client, capsys, "a bad one")
    assert bad.most_at_once(before=1) == 1
    assert bad.steps()[-1][0] == "start"
    running = subprocess.run(["docker", "ps", "--filter", "label=com.docker.compose.service=ticker", "--format", "{{.Command}}"],
                             check=True, capture_output=True, text=True, timeout=60).stdout
    assert "sleep 200000" in running, running
