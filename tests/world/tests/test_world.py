"""belay_world: each test begins as on the first day, whatever the one before did."""
import signal


def test_the_app_serves_customers_and_no_acknowledged_write_is_missing(world):
    world.put_in_service()
    with world.load(get=100, post=30) as load:
        world.start("sleep", "1").wait()
    assert load.report.failed == 0, load.report.summary()
    assert load.report.acknowledged
    assert world.database.missing(load.report.acknowledged) == []
    assert world.database.missing([{"id": 1, "email": "somebody@else"}]) == ["somebody@else"]


def test_an_outage_of_the_app_is_seen(world):
    world.put_in_service()
    with world.load() as load:
        world.engine.docker("stop", "-t", "0", "crm-backend")
        world.engine.docker("start", "crm-backend")
        world.start("sleep", "2").wait()
    assert load.report.failed > 0 and 0 < load.report.down_s < load.report.seconds


def test_a_reset_undoes_whatever_a_test_did(world):
    first_day = world.inventory()
    world.put_in_service()
    world.put_in_service("staging")
    world.small_disk("backups", 1)
    world.engine.docker("network", "create", "--label", "com.docker.compose.project=deploy-backend", "deploy-backend_more")
    world.engine.docker("tag", "crm-backend:latest", "crm-backend:rollback")
    world.database.sql("DELETE FROM customers; CREATE DATABASE another;")
    world.engine.docker("rename", "crm-postgres", "crm-postgres-dev-2")
    world.engine.docker("stop", "crm-postgres-dev-2")
    world.repository.write("deploy-backend/new", "file")
    world.start("sleep", "1000")
    assert first_day.difference(world.inventory())
    world.reset()
    assert first_day.difference(world.inventory()) == {}
    assert world.database.customers() == 20000
    assert world.repository.git("status", "--porcelain") == ""
    assert world.repository.version() == "1.0.0"


def test_the_server_takes_commands_and_cut_connections_are_cut(world):
    machine = world.machine
    ssh = ["ssh", "-F", machine.server["VPS_SSH_CONFIG"], "belay-vps"]
    assert world.start(*ssh, "echo $HOME; docker ps -q --filter name=^crm- | wc -l").wait().out.endswith("server-2222/home\n1\n")
    before = machine.connections()
    waiting = world.start(*ssh, "echo here; sleep 1000")
    while "here" not in waiting.out():
        assert waiting.runs(), waiting.err()
    assert machine.connections() == before + 1
    machine.drop_connections()
    assert waiting.wait(30).code == 255


def test_a_far_server_is_the_same_one_a_long_line_away_and_the_line_can_go_dead(world):
    with world.far(rtt_ms=200) as far:
        ssh = ["ssh", "-F", far.environment["VPS_SSH_CONFIG"], "belay-vps"]
        answered = world.start(*ssh, "echo here").wait()
        assert answered.out == "here\n", answered
        assert answered.seconds > 0.8  # handshake, key exchange, login and command: four round trips at the least
        far.go_dead()
        waiting = world.start(*ssh, "echo here")
        world.start("sleep", "2").wait()
        assert waiting.runs() and waiting.out() == ""
        far.come_back()
        assert waiting.wait(60).out == "here\n"


def test_a_server_that_comes_back_has_another_host_key(world):
    before = world.machine.server["VPS_HOST_KEY"]
    world.machine.stop_server()
    assert world.machine.start_server()["VPS_HOST_KEY"] != before


def test_every_release_of_the_example_can_be_committed(world):
    first = world.repository.head()
    for name in ("good-migration", "health-500"):
        world.repository.release(name, version="9.9.9")
        assert world.repository.version() == "9.9.9"
        assert world.repository.git("status", "--porcelain") == ""
        world.repository.git("reset", "-q", "--hard", first)


def test_a_program_that_was_started_is_ended_by_the_next_reset(world):
    sleeper = world.start("sh", "-c", "sleep 1000 & wait")
    world.reset()
    assert sleeper.process.returncode == -signal.SIGKILL
