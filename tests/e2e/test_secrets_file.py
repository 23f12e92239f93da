"""`belay secrets`: the encrypted file, its key and the editor; and what belay does with the values of a file and a command. No server is needed."""
import json
import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

from belay_world.commands import run, wait_until
from belay_world.machine import REPOSITORY

pytestmark = pytest.mark.core
CONFIG = """\
app: shop
secrets: { file: secrets.belay }
services: [web]
test: 'echo ${TOKEN} ${OTHER}'
environments:
  production: { host: local, path: /nowhere/shop, compose: compose.yml }
  staging: { host: local, path: /nowhere/staging, compose: compose.yml }
"""
VALUE = "s3cret 'value' $HOME \"x\"\\é"


class Developer:
    """A person with a repository and a home directory, and belay."""

    def __init__(self, directory):
        self.home, self.repository, self.memory = directory / "home", directory / "repository", Path("/dev/shm/belay-test-secrets")
        shutil.rmtree(self.memory, ignore_errors=True)
        for made in (self.home, self.repository / "deep", self.memory):
            made.mkdir(parents=True)
        run("git", "init", "-q", cwd=self.repository)
        self.file, self.key_file = self.repository / "secrets.belay", self.home / ".config/belay/keys/shop"
        self.configure(CONFIG)
        self.binary = os.environ.get("BELAY_BINARY") or REPOSITORY / "build/release/belay_with_fault_points"

    def configure(self, text):
        (self.repository / "belay.yml").write_text(text)

    def environment(self, more):
        own = {k: v for k, v in os.environ.items() if not k.startswith(("BELAY_", "XDG_", "CI", "GITHUB")) and k not in ("VISUAL", "EDITOR")}
        own |= {"HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.memory), "TMPDIR": str(self.home)} | more
        return {name: value for name, value in own.items() if value is not None}

    def belay(self, *arguments, given="", code=0, cwd=None, **environment):
        """Its stdout; of a refusal its stderr."""
        ended = subprocess.run([self.binary, *arguments], input=given, cwd=cwd or self.repository, env=self.environment(environment),
                               capture_output=True, text=True, timeout=60)
        assert ended.returncode == code, (ended.returncode, ended.stdout, ended.stderr)
        self.said = ended.stdout + ended.stderr
        return ended.stderr if code else ended.stdout

    def set(self, name, value, *more, **options):
        return self.belay("secrets", "set", name, *more, given=value, **options)

    def show(self, name, *more, **options):
        return self.belay("secrets", "show", name, "--reveal", *more, **options).removesuffix("\n")

    def editor(self, script):
        """A program that edits the file it is given."""
        program = self.home / "editor"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        return str(program)

    def lines(self):
        """The file's lines by section and name."""
        found, section = {}, ""
        for line in self.file.read_text().splitlines()[1:]:
            if line.startswith("["):
                section = line
            elif line:
                found[section, line.split(":")[0]] = line
        return found


@pytest.fixture
def developer(tmp_path):
    developer = Developer(tmp_path)
    yield developer
    shutil.rmtree(developer.memory)


def mode(file):
    return stat.S_IMODE(file.stat().st_mode)


def test_the_first_secret_makes_the_file_and_its_key_and_says_what_to_do_with_it(developer):
    said = developer.set("TOKEN", VALUE + "\n")
    assert str(developer.key_file) in said and "BELAY_KEY" in said and VALUE not in said
    assert mode(developer.key_file) == 0o600 and developer.key_file.read_text().startswith("belay-key-1-")
    text = developer.file.read_text()
    assert re.fullmatch(r"belay-secrets 1 key [0-9a-f]{16}\nTOKEN: [A-Za-z0-9+/]+=*\n", text), text
    assert developer.show("TOKEN") == VALUE

    developer.set("TOKEN", VALUE)  # the same: the line stays, though each sealing has a nonce of its own
    assert developer.file.read_text() == text
    developer.set("TOKEN", "other", "--env", "production")
    developer.set("ALSO", "several\nlines\n\n", cwd=developer.repository / "deep")
    assert developer.show("TOKEN") == VALUE and developer.show("TOKEN", "--env", "production") == "other"
    assert developer.show("ALSO") == "several\nlines\n"
    assert list(developer.lines()) == [("", "ALSO"), ("", "TOKEN"), ("[production]", "TOKEN")]
    assert developer.lines()["", "TOKEN"] == text.splitlines()[1]


@pytest.mark.parametrize("arguments", [["TOKEN", VALUE], [f"TOKEN={VALUE}"], ["TOKEN", "--env", "production", VALUE]])
def test_a_value_as_an_argument_is_refused_and_not_repeated(developer, arguments):
    said = developer.belay("secrets", "set", *arguments, given="x", code=2)
    assert "takes no value as an argument" in said and "stdin" in said
    assert "s3cret" not in developer.said and not developer.file.exists()


@pytest.mark.parametrize("arguments, given, expected", [
    (["set", "1TOKEN"], "x", "cannot be the name of a secret"),
    (["set"], "x", "which secret?"),
    (["set", "TOKEN"], "", "is empty"),
    (["set", "TOKEN"], "x" * 65537, "longer than 64 KiB"),
    (["set", "TOKEN", "--env", "prodution"], "x", "there is no environment 'prodution'"),
    (["rm", "TOKEN"], "", "there are no secrets"),
    (["edit"], "", "there are no secrets"),
    (["rekey"], "", "there are no secrets"),
    (["stes", "TOKEN"], "", "belay secrets cannot 'stes'"),
    ([], "", "which action"),
])
def test_what_cannot_be_done_is_refused_and_leaves_nothing(developer, arguments, given, expected):
    assert expected in developer.belay("secrets", *arguments, given=given, code=2)
    assert not developer.file.exists() and not developer.key_file.exists()


def test_the_list_shows_names_and_sources_and_never_values(developer):
    developer.set("TOKEN", VALUE)
    developer.set("ONLY", VALUE, "--env", "staging")
    developer.key_file.unlink()  # the list needs no key
    listed = developer.belay("secrets", "list", "--json", TOKEN="t0ken-of-the-caller")
    found = {(one["name"], one["environment"]): one["from"] for one in json.loads(listed)["secrets"]}
    assert found == {("TOKEN", ""): "environment variable, secrets.belay", ("ONLY", "staging"): "secrets.belay",
                     ("OTHER", "production"): "missing", ("OTHER", "staging"): "missing"}
    table = developer.belay("secrets", "list", "--env", "production")
    assert "TOKEN" in table and "OTHER" in table and "ONLY" not in table
    assert "s3cret" not in listed + table and "t0ken" not in listed + table
    developer.configure(CONFIG.replace("secrets.belay }", "secrets.belay, command: 'op read {name}' }"))
    assert re.search(r"OTHER +production +command", developer.belay("secrets", "list"))


def test_rm_removes_one_line_and_needs_no_key(developer):
    developer.set("TOKEN", VALUE)
    developer.set("OTHER", VALUE)
    before = developer.lines()
    developer.key_file.unlink()
    developer.belay("secrets", "rm", "OTHER")
    assert developer.lines() == {("", "TOKEN"): before["", "TOKEN"]}
    assert "did you mean TOKEN?" in developer.belay("secrets", "rm", "TOKN", code=2)


def test_show_prints_to_a_terminal_only_unless_told_to(developer):
    developer.set("TOKEN", VALUE)
    said = developer.belay("secrets", "show", "TOKEN", code=2)
    assert "--reveal" in said and "s3cret" not in developer.said
    written = b""

    def read(terminal):
        nonlocal written
        written += (part := os.read(terminal, 4096))
        return part

    before = dict(os.environ), os.getcwd()
    try:
        os.environ.clear()
        os.environ.update(developer.environment({"TERM": "xterm"}))
        os.chdir(developer.repository)
        assert pty.spawn([str(developer.binary), "secrets", "show", "TOKEN"], read, lambda _: b"") == 0
    finally:
        os.environ.clear()
        os.environ.update(before[0])
        os.chdir(before[1])
    assert VALUE in written.decode()


def test_edit_changes_what_was_edited_and_keeps_the_other_lines(developer):
    for name, value in (("TOKEN", VALUE), ("OTHER", "one\ntwo\n"), ("GONE", "x")):
        developer.set(name, value)
    developer.set("TOKEN", "other", "--env", "production")
    before = developer.lines()
    seen = developer.home / "seen"
    editor = developer.editor(f"""cp "$1" {seen}; stat -c '%a %n' "$1" "$(dirname "$1")" >{seen}.mode
sed -i 's/^  TOKEN: .*/  TOKEN: changed/; /^GONE/d' "$1"; printf '  NEW: "added"\\n' >>"$1" """)
    developer.belay("secrets", "edit", EDITOR=editor, VISUAL=None)
    after = developer.lines()
    assert developer.show("TOKEN", "--env", "production") == "changed" and developer.show("NEW", "--env", "production") == "added"
    assert {place for place in before if after.get(place) != before[place]} == {("", "GONE"), ("[production]", "TOKEN")}
    assert VALUE.split()[0] in seen.read_text() and "OTHER: |-\n  one\n  two\n" in seen.read_text()
    modes = Path(f"{seen}.mode").read_text().splitlines()
    assert modes[0].startswith("600 /dev/shm/") and modes[1].startswith("700 /dev/shm/"), modes
    assert list(developer.memory.iterdir()) == []

    untouched = developer.file.read_bytes()
    assert "Nothing was changed" in developer.belay("secrets", "edit", EDITOR="true")
    assert developer.file.read_bytes() == untouched


@pytest.mark.parametrize("script, expected", [
    ("exit 3", "exit code 3"),
    ("kill -KILL $$", "nothing was changed"),
    ("echo '1BAD: s3cret' >>\"$1\"", "cannot be the name of a secret"),
    ("echo \"A: 's3cret\" >\"$1\"", "what was edited"),
    ("printf 'nowhere:\\n  A: s3cret\\n' >>\"$1\"", "there is no environment 'nowhere'"),
    (": >\"$1\"", "empty"),
    ("rm \"$1\"", ""),
])
def test_an_editor_that_fails_or_leaves_nonsense_changes_nothing_and_leaves_nothing(developer, script, expected):
    developer.set("TOKEN", VALUE)
    before = developer.file.read_bytes()
    code = 1 if script.startswith("rm") else 2
    assert expected in developer.belay("secrets", "edit", EDITOR=developer.editor(script), code=code)
    assert "s3cret" not in developer.said
    assert developer.file.read_bytes() == before and list(developer.memory.iterdir()) == []


@pytest.mark.parametrize("signal", [signal.SIGKILL, signal.SIGTERM])
def test_belay_killed_while_the_editor_runs_leaves_no_value(developer, signal):
    developer.set("TOKEN", VALUE)
    before, mark = developer.file.read_bytes(), developer.home / "edits"
    editor = developer.editor(f"trap '' HUP; touch {mark}; exec sleep 60")
    belay = subprocess.Popen([developer.binary, "secrets", "edit"], cwd=developer.repository, env=developer.environment({"EDITOR": editor}),
                             start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until("the editor runs", mark.exists, 30)
    assert any(developer.memory.iterdir())
    belay.send_signal(signal)
    belay.wait(60)
    wait_until("the text is gone", lambda: not any(developer.memory.iterdir()), 30)
    assert developer.file.read_bytes() == before
    run("pkill", "-KILL", "-s", str(belay.pid), check=False)  # the editor, should it still be there: it is in belay's session


def test_without_a_file_system_in_memory_nothing_is_edited(developer):
    developer.set("TOKEN", VALUE)
    said = run("unshare", "-m", "sh", "-c", f"mount --bind {developer.home} /dev/shm && cd {developer.repository} && XDG_RUNTIME_DIR={developer.home} HOME={developer.home} "
               f"EDITOR=true {developer.binary} secrets edit", check=False)
    assert said.code == 2 and "cannot be edited here" in said.err, said


def test_rekey_seals_all_with_a_new_key_and_keeps_the_old_one_beside_it(developer):
    developer.set("TOKEN", VALUE)
    developer.set("TOKEN", "other", "--env", "staging")
    old, before = developer.key_file.read_text(), developer.lines()
    said = developer.belay("secrets", "rekey")
    assert str(developer.key_file) in said and "BELAY_KEY" in said
    assert developer.key_file.read_text() != old and Path(f"{developer.key_file}.old").read_text() == old
    assert mode(developer.key_file) == 0o600 and not Path(f"{developer.key_file}.new").exists()
    assert developer.lines().keys() == before.keys() and not set(developer.lines().values()) & set(before.values())
    assert developer.show("TOKEN") == VALUE and developer.show("TOKEN", "--env", "staging") == "other"
    assert "is not the key of" in developer.belay("secrets", "show", "TOKEN", "--reveal", code=2, BELAY_KEY=old)
    new = developer.key_file.read_text()
    developer.key_file.unlink()
    assert developer.show("TOKEN", BELAY_KEY=new) == VALUE


def test_rekey_killed_at_any_moment_leaves_secrets_that_can_be_read(developer):
    developer.set("TOKEN", VALUE)
    for attempt in range(12):
        belay = subprocess.Popen([developer.binary, "secrets", "rekey"], cwd=developer.repository, env=developer.environment({}),
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(attempt * 0.004)  # another moment each time; whichever it is, the secrets can be read
        belay.kill()
        belay.wait()
        assert developer.show("TOKEN") == VALUE
    developer.belay("secrets", "rekey")
    assert developer.show("TOKEN") == VALUE and not Path(f"{developer.key_file}.new").exists()


def test_a_key_file_that_others_may_read_or_that_lies_in_the_repository_is_refused(developer):
    developer.set("TOKEN", VALUE)
    developer.key_file.chmod(0o640)
    assert f"chmod 600 {developer.key_file}" in developer.belay("secrets", "show", "TOKEN", "--reveal", code=2)
    developer.key_file.chmod(0o600)
    inside = developer.repository / "key"
    shutil.copy2(developer.key_file, inside)
    developer.configure(CONFIG.replace("secrets.belay }", f"secrets.belay, key_file: {inside} }}"))
    assert "lies in the repository" in developer.belay("secrets", "show", "TOKEN", "--reveal", code=2)
    assert "s3cret" not in developer.said


def test_without_a_key_set_says_so_before_it_takes_a_value(developer):
    developer.set("TOKEN", VALUE)
    developer.key_file.unlink()
    said = developer.belay("secrets", "set", "OTHER", given="x", code=2)
    assert "there is no key for secrets.belay" in said and "BELAY_KEY" in said
    assert not developer.key_file.exists()
    assert "BELAY_KEY holds no key of belay" in developer.belay("secrets", "set", "OTHER", given="x", code=2, BELAY_KEY="belay-key-1-abc")


def test_all_that_the_sources_cannot_give_is_told_at_once_with_its_place(developer):
    developer.configure(CONFIG.replace("secrets.belay }", "secrets.belay, command: \"sh ./ask {name}\" }").replace("${OTHER}", "${OTHER} ${MORE}"))
    developer.set("TOKEN", VALUE)
    value = developer.file.read_text().splitlines()[1].removeprefix("TOKEN: ")
    developer.file.write_text(developer.file.read_text().replace(value, ("B" if value[0] == "A" else "A") + value[1:]))
    (developer.repository / "ask").write_text('echo "no $1 here" >&2; exit 4\n')
    said = developer.belay("check", "production", code=2, cwd=developer.repository / "deep")
    places = re.findall(r"^(\S+?):(\d+):(\d+): (.*)", said, re.M)
    assert [(place[0], place[1], place[2]) for place in places] == [("../belay.yml", "4", "22"), ("../belay.yml", "4", "31"), ("../secrets.belay", "2", "1")], said
    assert "OTHER is not known: sh ./ask OTHER: exit code 4: no OTHER here" in said and "MORE is not known" in said and "value of TOKEN" in said
    assert "3 problems; nothing was touched" in said
    assert "test: 'echo ${TOKEN} ${OTHER} ${MORE}'\n" in said  # the line, with a caret below


def test_the_key_is_in_no_environment_of_a_child(developer):
    developer.set("TOKEN", VALUE)
    key = developer.key_file.read_text()
    developer.key_file.unlink()
    developer.configure(CONFIG.replace("secrets.belay }", "secrets.belay, command: \"env >asked.{name}; cat /proc/$PPID/environ >belays.{name}; exit 1\" }"))
    assert "OTHER is not known" in developer.belay("check", "production", code=2, BELAY_KEY=key)
    asked, belays = ((developer.repository / name).read_bytes().decode() for name in ("asked.OTHER", "belays.OTHER"))
    assert "HOME=" in asked and "BELAY_KEY" not in asked
    assert "HOME=" in belays and key.strip() not in belays  # nor does /proc show it
