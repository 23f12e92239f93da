"""A .env that the server has of its own, where git has one, too."""
import shutil

from away import COMPOSE, GOOD


def test_it_is_never_replaced_unasked(away):
    own = away.live / ".env"

    def foretold(code):
        """By check and by plan, with the words of the deployment."""
        for command, refused in (("check", 1), ("plan", 2)):
            said = away.start(command, "production").wait()
            assert ("the server has a .env of its own" in said.out) is bool(code), said
            if code or command == "plan":
                assert said.code == (refused if code else 0), said

    def deploy(text, version, refused=0):
        away.repository.write("app/.env", text)
        away.repository.write("app/compose.yml", COMPOSE.format(version=f"{version}-${{WORD}}", command=GOOD))
        away.repository.commit(text)
        foretold(refused)
        return away.start_deployment().wait()

    # Nobody knows whose it is: no release brought it, and it was never committed.
    own.write_text("WORD=server\nSECRET=s\n")
    refused = deploy("WORD=one\n", 2, refused=1)
    assert refused.code == 1 and "the server has a .env of its own" in refused.out
    assert "sync: { exclude: [.env] }" in refused.out
    assert own.read_text() == "WORD=server\nSECRET=s\n" and away.version_that_runs() == "1"

    # One of an older commit is a release's.
    own.write_text("WORD=one\n")
    replaced = deploy("WORD=two\n", 3)
    assert replaced.code == 0 and own.read_text() == "WORD=two\n" and away.version_that_runs() == "3-two", replaced

    # So is the one that the release before brought; not what somebody made of it.
    assert deploy("WORD=three\n", 4).code == 0 and own.read_text() == "WORD=three\n"
    own.write_text("WORD=three\nSECRET=s\n")
    assert deploy("WORD=four\n", 5, refused=1).code == 1 and own.read_text() == "WORD=three\nSECRET=s\n"
    assert away.version_that_runs() == "4-three"

    # What is not shipped is in nobody's way.
    away.repository.replace("belay.yml", "app: away\n", "app: away\nsync: { exclude: [.env] }\n")
    away.repository.commit("without it")
    foretold(0)


def test_a_file_that_the_servers_people_edited_is_told_before_it_is_replaced_and_kept(away):
    """Of variables that a service takes, of anything else, and one that a release brings where the server has its own."""

    def commit(version):
        away.repository.write("app/web.env", f"WORD={version}\n")
        away.repository.write("app/notes/read.me", f"{version}\n")
        away.repository.write("app/compose.yml", COMPOSE.format(version=version, command=GOOD) + "    env_file: web.env\n")
        if version > 2:
            away.repository.write("app/own.txt", f"{version}\n")
        away.repository.commit(f"version {version}")

    def foretold():
        """Plan and check have one verdict: how many files are edited, and which of all that there are."""
        verdicts = []
        for command in ("plan", "check"):
            said = away.start(command, "production").wait()
            assert said.code == 0, said
            head, told, rest = said.out.partition(" not as the release that serves brought")
            rest = rest[: rest.find("commit the changes that should stay")]
            verdicts.append((head[-len("4 files on the server are") :] if told else "", {name for name in theirs if told and name in rest}))
        assert verdicts[0] == verdicts[1]
        return verdicts[0]

    edited = {"web.env", "notes/read.me", "own.txt", "same.conf"}
    theirs = edited | {"gone.txt"}

    away.repository.write("app/same.conf", "of all releases\n")
    away.repository.write("app/gone.txt", "of the first\n")
    commit(2)
    assert away.start_deployment().wait().code == 0
    (away.repository.path / "app/gone.txt").unlink()
    commit(3)
    assert foretold() == ("", set())

    # No commit changes same.conf. No release ships gone.txt any more: it stays.
    for name in theirs:
        (away.live / name).write_text("theirs\n")
    assert foretold() == ("4 files on the server are", edited)

    away.repository.write("app/compose.yml", COMPOSE.format(version=3, command="exit 3") + "    env_file: web.env\n")
    away.repository.commit("a bad one")
    failed = away.start_deployment().wait()
    assert failed.code == 1 and {(away.live / name).read_text() for name in theirs} == {"theirs\n"}, failed

    commit(4)
    ended = away.start_deployment().wait()
    assert ended.code == 0 and away.version_that_runs() == "4", ended
    for name in edited:
        assert f"{name} is not as the release before brought it: this release replaces it" in ended.out
        assert (away.live / name).read_text() != "theirs\n"
    assert "files on the server were not as the release before brought them, and this one replaced them" in ended.out
    kept = next(away.live.glob(".belay/releases/*/edited/*"))
    assert {(kept / name).read_text() for name in edited} == {"theirs\n"} and str(kept.resolve()) in ended.out
    assert (away.live / "gone.txt").read_text() == "theirs\n"
    commit(5)
    assert foretold() == ("", set())
    ended = away.start_deployment().wait()
    assert ended.code == 0 and "not as the release before" not in ended.out, ended


def test_a_live_directory_that_was_emptied_is_filled_again_though_a_service_may_write_to_all_of_it(away):
    mounts = '    volumes: [".:/app", "./app.conf:/etc/app.conf"]\n'

    def deploy(version):
        away.repository.write("app/app.conf", "the same in all releases\n")
        away.repository.write("app/seeds/first", "used up\n")
        away.repository.write("app/compose.yml", COMPOSE.format(version=version, command=GOOD) + mounts)
        away.repository.commit(f"version {version}")
        ended = away.start_deployment().wait()
        assert ended.code == 0 and away.version_that_runs() == str(version), ended
        return ended.out

    deploy(2)
    (away.live / "seeds/first").unlink()
    assert "seeds/first is left as it is: it was removed on the server" in deploy(3)

    for entry in away.live.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != ".belay":
            entry.unlink()
    (away.live / "own.txt").write_text("theirs\n")
    assert "it was removed on the server" not in deploy(4)
    seen = away.engine.docker("exec", "away-web", "cat", "/etc/app.conf", "/app/seeds/first", "/app/own.txt").out
    assert seen == "the same in all releases\nused up\ntheirs\n"
