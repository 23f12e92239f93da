"""`build.local`: what is built where belay is started goes to the server beside what is committed, and comes back with a rollback."""
import json

import pytest

from light_app import LightApp, SERVE

PORT, PROJECT = 18383, "belay-test-local-build"
DOCKERFILE = "FROM busybox:latest\nCOPY dist /www\n" + SERVE
BUILD = "build: { local: [mkdir -p dist/ä node_modules, cp version dist/version && echo x > node_modules/big && ln -s version dist/ä/link] }\nsync: { exclude: [node_modules] }\n"


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "localbuild", PROJECT, PORT)
        self.write_stack(DOCKERFILE)
        self.write(".gitignore", "dist\nnode_modules\n")
        self.version("1")

    def version(self, version, keys=BUILD):
        self.configure(keys)
        self.write("version", version)
        self.commit()

    def belay(self, *arguments, **options):
        return self.world.belay(*arguments, "production", cwd=self.repository, **options)

    def source(self):
        return self.live / ".belay" / "current" / "source"

    def left_here(self):
        return sorted(path.name for path in self.repository.iterdir())


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone(PROJECT)


@pytest.mark.core
def test_what_is_built_here_is_shipped_published_told_and_comes_back(app):
    before = app.left_here()
    planned = app.belay("plan")
    assert planned.code == 0, planned
    assert "build here" in planned.out and "does not run its commands" in planned.out, planned

    deployed = app.belay("deploy")
    assert deployed.code == 0, deployed
    assert "2 files for the release" in deployed.out and "dist/" in deployed.out, deployed
    assert app.serves() == "1"
    assert (app.source() / "dist/version").read_text() == "1"
    assert (app.source() / "dist/ä/link").readlink().name == "version"
    assert (app.live / "dist/version").read_text() == "1"
    assert not (app.source() / "node_modules").exists()
    assert app.left_here() == before
    release = json.loads(app.belay("releases", "--json").out)["releases"][0]
    assert release["built"]["added"] == ["dist/"] and release["built"]["files"] == 2

    planned = app.belay("plan", "--json")
    assert json.loads(planned.out)["files"] == [], planned  # dist is not told to go

    app.version("2")
    assert app.belay("deploy").code == 0
    assert app.serves() == "2" and (app.live / "dist/version").read_text() == "2"
    assert app.belay("rollback").code == 0
    assert app.serves() == "1" and (app.source() / "dist/version").read_text() == "1"
    assert (app.live / "dist/version").read_text() == "1"
    newest = json.loads(app.belay("releases", "--json").out)["releases"][0]["id"]
    again = app.world.belay("rollback", "production", newest, "--current-env", cwd=app.repository)
    assert again.code == 0, again
    assert json.loads(app.belay("releases", "--json").out)["releases"][0]["built"]["files"] == 2


def test_a_build_that_fails_ends_before_anything_is_touched(app):
    assert app.belay("deploy").code == 0
    runs = sorted((app.live / ".belay" / "runs").iterdir())
    app.version("2", "build: { local: \"echo no such module; exit 3\" }\n")
    failed = app.belay("deploy")
    assert failed.code == 1, failed
    assert "build failed: echo no such module; exit 3" in failed.out + failed.err and "no such module" in failed.err, failed
    assert sorted((app.live / ".belay" / "runs").iterdir()) == runs
    assert app.serves() == "1"


def test_a_gate_that_fails_builds_nothing_and_what_tests_leave_behind_is_not_shipped(app):
    app.version("1", "test: [\"echo left > left-by-test; exit 1\"]\n" + BUILD)
    failed = app.belay("deploy")
    assert failed.code == 1 and "build here" not in failed.out, failed
    app.version("1", "test: [echo left > left-by-test]\n" + BUILD)
    assert app.belay("deploy").code == 0
    assert not (app.source() / "left-by-test").exists()


def test_a_changed_committed_file_is_shipped_as_changed_and_said(app):
    app.version("1", "build: { local: { run: [\"mkdir -p dist; cp version dist; echo stamped > stamp; echo no > other\"], ship: [dist, stamp] } }\n")
    app.write("stamp", "committed\n")
    app.commit()
    deployed = app.belay("deploy")
    assert deployed.code == 0 and "stamp (changed)" in deployed.out, deployed
    assert (app.live / "stamp").read_text() == "stamped\n" and not (app.live / "other").exists()
