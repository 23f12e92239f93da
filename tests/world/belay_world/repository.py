"""The git repository of the app's developers: the example app, and commits that turn it into its next releases."""
import os
import shutil
from pathlib import Path

from .commands import run
from .machine import REPOSITORY

EXAMPLE = REPOSITORY / "examples" / "crm-backend"
GIT = ["git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false",
       "-c", "init.defaultBranch=main", "-c", "core.hooksPath=/dev/null"]


def git_environment():
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return clean | {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


class Repository:
    def __init__(self, path):
        self.path = Path(path)

    def create(self, adapt=lambda text: text):
        """A new one with the example app as its first commit; `adapt` edits belay.yml before it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=EXAMPLE, env=git_environment()).out.splitlines():
            if name.startswith("releases/") or not (EXAMPLE / name).is_file():
                continue
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(EXAMPLE / name, self.path / name)
        self.edit("belay.yml", adapt)
        self.git("init", "-q")
        self.commit("crm-backend 1.0.0")

    def copy_of(self, template):
        shutil.rmtree(self.path, ignore_errors=True)
        shutil.copytree(template.path, self.path, symlinks=True)

    def git(self, *arguments):
        return run(*GIT, *arguments, cwd=self.path, env=git_environment()).out.strip()

    def edit(self, name, change):
        """change: text -> text. It must change something, or be the identity on purpose (see create)."""
        file = self.path / name
        file.write_text(change(file.read_text()))

    def replace(self, name, old, new):
        """Replaces one passage that must be there."""
        text = (self.path / name).read_text()
        assert old in text, f"{name} does not hold {old!r}"
        (self.path / name).write_text(text.replace(old, new))

    def write(self, name, text):
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message):
        """Everything there is; its full hash. An empty commit is one, too."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD")

    def release(self, name, version=None, seconds=None):
        """Commits one of the example's releases (`releases/apply --list`); returns the version it has."""
        options = (["--version", version] if version else []) + (["--seconds", seconds] if seconds else [])
        run(EXAMPLE / "releases" / "apply", self.path, name, *options)
        version = self.version()
        self.commit(f"crm-backend {version}")
        return version

    def version(self):
        for line in (self.path / "deploy-backend" / "package.json").read_text().splitlines():
            if '"version":' in line:
                return line.split('"')[3]
        raise AssertionError("package.json names no version")
