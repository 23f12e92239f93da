"""What is shipped is what is in git, and what lives only on the server is left alone."""
import re

import pytest
from scenario import never_stopped

LIVE_FILES = {
    "uploads/avatar.png": "only on the server", "logs/app.log": "yesterday", "certbot/live/privkey.pem": "a certificate",
    ".env.local": "SECRET=1", "backups/by-hand.sql": "-- a dump made by hand",
}


@pytest.fixture
def by_hand(by_hand):
    by_hand.without_migration()
    return by_hand


def put_live_files(live):
    """Files as operators and the app leave them; what they are, to compare."""
    for name, text in LIVE_FILES.items():
        (live / name).parent.mkdir(parents=True, exist_ok=True)
        (live / name).write_text(text)
    return {name: state(live / name) for name in [*LIVE_FILES, ".env"]}


def state(file):
    return file.read_text(), file.stat().st_mtime_ns, file.stat().st_ino


@pytest.mark.core
def test_files_that_live_only_on_the_server_are_never_touched(by_hand):
    live = by_hand.world.live
    before = put_live_files(live)
    by_hand.release("good-code")
    assert by_hand.deploy(load=False).code == 0
    by_hand.release("crash-on-start")
    assert by_hand.deploy(load=False).code == 1
    assert {name: state(live / name) for name in before} == before


def test_a_file_deleted_in_git_is_not_built_again(by_hand):
    old = "dist/scripts/import-legacy.js"
    is_there = ["docker", "exec", "crm-backend", "test", "-f", old]
    assert by_hand.world.start(*is_there).wait().code == 0
    version = by_hand.release("deleted-file")
    deployed = by_hand.deploy(rows=["a file deleted in git"])
    assert deployed.code == 0, deployed.outcome
    assert by_hand.world.version() == version
    assert by_hand.world.start(*is_there).wait().code == 1
    # The live directory keeps it: this environment does not say `delete`.
    assert (by_hand.world.live / "src/scripts/import-legacy.ts").exists()


def test_with_delete_the_live_directory_loses_what_git_lost_and_nothing_else(by_hand):
    by_hand.configure("    backup:", "    sync: { delete: true }\n    backup:")
    live = by_hand.world.live
    # Only what a release of belay's brought is removed: the first one brings the file.
    assert by_hand.deploy(load=False).code == 0
    assert (live / "src/scripts/import-legacy.ts").exists()
    before = put_live_files(live)
    by_hand.release("deleted-file")
    assert by_hand.deploy(load=False).code == 0
    assert not (live / "src/scripts/import-legacy.ts").exists()
    assert {name: state(live / name) for name in before} == before


def test_a_source_folder_that_an_exclude_hides_is_named_and_shipped_once_the_pattern_is_anchored(by_hand):
    version = by_hand.release("src-uploads")
    for command in ("check", "plan"):
        said = by_hand.world.belay(command, "production").out
        assert "src/uploads/routes.ts" in said, said
    deployed = by_hand.deploy(rows=["a source folder named like an exclude"])
    never_stopped(by_hand, deployed)
    assert "./uploads/routes.js" in deployed.said
    assert re.search(r"git tracks src/uploads/routes\.ts \(excluded by uploads\), and sync\.exclude keeps", deployed.said), deployed.said

    by_hand.configure("logs, uploads]", "logs, /uploads]")
    assert by_hand.deploy(load=False).code == 0
    assert by_hand.world.version() == version
    assert (by_hand.world.live / "src/uploads/routes.ts").exists()
