"""The one static program, as it is released: no shared library, no file of the host's, no name service of the host's."""
import os
import shutil
from pathlib import Path

import pytest
from belay_world.commands import run
from belay_world.machine import REPOSITORY

HOSTILE = "passwd: files systemd\ngroup: files systemd\nhosts: files myhostname mymachines resolve mdns4 dns\nservices: files\n"


@pytest.fixture(scope="session")
def release():
    given = os.environ.get("BELAY_RELEASE")
    binary = Path(given) if given else REPOSITORY / "build/release/belay"
    if not binary.exists():
        run("cmake", "--preset", "release", cwd=REPOSITORY, limit=120)
        run("cmake", "--build", "--preset", "release", "--target", "belay", cwd=REPOSITORY, limit=1800)
    return binary


def test_it_needs_no_shared_library_and_has_no_fault_points(release):
    said = run("readelf", "--dynamic", release).out
    assert "NEEDED" not in said
    assert b"BELAY_FAULT_FILE" not in release.read_bytes()


def test_it_is_at_most_12_mb(release):
    assert release.stat().st_size <= 12_000_000


def test_it_runs_in_an_empty_root(release, tmp_path):
    shutil.copy2(release, tmp_path / "belay")
    shown = run("chroot", tmp_path, "/belay", "version")
    assert "belay 0." in shown.out and shown.err == ""


def test_it_deploys_under_a_hostile_nsswitch(by_hand, release, tmp_path):
    """Names come from files and DNS, whatever nsswitch.conf wants loaded: a module of another libc would crash it."""
    by_hand.without_migration()
    by_hand.shorten_health(attempts="30, from: controller")
    by_hand.configure("http://127.0.0.1:3001", "http://localhost:3001")
    by_hand.release("good-code")
    hostile = tmp_path / "nsswitch.conf"
    hostile.write_text(HOSTILE)
    # A mount name space of its own: the machine's file stays what it is. The host side is the same program, in the same space.
    script = f"mount --bind {hostile} /etc/nsswitch.conf && exec {release} deploy production --skip-test"
    world = by_hand.world
    ended = world.start("unshare", "--mount", "sh", "-c", script, env=world.environment(), cwd=world.repository.path).wait()
    assert ended.code == 0, ended
    assert "http://localhost:3001/api/health answered 200" in ended.out
    assert world.version() == "1.1.0"
