"""Backups: a failed one stops the deployment, never costs a good one, and what is kept can be restored."""
from contextlib import contextmanager

import pytest
from belay_world.commands import run
from belay_world.sample import FULL, tell
from scenario import never_stopped


@pytest.fixture
def by_hand(by_hand):
    by_hand.without_migration()
    return by_hand


@contextmanager
def stopped(database):
    database.stop()
    yield
    database.start()


@contextmanager
def renamed(engine, name, other):
    engine.docker("rename", name, other)
    yield
    engine.docker("rename", other, name)


def break_dumps(database):
    """pg_dump fails in its last table: the file under it is gone, as on a disk that lost a block."""
    database.sql("CREATE TABLE zz_last AS SELECT g FROM generate_series(1, 1000) g; CHECKPOINT;")
    file = database.sql("SELECT pg_relation_filepath('zz_last')")
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL", "postgres")
    run("docker", "exec", "-u", "root", database.container, "sh", "-c", f'rm "$PGDATA/{file}"')
    database.engine.docker("restart", database.container)
    database.wait()


@pytest.mark.core
def test_a_stopped_database_stops_the_deployment(by_hand):
    by_hand.release("good-code")
    started = by_hand.world.container()["State"]["StartedAt"]
    rows = ["database stopped during the deployment"]
    deployed = by_hand.deploy(rows=rows, around=stopped(by_hand.world.database), serves="1.0.0, as before")
    assert deployed.code == 1, deployed.outcome
    assert "backup failed" in deployed.said and "crm-postgres" in deployed.said
    assert by_hand.backups() == []
    assert deployed.left_behind() == {}
    assert by_hand.world.container()["State"]["StartedAt"] == started
    assert deployed.lost == []


def test_a_container_with_a_similar_name_is_not_the_database(by_hand):
    by_hand.release("good-code")
    rows = ["crm-postgres-dev runs, crm-postgres does not"]
    deployed = by_hand.deploy(rows=rows, around=renamed(by_hand.world.engine, "crm-postgres", "crm-postgres-dev"))
    assert deployed.code == 1, deployed.outcome
    assert "backup failed" in deployed.said and "crm-postgres" in deployed.said
    assert by_hand.backups() == []
    assert deployed.left_behind() == {}
    assert deployed.load.failed == 0, deployed.load.summary()
    assert by_hand.world.version() == "1.0.0"


def test_failing_dumps_cost_none_of_the_good_ones(by_hand):
    """As many as are kept, then one failing one more: five and six in a full run, where they are a row of the table."""
    keep = 5 if FULL else 2
    tell("good backups before the dumps fail", keep, 5)
    by_hand.configure("keep: 5", f"keep: {keep}")
    for number in range(1, keep + 1):
        by_hand.release("bump", version=f"1.0.{number}")
        assert by_hand.deploy(load=False).code == 0
    good = by_hand.backups()
    assert len(good) == keep
    break_dumps(by_hand.world.database)
    by_hand.release("bump", version="1.1.0")
    failed = [by_hand.deploy(load=False) for _ in range(keep + 1)]
    assert [each.code for each in failed] == [1] * (keep + 1), failed
    assert all("backup failed" in each.said and "could not open file" in each.said for each in failed), failed[0].outcome
    assert by_hand.backups() == good
    assert by_hand.world.version() == f"1.0.{keep}"
    if FULL:
        seconds = sum(each.outcome.seconds for each in failed)
        by_hand.add("5 good backups, then 6 dumps that fail", 1, seconds, serves="1.0.5; all 5 backups are there")
    kept = by_hand.asked("backup", "production", "list")["backups"]
    assert [each["verified"] for each in kept] == [True] * keep

    # The next good one takes the oldest's place.
    by_hand.world.database.sql("DROP TABLE zz_last")
    assert by_hand.deploy(load=False).code == 0
    assert by_hand.backups()[:-1] == good[1:] and len(by_hand.backups()) == keep


def test_a_full_backup_disk_stops_the_deployment_and_leaves_no_part(by_hand):
    by_hand.world.small_disk("backups", 1)
    by_hand.release("good-code")
    deployed = by_hand.deploy(rows=["backup disk full"])
    never_stopped(by_hand, deployed)
    assert "backup failed" in deployed.said and "no space left on device" in deployed.said
    assert list((by_hand.world.live / "backups").iterdir()) == []


@pytest.mark.core
def test_a_backup_restores_whole_beside_the_live_database(by_hand):
    """What a destructive migration took is in the backup from before it; psql restores it without an error."""
    world = by_hand.world
    by_hand.configure("health:", "migrate: npx prisma migrate deploy\n    health:", 1)
    migration = "deploy-backend/prisma/migrations/20250701000000_cleanup/migration.sql"
    world.repository.write(migration, "DELETE FROM customers WHERE id <= 10000;\n")
    version = by_hand.release("bump", version="1.4.0")
    with world.load() as load:
        deployed = by_hand.deploy(load=False)
        assert deployed.code == 0, deployed.outcome
        assert world.database.sql("SELECT count(*) FROM customers WHERE id <= 10000") == "0"
        dump = (world.live / "backups" / by_hand.backups()[0]).read_text()
        world.database.sql("CREATE DATABASE restored", "postgres")
        world.database.sql(dump, "restored")  # stops at the first error
    assert world.database.sql("SELECT count(*) FROM customers WHERE id <= 10000", "restored") == "10000"
    assert world.database.missing(load.report.acknowledged) == []
    by_hand.add(
        "restore after a destructive migration", deployed.code, deployed.outcome.seconds, load.report, [],
        f"{version}; the dump restores beside it",
    )
