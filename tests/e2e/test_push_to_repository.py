"""`belay hook install`: real pushes to a bare repository, over the file system and over ssh."""
from urllib.parse import quote

import pytest

from belay_world.commands import run
from light_app import BROKEN, LightApp

PORT, PROJECT = 18396, "belay-test-hook"


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "hook", PROJECT, PORT)
        self.bare, self.seen = world.place / "hook server's.git", world.place / "hook.environment"
        self.seen.unlink(missing_ok=True)
        run("rm", "-rf", self.bare)
        run("git", "init", "-q", "--bare", "-b", "main", self.bare)
        self.write_stack()
        # The gate has the environment of all that belay starts in a hook.
        self.configure(keys=f"test: ['env > {self.seen}']\n", environment="on: { push: { branches: [main] } }\n")
        self.edit("${VPS_USER}@${VPS_HOST}", "local")
        self.version("1")

    def edit(self, old, new):
        text = (self.repository / "belay.yml").read_text()
        assert old in text
        self.write("belay.yml", text.replace(old, new))

    def version(self, version):
        self.write("version", version)
        self.commit()

    def hook(self, *arguments):
        return self.world.belay("hook", *arguments, cwd=self.bare)

    def push(self, *refs, to=None, **env):
        return run("git", "push", "-q", to or self.bare, *refs, cwd=self.repository, env=self.world.environment(env), check=False)

    def head(self, repository, ref="main"):
        return run("git", "rev-parse", "--verify", "-q", ref, cwd=repository, check=False).out.strip()


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone(PROJECT)


def installed(app, *arguments):
    written = app.hook("install", *arguments)
    assert written.code == 0, written
    return app


@pytest.mark.core
def test_a_push_deploys_and_the_one_who_pushes_sees_it(app):
    pushed = installed(app).push("main")
    assert pushed.code == 0, pushed
    assert "remote: production: deploys: on.push takes the branch main" in pushed.err and "remote: " in pushed.err, pushed
    assert "verify: done" in pushed.err and app.serves() == "1", pushed
    names = {line.split("=")[0] for line in app.seen.read_text().splitlines()}
    of_the_hook = set(run("git", "rev-parse", "--local-env-vars").out.split())
    assert not names & of_the_hook, "what belay starts takes itself to be in the repository of the hook"
    assert "BELAY_COMMIT" in names
    assert run("git", "worktree", "list", cwd=app.bare).out.count("\n") == 1, "the checkout is gone"

    app.version("2")
    assert app.push("main:other").code == 0 and app.serves() == "1"
    run("git", "-c", "user.name=t", "-c", "user.email=t@e", "tag", "-a", "v2", "-m", "v2", cwd=app.repository)
    tagged = app.push("v2", ":other")
    assert tagged.code == 0 and "on.push names no tags" in tagged.err and "the branch other was deleted" in tagged.err, tagged
    forced = app.push("+main~1:main", "--force")
    assert forced.code == 0, forced
    both = app.push("main", "main:refs/heads/third")
    assert both.code == 0 and app.serves() == "2", both
    assert "the branch third is not among on.push.branches" in both.err, both


def test_a_push_over_ssh_deploys(app):
    server = app.world.machine.server
    to = f"ssh://{server['VPS_USER']}@{server['VPS_HOST']}{quote(str(app.bare))}"
    pushed = installed(app).push("main", to=to, GIT_SSH_COMMAND=f"ssh -F {server['VPS_SSH_CONFIG']}")
    assert pushed.code == 0 and "remote: production: deploys" in pushed.err, pushed
    assert app.serves() == "1"


def test_a_configuration_with_mistakes_refuses_the_push_with_all_of_them(app):
    """belay.yml is then in git's quarantine: it is no object of the repository yet."""
    good = app.head(app.repository)
    assert installed(app).push("main").code == 0
    app.edit("path:", "pth:")
    app.edit("compose:", "compse:")
    app.version("2")
    refused = app.push("main")
    assert refused.code != 0 and "pre-receive hook declined" in refused.err, refused
    lines = (app.repository / "belay.yml").read_text().splitlines()
    for key in ("pth", "compse"):
        number = next(number for number, line in enumerate(lines, 1) if key in line)
        assert f"remote: belay.yml:{number}:5: " in refused.err, refused
    assert app.head(app.bare) == good and app.serves() == "1"


def test_a_missing_value_refuses_only_a_push_that_needs_it(app):
    app.edit("    on:", "    values: [NOT_SET_ANYWHERE]\n    on:")
    app.version("2")
    other = installed(app).push("main:other")
    assert other.code == 0, other
    refused = app.push("main")
    assert refused.code != 0 and "NOT_SET_ANYWHERE is not set" in refused.err and app.head(app.bare) == "", refused


def test_a_deployment_that_fails_leaves_the_push_and_says_so(app):
    assert installed(app).push("main").code == 0
    app.write("Dockerfile", BROKEN)
    app.version("2")
    pushed = app.push("main")
    assert pushed.code == 0 and app.head(app.bare) == app.head(app.repository), pushed
    assert "no such module" in pushed.err and "The push is accepted, but the deployment has exit code 1." in pushed.err, pushed
    assert app.serves() == "1"


def test_a_commit_without_belay_yml_and_a_note_are_no_deployment(app):
    run("git", "rm", "-q", "--cached", "belay.yml", cwd=app.repository)
    run("git", "-c", "user.name=t", "-c", "user.email=t@e", "commit", "-qm", "none", cwd=app.repository)
    pushed = installed(app).push("main", "main:refs/notes/x")
    assert pushed.code == 0 and "branch main: not deployed: the commit has no belay.yml" in pushed.err, pushed
    assert pushed.err.count("not deployed") == 1


def test_belay_yml_may_be_a_link_within_the_repository(app):
    (app.repository / "deploy").mkdir()
    (app.repository / "belay.yml").rename(app.repository / "deploy" / "real.yml")
    (app.repository / "belay.yml").symlink_to("deploy/real.yml")
    app.version("2")
    good = installed(app).push("main")
    assert good.code == 0 and app.serves() == "2", good
    app.write("deploy/real.yml", (app.repository / "belay.yml").read_text().replace("path:", "pth:"))
    app.version("3")
    assert app.push("main").code != 0 and app.serves() == "2"


def test_a_hook_of_somebody_else_stays_and_both_ways_are_told(app):
    own = app.bare / "hooks" / "post-receive"
    own.write_text("#!/bin/sh\necho mine\n")
    refused = app.hook("install", "production")
    assert refused.code == 2 and own.read_text() == "#!/bin/sh\necho mine\n", refused
    assert not (app.bare / "hooks" / "pre-receive").exists(), "nothing is half installed"
    line = next(line.strip() for line in refused.err.splitlines() if "hook post-receive" in line)
    # What belay says to add, works.
    own.write_text(f"#!/bin/sh\necho mine\n{line}\n")
    own.chmod(0o755)
    pushed = app.push("main")
    assert pushed.code == 0 and "remote: mine" in pushed.err and app.serves() == "1", pushed
    assert "is left" in app.hook("remove").out and own.exists()


def test_what_is_installed_can_be_installed_again_and_removed(app):
    installed(app)
    again = installed(app, "production", "--repository", str(app.bare))
    assert "belay hook post-receive production\n" in (again.bare / "hooks" / "post-receive").read_text()
    removed = app.hook("remove")
    assert removed.code == 0 and not (app.bare / "hooks" / "pre-receive").exists() and not (app.bare / "hooks" / "post-receive").exists()
    elsewhere = app.world.belay("hook", "install", cwd=app.world.temporary)
    assert elsewhere.code == 2 and "no git repository" in elsewhere.err, elsewhere
