"""A release that does not work: belay says so, the old one serves, nothing is left, and `compose up` by hand keeps it so."""
import re

import pytest
from scenario import attempts_of, never_stopped, rolled_back


def container_lines(said):
    """The lines of the failing container that the report shows, and how many it says they are."""
    number, block = re.search(r"the container's last (\d+) lines(?: \(\S+\))?\n((?:  │.*\n)+)", said).groups()
    return int(number), [line.removeprefix("  │").strip() for line in block.splitlines()]


@pytest.mark.core
def test_one_that_crashes_at_start_is_undone_when_it_dies(serving):
    serving.release("crash-on-start")
    deployed = serving.deploy(rows=["crash on start", "crash on start (29)"])
    rolled_back(serving, deployed)
    assert "exited with code 1" in deployed.said
    assert "no such file or directory, open '/etc/crm/license.key'" in deployed.said
    # How many there are by then is a matter of how fast the machine starts it.
    assert len(attempts_of(serving)) < 30, "its death ends the waiting, before the 30 attempts are spent"


def test_the_last_50_lines_of_the_failing_container_are_shown(serving):
    talk = "for (let line = 1; line <= 200; line += 1) console.log(`line ${line} of the container`);\nprocess.exit(7);\n"
    serving.world.repository.write("deploy-backend/src/server.ts", talk)
    serving.world.repository.commit("talks a lot, then dies")
    deployed = serving.deploy()
    rolled_back(serving, deployed)
    assert "exited with code 7" in deployed.said
    number, lines = container_lines(deployed.said)
    assert number == len(lines) == 50
    assert lines == [f"line {n} of the container" for n in range(151, 201)]

    # Its containers are gone; what they printed is kept with the run.
    world, (release,) = serving.world, re.findall(r"belay logs production --release (\S+)", deployed.said)
    kept = world.belay("logs", "production", "--release", release)
    assert kept.code == 0 and kept.out.splitlines()[-200:] == [f"line {n} of the container" for n in range(1, 201)], kept
    assert world.belay("logs", "production", "--release", release, "--tail", "2").out.splitlines() == lines[-2:]
    refused = world.belay("logs", "production", "--release", "20200101-000000-abcdef0")
    assert refused.code == 2 and release in refused.err, refused


@pytest.mark.core
def test_one_that_answers_500_is_undone_when_its_attempts_are_spent(serving):
    serving.shorten_health()
    serving.release("health-500")
    deployed = serving.deploy(rows=["health answers 500", "health answers 500 (29)"])
    rolled_back(serving, deployed)
    assert "the health check failed 4 times" in deployed.said
    assert "answered 500" in deployed.said
    assert any("Invalid URL" in line for line in container_lines(deployed.said)[1])


def test_one_that_hangs_costs_its_attempts_and_no_more(serving):
    serving.shorten_health()
    serving.release("health-hangs")
    deployed = serving.deploy(rows=["health request hangs"])
    rolled_back(serving, deployed)
    assert "the health check failed 4 times" in deployed.said
    assert "no answer" in deployed.said


def test_one_that_dies_while_it_is_verified_is_undone(serving):
    # It dies two seconds after its start: so many successes take longer.
    serving.shorten_health(attempts="60, successes: 60", interval="200ms")
    serving.release("crash-later")
    deployed = serving.deploy()
    rolled_back(serving, deployed)
    assert "exited with code 1" in deployed.said
    assert "the message queue closed the connection" in deployed.said


def test_one_that_runs_out_of_memory_is_undone_and_named_so(serving):
    serving.shorten_health(attempts="60, successes: 60", interval="200ms")
    serving.release("oom")
    deployed = serving.deploy()
    rolled_back(serving, deployed)
    assert "out of memory" in deployed.said


def test_one_that_dies_without_any_health_url_is_undone(serving):
    serving.configure('{ url: "http://127.0.0.1:3001/api/health", attempts: 30, interval: 5s }', "off")
    serving.release("crash-later")
    deployed = serving.deploy()
    rolled_back(serving, deployed)
    assert "exited with code 1" in deployed.said


def test_one_that_starts_too_slowly_is_undone(serving):
    serving.shorten_health()
    serving.release("slow-start", seconds=30)
    deployed = serving.deploy()
    rolled_back(serving, deployed)
    assert "the health check failed 4 times" in deployed.said


def test_one_that_changes_its_port_is_undone_with_its_compose_file(serving):
    serving.shorten_health()
    serving.release("new-port")
    deployed = serving.deploy(rows=["... and its compose file changed the port (29)"])
    rolled_back(serving, deployed)
    assert "3001:3001" in (serving.world.live / "docker-compose.production.yml").read_text()


def test_one_that_cannot_be_built_never_gets_to_serve(serving):
    serving.release("build-fails")
    deployed = serving.deploy()
    never_stopped(serving, deployed)
    assert "build failed" in deployed.said and "corporate-ca.pem" in deployed.said


def test_one_that_starts_slowly_is_waited_for(by_hand):
    by_hand.without_migration()
    version = by_hand.release("slow-start", seconds=8)
    deployed = by_hand.deploy(rows=["app that is slow to start (40 s; belay: 8 s)"])
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == version
    assert deployed.lost == []


@pytest.mark.core
def test_one_whose_migration_fails_never_gets_to_serve(by_hand):
    by_hand.release("migration-fails")
    deployed = by_hand.deploy(rows=["migration fails", "migration fails (29)"])
    never_stopped(by_hand, deployed)
    assert 'column "segmnt" does not exist' in deployed.said  # the migration tool's own words
    assert "P3018" in deployed.said
    assert "the migration did not finish" in deployed.said
    assert by_hand.world.database.migrations()["20250601090000_customer_segment"] is False


def test_one_whose_migration_breaks_the_old_code_is_undone_and_the_database_is_named(by_hand):
    """Code goes back, data does not: belay says so, and cannot do more before it rehearses migrations."""
    by_hand.shorten_health()
    by_hand.release("rename-column")
    deployed = by_hand.deploy(rows=["... and its migration renamed a column (29)"], serves="old image, new schema: fails")
    rolled_back(by_hand, deployed)
    assert "the migration ran, and is not undone" in deployed.said


def test_a_failed_migration_stays_refused_until_it_is_resolved(by_hand):
    """As with the script, Prisma refuses every deployment after a failed migration; unlike with it, the app serves meanwhile."""
    world, before = by_hand.world, by_hand.world.inventory()
    with world.load() as load:
        by_hand.release("migration-fails")
        bad = by_hand.deploy(load=False)
        by_hand.release("migration-fix")
        fix = by_hand.deploy(load=False)
        world.repository.git("revert", "--no-edit", "HEAD", "HEAD~1")
        revert = by_hand.deploy(load=False)
    assert [bad.code, fix.code, revert.code] == [1, 1, 1], (bad.outcome, fix.outcome, revert.outcome)
    assert "P3018" in bad.said and "P3009" in fix.said
    assert load.report.failed == 0, load.report.summary()
    lost = world.database.missing(load.report.acknowledged)
    assert lost == []
    seconds = sum(each.outcome.seconds for each in (bad, fix, revert))
    by_hand.add("bad migration, then its fix, then a revert", 1, seconds, load.report, lost)
    assert before.images == {n: i for n, i in world.inventory().images.items() if "adopted" not in n}

    # What `prisma migrate resolve --rolled-back` does; then the fix goes through.
    world.database.sql("UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL")
    world.repository.git("reset", "-q", "--hard", "HEAD~2")
    resolved = by_hand.deploy(load=False)
    assert resolved.code == 0, resolved.outcome
    assert world.database.migrations()["20250601090000_customer_segment"] is True


def test_a_migration_after_the_start_that_fails_is_undone(by_hand):
    by_hand.configure("migrate: npx prisma migrate deploy", "migrate: { run: npx prisma migrate deploy, when: after-start }")
    by_hand.release("migration-fails")
    deployed = by_hand.deploy()
    rolled_back(by_hand, deployed)
    assert 'column "segmnt" does not exist' in deployed.said


def test_a_failure_on_top_of_a_release_of_belays_goes_back_to_that(by_hand):
    by_hand.without_migration()
    by_hand.release("good-code")
    assert by_hand.deploy(load=False).code == 0
    good = by_hand.releases()[1]
    by_hand.release("crash-on-start")
    deployed = by_hand.deploy()
    rolled_back(by_hand, deployed, "1.1.0")
    assert f"production serves {good} again" in deployed.said
    assert by_hand.releases()[1] == good
    assert deployed.before.images == deployed.after.images
