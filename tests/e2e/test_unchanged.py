"""A service whose image and definition the release leaves as they are."""
from away import COMPOSE, GOOD


def test_one_that_mounts_a_file_which_changes_runs_on_with_the_old_one_and_plan_and_report_say_so(away):
    def commit(conf):
        away.repository.write("app/web.conf", conf)
        away.repository.write("app/compose.yml", COMPOSE.format(version=1, command=GOOD) + '    volumes: ["./web.conf:/etc/web.conf:ro"]\n')
        away.repository.commit(conf)

    def deploy(conf):
        commit(conf)
        ended = away.start_deployment().wait()
        assert ended.code == 0, ended
        return ended

    def seen():
        return away.engine.docker("exec", "away-web", "cat", "/etc/web.conf").out

    deploy("one\n")
    before = away.engine.inspected("away-web")
    words = "web is unchanged and goes on with the web.conf of before, which it has mounted"
    commit("two\n")
    planned = away.start("plan", "production").wait()
    assert planned.code == 0 and words in planned.out and f"docker compose restart web  (in {away.live}" in planned.out, planned
    ended = away.start_deployment().wait()
    assert ended.code == 0, ended
    assert away.engine.inspected("away-web")["Id"] == before["Id"] and seen() == "one\n"
    assert words in ended.out
    assert f"docker compose restart web  (in {away.live}" in ended.out
    away.engine.docker("compose", "restart", "web", cwd=away.live)
    assert seen() == "two\n"
    assert words not in away.start("plan", "production").wait().out
