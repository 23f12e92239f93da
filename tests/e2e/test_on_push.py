"""`belay deploy --on-push`: which environments a push concerns, and what its changes are compared with."""
import json

import pytest

from belay_world.commands import run
from light_app import LightApp

PORT, PROJECT = 18397, "belay-test-on-push"
ON = 'on: { push: { branches: [main], paths: [version, belay.yml] } }\n'
NONE = "0" * 40


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "onpush", PROJECT, PORT)
        self.write_stack()
        self.configure(environment=ON)
        self.version("1")

    def version(self, version):
        self.write("version", version)
        self.commit()

    def head(self):
        return run("git", "rev-parse", "HEAD", cwd=self.repository).out.strip()

    def push(self, *more, ref="refs/heads/main", after=None):
        return self.world.belay("deploy", "--on-push", "--ref", ref, "--after", after or self.head(), *more, cwd=self.repository)


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone(PROJECT)


def test_a_push_is_compared_with_the_commit_that_serves(app):
    first = app.push("--before", NONE)
    assert first.code == 0 and "production: deploys: " in first.out and "no release of belay's serves yet" in first.out, first
    assert app.serves() == "1"

    app.write("README.md", "more")
    app.commit()
    other = app.push()
    assert other.code == 0 and "production: not deployed: no file that on.push.paths takes differs" in other.out, other

    app.version("2")
    changed = app.head()
    app.write("README.md", "still more")
    app.commit()
    # The push of the changed version itself was lost: the next one brings it.
    later = app.push("--before", changed, "--json")
    assert later.code == 0, later
    events = [json.loads(line) for line in later.out.splitlines()]
    assert events[0]["type"] == "push-decided" and events[0]["deploys"] and "version differs from" in events[0]["reason"], events[0]
    assert app.serves() == "2"
    status = json.loads(app.world.belay("status", "production", "--json", cwd=app.repository).out)
    assert status["current"]["commit"]["branch"] == "main" and status["current"]["commit"]["id"] == app.head()


def test_other_branches_tags_and_deleted_ones_deploy_nothing(app):
    for ref, after, reason in (
        ("refs/heads/other", None, "the branch other is not among on.push.branches"),
        ("refs/tags/v1", None, "on.push names no tags"),
        ("refs/heads/main", NONE, "the branch main was deleted"),
    ):
        left = app.push(ref=ref, after=after)
        assert left.code == 0 and f"production: not deployed: {reason}" in left.out, left
    assert not (app.live / ".belay").exists()
    assert app.push(ref="refs/notes/x").code == 2
    assert app.push(after="HEAD").code == 2
