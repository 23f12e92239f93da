"""Any repository is shipped as it is committed: odd names, settings of git's that change files, submodules, git-lfs, another owner."""
import hashlib
import os
import shutil
import stat
import subprocess

import pytest
from belay_world.commands import run
from light_app import LightApp, SERVE

PORT, PROJECT = 18397, "belay-test-any"
DOCKERFILE = "FROM busybox:latest\nCOPY www /www\n" + SERVE
KEYS = """\
source: app
test: ["true"]
"""
ODD = {
    b"windows.txt": b"one\r\ntwo\n", b"keywords.txt": b"$Id$ $Format:%H$\n", b"empty": b"", b"kept/.gitkeep": b"", b"a\nb": b"newline\n",
    b"-rf": b"dash\n", b" spaces ": b"spaces\n", b"dot.": b"dot\n", "äöü 漢字".encode(): b"letters\n", b"bytes\xff": b"no UTF-8\n",
    b"$(touch x);'\"*": b"shell\n", b"\\#012": b"as rsync writes a newline\n",
}


class App(LightApp):
    def __init__(self, world):
        super().__init__(world, "any", PROJECT, PORT)
        self.configure(KEYS)
        self.write_stack(DOCKERFILE, "app/")
        self.write("app/www/version", "1")
        self.commit()

    def git(self, *arguments, cwd=None):
        return subprocess.run(
            ["git", "-c", "protocol.file.allow=always", "-c", "user.name=t", "-c", "user.email=t@example.com", *arguments],
            cwd=cwd or self.repository, check=True, stdout=subprocess.PIPE,
        ).stdout

    def belay(self, *arguments, **options):
        return self.world.belay(*arguments, "production", cwd=self.repository, **options)

    def shipped(self):
        return os.fsencode(self.live / ".belay" / "current" / "source")

    def committed(self):
        """Mode and content of all that is committed in app/, asked of git alone."""
        entries = [entry.split(b"\t") for entry in self.git("ls-tree", "-r", "-z", "HEAD:app").split(b"\0")[:-1]]
        return {path: (about.split()[0], self.git("cat-file", "blob", about.split()[2].decode())) for about, path in entries}


@pytest.fixture
def app(world):
    app = App(world)
    yield app
    app.gone(PROJECT)


def tree_at(top):
    """The same of a directory: mode as git writes it, and content."""
    found = {}
    for directory, names, files in os.walk(top):
        for name in files + [name for name in names if os.path.islink(os.path.join(directory, name))]:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                found[os.path.relpath(path, top)] = (b"120000", os.readlink(path))
            else:
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = ({0o644: b"100644", 0o755: b"100755"}.get(mode & 0o7777), file.read())
    return found


@pytest.mark.core
def test_the_release_on_the_server_is_what_is_committed_byte_by_byte(app):
    top = os.fsencode(app.repository / "app")
    for name, content in ODD.items():
        os.makedirs(os.path.dirname(os.path.join(top, name)), exist_ok=True)
        with open(os.path.join(top, name), "wb") as file:
            file.write(content)
    app.write("app/run.sh", "#!/bin/sh\n")
    (app.repository / "app/run.sh").chmod(0o755)
    for link, target in {"link": "windows.txt", "dangling": "nowhere/at all", "outside": "/etc/passwd"}.items():
        (app.repository / "app" / link).symlink_to(target)
    app.commit()
    app.write("app/.gitattributes", "* text eol=crlf ident export-subst export-ignore filter=up\n")
    app.git("add", "app/.gitattributes")
    app.git("commit", "-qm", "attributes")
    for setting, value in {"core.autocrlf": "true", "core.symlinks": "false", "core.fileMode": "false", "filter.up.smudge": "tr a-z A-Z"}.items():
        app.git("config", setting, value)
    before = os.umask(0o077)
    try:
        for version in ("1", "2"):  # the second is made of links to the first
            app.git("update-index", "--add", "--cacheinfo", f"100644,{app.git('hash-object', '-w', '--stdin').decode().strip()},app/more{version}")
            app.git("commit", "-qm", version)
            deployed = app.belay("deploy")
            assert deployed.code == 0, deployed
            assert tree_at(app.shipped()) == app.committed()
    finally:
        os.umask(before)


def test_submodules_are_shipped_and_one_that_is_not_here_is_refused_before_anything_is_touched(app):
    inner = app.world.place / "any-inner"
    shutil.rmtree(inner, ignore_errors=True)
    inner.mkdir()
    app.git("init", "-q", "-b", "main", cwd=inner)
    (inner / "file").write_text("of the submodule\n")
    app.git("add", "-A", cwd=inner)
    app.git("commit", "-qm", "inner", cwd=inner)
    app.git("submodule", "--quiet", "add", str(inner), "app/vendor/inner")
    app.commit()
    app.git("submodule", "--quiet", "deinit", "-f", "--all")
    shutil.rmtree(app.repository / ".git" / "modules")
    for command in ("check", "plan", "deploy"):
        refused = app.belay(command)
        assert refused.code in (1, 2) if command == "check" else refused.code == 2, refused
        said = refused.out + refused.err
        assert "vendor/inner: it is not initialised" in said and "git submodule update --init --recursive" in said, said
    assert not (app.live / ".belay" / "releases").exists() and not (app.live / ".belay" / "runs").exists()
    app.git("submodule", "--quiet", "update", "--init", "--recursive")
    assert app.belay("deploy").code == 0
    assert (app.live / ".belay/current/source/vendor/inner/file").read_text() == "of the submodule\n"


def test_files_of_git_lfs_are_shipped_from_the_store_here_and_refused_without_it(app):
    content = b"large\r\n" * 1000
    name = hashlib.sha256(content).hexdigest()
    app.write("app/model.bin", f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n")
    app.write(".gitattributes", "*.bin filter=lfs -text\n")
    app.git("config", "filter.lfs.clean", "cat")
    app.commit()
    refused = app.belay("deploy")
    assert refused.code == 2, refused
    assert "model.bin" in refused.out + refused.err and "git lfs pull" in refused.out + refused.err
    assert not (app.live / ".belay" / "releases").exists()
    stored = app.repository / ".git/lfs/objects" / name[:2] / name[2:4] / name
    stored.parent.mkdir(parents=True)
    stored.write_bytes(content)
    assert app.belay("deploy").code == 0
    assert (app.live / ".belay/current/source/model.bin").read_bytes() == content


def test_what_the_tests_leave_breaks_neither_this_deployment_nor_the_next(app):
    """Directories that may not be written, and files that only another user may remove: a file system that is mounted stands for them."""
    leave = "mkdir -p node_modules/x && touch node_modules/x/y && chmod 500 node_modules/x node_modules"
    held = "mkdir -p held && mount -t tmpfs none held && touch held/file"
    app.configure(KEYS.replace('"true"', f'"git rev-parse HEAD", "{leave}", "{held}"') + "test_git: true\n")
    app.commit()
    try:
        for dirty in ([], ["--dirty"], [], ["--dirty"]):
            deployed = app.belay("deploy", *dirty)
            assert deployed.code == 0, deployed
            shipped = app.live / ".belay/current/source"
            assert not (shipped / "node_modules").exists() and not (shipped / "held").exists() and not (shipped / ".git").exists()
    finally:
        for line in open("/proc/mounts"):
            place = line.split()[1]
            if place.endswith("/app/held"):
                run("umount", place)


def test_a_repository_of_another_user_is_explained(app):
    run("chown", "-R", "65534:65534", app.repository)
    refused = app.belay("deploy")
    assert refused.code == 2, refused
    said = refused.out + refused.err
    assert "it belongs to nobody, and belay runs as root" in said, said
    assert f"git config --global --add safe.directory {app.repository}" in said, said
    assert not (app.live / ".belay").exists()
