"""Files of variables that belay writes beside a release: `env_file`."""
import stat

import pytest
from away import BELAY, COMPOSE, GOOD
from belay_world.state import state_of

KEYS = "env_file: {{ .env: [{lines}], conf/web.env: {{ secret: WEB_FILE }} }}\n"
READS = '      WORD: "${WORD}"\n    env_file: conf/web.env\n'
AWKWARD = "it's $5, \"two\" # words"


def commit(away, version, lines="WORD", command=GOOD):
    away.repository.write("belay.yml", BELAY.format(live=away.live, migration="true", keys=KEYS.format(lines=lines)))
    compose = COMPOSE.format(version=version, command=command).replace(f'{{ VERSION: "{version}" }}', f'\n      VERSION: "{version}"')
    away.repository.write("app/compose.yml", compose + READS)
    away.repository.commit(f"version {version}")


def seen_by(away):
    return dict(entry.split("=", 1) for entry in away.engine.inspected("away-web")["Config"]["Env"])


def mode(file):
    return stat.S_IMODE(file.stat().st_mode)


def files_with(away, text):
    """Of belay's own, relative to its directory."""
    return {str(file.relative_to(state_of(away.live))) for file in state_of(away.live).rglob("*") if file.is_file() and text.encode() in file.read_bytes()}


@pytest.mark.core
def test_its_lines_come_with_a_release_and_go_back_with_it(away, monkeypatch):
    own, web = away.live / ".env", away.live / "conf/web.env"
    own.write_text("OWN=server\n")
    own.chmod(0o644)
    monkeypatch.setenv("WORD", AWKWARD)
    monkeypatch.setenv("WEB_FILE", "WEB=first")

    commit(away, 2)
    checked, planned = away.start("check", "production").wait(), away.start("plan", "production").wait()
    assert checked.code == 0, checked
    assert planned.code == 0 and "variables into .env: WORD; variables into conf/web.env: WEB_FILE" in " ".join(planned.out.split()), planned
    assert own.read_text() == "OWN=server\n" and not web.exists()

    deployed = away.start_deployment().wait()
    assert deployed.code == 0, deployed
    assert seen_by(away)["WORD"] == AWKWARD and seen_by(away)["WEB"] == "first"
    first = 'OWN=server\nWORD="it\'s \\$5, \\"two\\" # words"\n'
    assert own.read_text() == first and web.read_text() == "WEB=first\n" and mode(own) == mode(web) == 0o600
    # As `docker compose up` reads them: nothing is to be made anew.
    container = away.engine.inspected("away-web")["Id"]
    away.engine.docker("compose", "--project-directory", away.live, "-f", away.live / "compose.yml", "up", "-d")
    assert away.engine.inspected("away-web")["Id"] == container

    # A release that fails leaves nothing of its own there.
    monkeypatch.setenv("WORD", "of-the-failed-one")
    monkeypatch.setenv("WEB_FILE", "WEB=failed")
    commit(away, 3, command="exit 3")
    failed = away.start_deployment().wait()
    assert failed.code == 1 and away.version_that_runs() == "2", failed
    assert own.read_text() == first and web.read_text() == "WEB=first\n"
    assert not files_with(away, "of-the-failed-one")

    # What others write there meanwhile stays, and a rollback needs no values.
    own.write_text(first + "LATE=x\n")
    monkeypatch.setenv("WORD", "plain")
    monkeypatch.setenv("WEB_FILE", "WEB=second")
    commit(away, 4, lines="WORD, EXTRA=1")
    deployed = away.start_deployment().wait()
    assert deployed.code == 0 and seen_by(away)["WORD"] == "plain" and seen_by(away)["WEB"] == "second", deployed
    assert own.read_text() == "OWN=server\nWORD=plain\nLATE=x\nEXTRA=1\n"
    # It is the release's, as all that its containers are made from; no journal has it.
    places = files_with(away, "WEB=second")
    assert places and all(place.startswith("releases/") for place in places), places
    monkeypatch.delenv("WORD")
    monkeypatch.delenv("WEB_FILE")
    back = away.start("rollback", "production").wait()
    assert back.code == 0 and away.version_that_runs() == "2", back
    assert own.read_text() == first + "LATE=x\n" and web.read_text() == "WEB=first\n" and mode(own) == 0o600


def test_it_replaces_no_symlink_and_no_file_of_the_release_and_needs_its_values(away, monkeypatch):
    monkeypatch.delenv("WORD", raising=False)
    monkeypatch.setenv("WEB_FILE", "WEB=first")
    commit(away, 2)
    refused = away.start_deployment().wait()
    assert refused.code == 2 and "belay.yml:" in refused.err and "variable WORD is not set" in refused.err, refused

    monkeypatch.setenv("WORD", "one")
    (away.place / "elsewhere").write_text("OWN=server\n")
    (away.live / ".env").symlink_to(away.place / "elsewhere")
    refused = away.start_deployment().wait()
    assert refused.code == 1 and f"belay cannot write .env: {away.live}/.env is no file" in refused.out, refused
    assert (away.place / "elsewhere").read_text() == "OWN=server\n" and away.version_that_runs() == "1"
    (away.live / ".env").unlink()

    away.repository.write("app/conf/web.env", "WEB=committed\n")
    away.repository.commit("with a file of its own")
    refused = away.start_deployment().wait()
    assert refused.code == 1 and "conf/web.env is in the repository, and belay.yml has it under env_file" in refused.out, refused
    assert not (away.live / ".env").exists() and away.version_that_runs() == "1"
