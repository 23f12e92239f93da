"""The files that `belay plan` lists are those that publishing changes."""
import hashlib
import json

import pytest
from light_app import LightApp

NAME, PORT = "planned", 18427


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, NAME, NAME, PORT)

    def belay(self, *arguments):
        return self.world.belay(*arguments, cwd=self.repository)

    def release(self, version, texts):
        """A commit with these files and no others beside the app's own."""
        for file in (self.repository / "data").rglob("*"):
            if file.is_file():
                file.unlink()
        self.write("version", version)
        for name, text in texts.items():
            self.write(f"data/{name}", text)
        self.commit()

    def planned(self):
        said = self.belay("plan", "production", "--json")
        assert said.code == 0, said
        files = json.loads(said.out)["files"]
        return {(one["change"], one["path"]) for one in files if not one["path"].endswith("/")}

    def deploy(self):
        ended = self.belay("deploy", "production")
        assert ended.code == 0, ended

    def files(self):
        """{path: digest} of the live directory, without belay's own."""
        found = (file for file in self.live.rglob("*") if file.is_file() and ".belay" not in file.parts)
        return {str(file.relative_to(self.live)): hashlib.sha256(file.read_bytes()).hexdigest() for file in found}


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone(NAME)


def changes(before, after):
    found = {("added", name) for name in after.keys() - before.keys()} | {("removed", name) for name in before.keys() - after.keys()}
    return found | {("changed", name) for name in before.keys() & after.keys() if before[name] != after[name]}


@pytest.mark.parametrize("delete", ["false", "true"])
def test_what_plan_lists_is_what_publishing_changes(app, delete):
    app.configure(environment=f"sync: {{ delete: {delete} }}\n")
    app.write_stack()
    app.release("1", {"kept": "a\n", "edited": "a\n", "dropped": "a\n", "deep/er": "a\n"})
    # A directory that was filled by hand, with a file that only the server has.
    (app.live / "version").write_text("by hand\n")
    (app.live / "notes.txt").write_text("of an operator\n")
    for texts in (
        {"kept": "a\n", "edited": "a\n", "dropped": "a\n", "deep/er": "a\n"},
        {"kept": "a\n", "edited": "b\n", "added": "a\n", "deep/er": "a\n"},
        {"kept": "a\n", "edited": "b\n", "added": "a\n"},
    ):
        app.release(str(len(texts)) + texts["edited"].strip(), texts)
        before = app.files()
        planned = app.planned()
        assert app.files() == before
        app.deploy()
        assert changes(before, app.files()) == planned
        assert (app.live / "notes.txt").read_text() == "of an operator\n"
    assert ("data/dropped" in app.files()) == (delete == "false")
