"""The one static program, as it is released: no shared library, no file of the host's, no name service of the host's."""
import os
import shutil
from pathlib import Path

import pytest
from belay_world.commands import run
from belay_world.machine import REPOSITORY

# A module of the name service that ends whoever loads it, if that is belay (or the control): as one of another libc would.
MODULE = """
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) {
  char program[4096] = "";
  if (readlink("/proc/self/exe", program, sizeof program - 1) > 0 && strstr(program, "belay")) abort();
}
"""
CONTROL = """
#include <netdb.h>
#include <stddef.h>
int main(void) { struct addrinfo *found; return getaddrinfo("localhost", "80", NULL, &found); }
"""
HESIOD = "/lib/x86_64-linux-gnu/libnss_hesiod.so.2"  # comes with libc; asked by nobody


@pytest.fixture(scope="session")
def release():
    given = os.environ.get("BELAY_RELEASE")
    binary = Path(given) if given else REPOSITORY / "build/release/belay"
    if not binary.exists():
        run("cmake", "--preset", "release", cwd=REPOSITORY, limit=120)
        run("cmake", "--build", "--preset", "release", "--target", "belay", cwd=REPOSITORY, limit=1800)
    return binary


@pytest.mark.core
def test_it_needs_no_shared_library_and_has_no_fault_points(release):
    said = run("readelf", "--dynamic", release).out
    assert "NEEDED" not in said
    assert b"BELAY_FAULT_FILE" not in release.read_bytes()


@pytest.mark.core
def test_it_is_at_most_12_mb(release):
    assert release.stat().st_size <= 12_000_000


@pytest.mark.core
def test_it_runs_in_an_empty_root(release, tmp_path):
    shutil.copy2(release, tmp_path / "belay")
    shown = run("chroot", tmp_path, "/belay", "version")
    assert "belay 0." in shown.out and shown.err == ""


def hostile_name_service(directory):
    """A shell's beginning, in a mount name space of its own: this machine's files stay what they are."""
    (directory / "module.c").write_text(MODULE)
    (directory / "control.c").write_text(CONTROL)
    run("gcc", "-shared", "-fPIC", "-o", directory / "module.so", directory / "module.c")
    run("gcc", "-o", directory / "belay-control", directory / "control.c")
    (directory / "nsswitch.conf").write_text("".join(f"{kind}: hesiod files dns\n" for kind in ("passwd", "group", "services", "hosts")))
    return f"mount --bind {directory}/module.so {HESIOD} && mount --bind {directory}/nsswitch.conf /etc/nsswitch.conf && "


def test_it_deploys_under_a_hostile_nsswitch(by_hand, release, tmp_path):
    """No module of the host's name service is ever loaded, by the controller or on the host (here both, by `host: local`)."""
    world, hostile = by_hand.world, hostile_name_service(tmp_path)
    control = run("unshare", "--mount", "sh", "-c", hostile + f"{tmp_path}/belay-control", check=False)
    assert control.code in (-6, 134), control  # an ordinary program does load it

    by_hand.without_migration()
    by_hand.shorten_health(attempts="30, from: controller")
    by_hand.configure("http://127.0.0.1:3001", "http://localhost:3001")
    by_hand.configure("host: ${VPS_USER}@${VPS_HOST}", "host: local", 1)
    by_hand.release("good-code")
    for command in ("deploy production --skip-test", "status production"):
        script = f"{hostile} exec {release} {command}"
        ended = world.start("unshare", "--mount", "sh", "-c", script, env=world.environment(), cwd=world.repository.path).wait()
        assert ended.code == 0, ended
        assert "http://localhost:3001/api/health answered 200" in ended.out
    assert world.version() == "1.1.0"
