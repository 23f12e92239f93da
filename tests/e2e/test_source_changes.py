"""Where little changed, the source travels with the controller's answer, and no rsync runs. What lies on the server is what is committed, in
whichever way it came; the journal says which way that was."""
import json
import os
import random
import shutil
import stat
import subprocess

import pytest
from light_app import LightApp

PROJECT = "belay-test-changes"
COMPOSE = f"""\
name: {PROJECT}
services:
  web:
    image: busybox:latest
    stop_grace_period: 0s
    command: [sleep, infinity]
"""
SYNC = "sync: { delete: true, exclude: [/out/, '*.log', secret] }\n"
NAMES = [b"a", b"b", b"a-b", b"c.log", b"out", b"secret", b"deep", "ä ö".encode(), b"n\nl", b"\xff", b"-rf", b"\\#012"]


class App(LightApp):
    def __init__(self, world, seed=None):
        super().__init__(world, "changes", PROJECT, 0)
        self.top = os.fsencode(self.repository / "app")
        self.seed = random.randrange(10**6) if seed is None else seed
        self.dice = random.Random(self.seed)
        self.configure(keys="source: app\n", environment=SYNC, health="health: off\n")
        self.write("app/compose.yml", COMPOSE)
        self.commit()

    def deploy(self):
        """Deploys what is committed; the step's own words of how the source came."""
        deployed = self.world.belay("deploy", "production", cwd=self.repository)
        assert deployed.code == 0, (self.seed, deployed)
        return self.heard()[-1]

    def heard(self):
        """What the newest run heard of its source, in order."""
        newest = sorted((self.live / ".belay" / "runs").iterdir())[-1]
        records = [json.loads(line[9:]) for line in (newest / "journal.jsonl").read_text().splitlines()]
        return [record["detail"] for record in records if record["type"] == "heard" and record["what"].startswith("source")]

    def change_something(self):
        """A few random paths get another content, mode or kind, or go away."""
        for _ in range(self.dice.randint(1, 6)):
            parts = [self.dice.choice(NAMES) for _ in range(self.dice.randint(1, 3))]
            self.make_room(parts)
            path = os.path.join(self.top, *parts)
            kind = self.dice.choice(["file", "file", "program", "link", "gone"])
            if kind != "gone":
                os.makedirs(os.path.dirname(path), exist_ok=True)
            if kind == "link":
                os.symlink(self.dice.choice([b"a", b"nowhere/at all", b"../compose.yml", b"/etc/passwd"]), path)
            elif kind != "gone":
                with open(path, "wb") as file:
                    file.write(self.dice.randbytes(self.dice.choice([0, 5, 5000])))
                os.chmod(path, 0o755 if kind == "program" else 0o644)

    def make_room(self, parts):
        """What stands there goes, and what stands where a directory above it belongs."""
        for depth in range(1, len(parts) + 1):
            path = os.path.join(self.top, *parts[:depth])
            if os.path.islink(path) or os.path.isfile(path):
                os.unlink(path)
            elif depth == len(parts):
                shutil.rmtree(path, ignore_errors=True)

    def committed(self):
        """What `git archive` makes of the commit, less what belay.yml excludes."""
        place = self.world.place / "archive"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        archive = subprocess.run(["git", "-c", "tar.umask=022", "archive", "HEAD:app"], cwd=self.repository, check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-p", "-C", place], input=archive, check=True)
        found = tree_at(os.fsencode(place))
        return {path: what for path, what in found.items() if not is_left_out(path, found)}

    def source(self):
        return os.fsencode(self.live / ".belay" / "current" / "source")

    def check(self):
        """The release's source, and the live directory, are what is committed; a kept release still is what it was."""
        committed = self.committed()
        assert tree_at(self.source()) == committed, self.seed
        live = tree_at(os.fsencode(self.live))
        live.pop(b".belay")
        assert live == committed, self.seed


def is_left_out(path, tree):
    """By SYNC's excludes, the first of which is for a directory alone."""
    parts = path.split(b"/")
    in_out = parts[0] == b"out" and tree[b"out"][0] == "directory"
    return in_out or any(part == b"secret" or part.endswith(b".log") for part in parts)


def tree_at(top):
    """Mode, and content or target, by path."""
    found = {}
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                what = ("link", os.readlink(path))
            elif stat.S_ISDIR(mode):
                what = ("directory", mode & 0o7777)
            else:
                with open(path, "rb") as file:
                    what = (mode & 0o7777, file.read())
            found[os.path.relpath(path, top)] = what
    return found


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone("belay-test-changes")


WITH_THE_ANSWER = "sent with the answer"


@pytest.mark.core
def test_commits_one_after_another_arrive_with_the_answer_as_they_are_committed(app):
    assert WITH_THE_ANSWER not in app.deploy()
    before = None
    for number in range(6):
        app.change_something()
        app.write("app/number", str(number))
        app.commit()
        kept = os.path.realpath(app.source())
        was = tree_at(kept)
        assert app.deploy().endswith(WITH_THE_ANSWER), app.seed
        app.check()
        assert tree_at(kept) == was, app.seed  # its files have second names in the new release
        assert kept != before
        before = kept


def test_a_file_becomes_a_directory_and_a_directory_a_file(app):
    app.write("app/turns", "a file")
    app.write("app/other/deep/er", "a directory")
    app.commit()
    app.deploy()
    for _ in range(2):
        for name in ("turns", "other"):
            path = app.repository / "app" / name
            if path.is_dir():
                shutil.rmtree(path)
                app.write(f"app/{name}", "a file")
            else:
                path.unlink()
                app.write(f"app/{name}/deep/er", "a directory")
        app.commit()
        assert app.deploy().endswith(WITH_THE_ANSWER)
        app.check()


def edited(source):
    with open(source / "number", "a") as file:
        file.write("more")


def touched(source):
    os.utime(source / "number")


def added(source):
    (source / "added").write_text("by hand")


def removed(source):
    (source / "number").unlink()


def turned(source):
    (source / "number").unlink()
    (source / "number").symlink_to("/etc/passwd")


@pytest.mark.parametrize("change", [edited, touched, added, removed, turned], ids=lambda change: change.__name__)
def test_a_kept_release_that_somebody_changed_on_the_server_is_brought_by_rsync(app, change):
    app.write("app/number", "1")
    app.write("app/same", "same")
    app.commit()
    app.deploy()
    change(app.live / ".belay/current/source")
    app.write("app/same", "other")
    app.commit()
    assert WITH_THE_ANSWER not in app.deploy()
    app.check()
    app.write("app/number", "2")
    app.commit()
    assert app.deploy().endswith(WITH_THE_ANSWER)
    app.check()


@pytest.mark.parametrize("many", [True, False], ids=["many", "large"])
def test_what_changes_much_is_brought_by_rsync(app, many):
    app.deploy()
    if many:
        for number in range(2100):
            app.write(f"app/many/{number % 10}/{number}", "")
    else:
        app.write("app/large", "a" * (2 << 20))
    app.commit()
    assert WITH_THE_ANSWER not in app.deploy()
    app.check()
    shutil.rmtree(app.repository / "app/many", ignore_errors=True)
    app.write("app/large", "small")
    app.commit()
    assert app.deploy().endswith(WITH_THE_ANSWER)  # a directory that goes away is one change
    app.check()
