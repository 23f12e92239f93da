"""`package --sign`, and `belay version --verify`: with keys and signatures of the real minisign."""
import base64
import json
import shutil
from pathlib import Path

import pytest
from belay_package import signing
from belay_world.commands import run
from published import Published

from conftest import REPOSITORY


class Keys:
    def __init__(self, directory):
        self.directory = directory
        for name in ("publisher", "other"):
            run("minisign", "-G", "-W", "-s", directory / f"{name}.key", "-p", directory / f"{name}.pub")

    def secret(self, name="publisher"):
        return self.directory / f"{name}.key"

    def public(self, name="publisher"):
        return (self.directory / f"{name}.pub").read_text().splitlines()[1]

    def id(self, name="publisher"):
        return (self.directory / f"{name}.pub").read_text().splitlines()[0].split()[-1]


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def signed(elsewhere, keys, tmp_path_factory):
    """What is published of a program that knows the publisher's key."""
    elsewhere.configure(f"-DBELAY_MINISIGN_PUBLIC_KEY={keys.public()}")
    elsewhere.compile()
    out = tmp_path_factory.mktemp("signed")
    return Published.of(elsewhere.directory, elsewhere.build, out, "--sign", keys.secret(), epoch=elsewhere.epoch)


@pytest.fixture
def program(signed, tmp_path):
    """The program of the tarball, where it was unpacked: bin/belay."""
    run("tar", "-C", tmp_path, "--strip-components", "1", "-xzf", signed.tarball)
    return tmp_path / "bin/belay"


def signature_of(program):
    return program.parent.parent / "share/belay/belay.minisig"


def own_comment(program):
    """What `package` signs the program as."""
    return run("sed", "-n", "s/^trusted comment: //p", signature_of(program)).out.strip()


def sign_anew(program, keys, comment, *options, by="publisher"):
    run("minisign", "-S", "-s", keys.secret(by), "-t", comment, "-m", program, "-x", signature_of(program), *options)


def verify(program):
    return run(program, "version", "--verify", check=False)


def refused(program, why):
    said = verify(program)
    assert said.code == 1 and why in said.err and said.out == "", said
    return said


def test_the_packaged_program_knows_its_signature(program, keys):
    said = verify(program)
    assert said.code == 0
    assert said.out.splitlines()[1] == f"signed by key {keys.id()}: {signature_of(program)}"
    told = json.loads(run(program, "version", "--verify", "--json").out)
    assert (told["key"], told["signature"]) == (keys.id(), str(signature_of(program)))


def test_the_installed_deb_knows_its_signature(signed, tmp_path):
    run("dpkg-deb", "-x", signed.deb, tmp_path)
    assert "signed by key" in verify(tmp_path / "usr/bin/belay").out


def test_a_signature_beside_the_program_comes_first(program):
    shutil.move(signature_of(program), f"{program}.minisig")
    assert f": {program}.minisig" in verify(program).out
    Path(f"{program}.minisig").write_text("no signature\n")
    refused(program, f"{program}.minisig")


def test_a_program_that_was_changed_after_it_was_signed_is_found(program):
    with open(program, "ab") as file:
        file.write(b"\0")
    refused(program, "these are not the bytes that were signed")


@pytest.mark.parametrize("line", [1, 3])
def test_a_flipped_bit_in_the_signature_is_found(program, line):
    lines = signature_of(program).read_text().splitlines()
    raw = base64.b64decode(lines[line])
    for at in range(0, len(raw), 7):
        flipped = raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1:]
        changed = [*lines[:line], base64.b64encode(flipped).decode(), *lines[line + 1:]]
        signature_of(program).write_text("\n".join(changed) + "\n")
        refused(program, "is not good")


def test_a_cut_signature_is_found(program):
    whole = signature_of(program).read_bytes()
    for size in (0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 2):
        signature_of(program).write_bytes(whole[:size])
        refused(program, "it is no signature of minisign: line ")


def test_another_key_is_named(program, keys):
    sign_anew(program, keys, own_comment(program), by="other")
    refused(program, f"key {keys.id('other')} made it, and belay's key is {keys.id()}")


@pytest.mark.parametrize("comment", ["belay 99.0 x86_64", "belay 0.1.0 sparc64", "something else"])
def test_a_signature_under_another_name_is_found(program, keys, comment):
    sign_anew(program, keys, comment)
    refused(program, f'it says "{comment}", and this is belay ')


def test_a_changed_trusted_comment_is_found(program):
    text = signature_of(program).read_text()
    signature_of(program).write_text(text.replace("trusted comment: belay ", "trusted comment: Belay "))
    refused(program, "its trusted comment is not the one that was signed")


def test_a_signature_of_the_old_kind_is_not_taken(program, keys):
    sign_anew(program, keys, own_comment(program), "-l")
    refused(program, "minisign's old kind")


def test_without_a_signature_both_places_are_named(program):
    signature_of(program).unlink()
    said = refused(program, "this belay has no signature")
    assert f"{program}.minisig" in said.err and str(signature_of(program)) in said.err


def test_a_program_without_a_key_says_so():
    refused(REPOSITORY / "build/release/belay", "it was built without a public key")


def test_verify_takes_no_further_words(program):
    assert run(program, "version", "--verify", "all", check=False).code == 2


def test_minisign_takes_each_published_file_under_its_own_name_only(signed, keys):
    version = run("dpkg-deb", "-f", signed.deb, "Version").out.strip()
    files = {name for name in signed.files() if not name.endswith(".minisig")}
    assert {f"{name}.minisig" for name in files} == set(signed.files()) - files
    for name in files:
        said = run("minisign", "-VQHm", signed.directory / name, "-P", keys.public())
        assert said.out.strip() == f"{name} of belay {version}"


@pytest.mark.full
def test_a_key_with_a_password_is_asked_for_it_once(tmp_path, monkeypatch):
    key, file = tmp_path / "a.key", tmp_path / "file"
    file.write_text("content")
    run("minisign", "-G", "-s", key, "-p", tmp_path / "a.pub", stdin="secret\nsecret\n")
    asked = []
    monkeypatch.setattr(signing, "ask", lambda: asked.append(1) or "secret")
    signer = signing.Signer(key)
    signer.sign(file, "file")
    signer.sign(file, "file", tmp_path / "again.minisig")
    assert asked == [1]
    run("minisign", "-Vm", file, "-p", tmp_path / "a.pub")
    monkeypatch.setattr(signing, "ask", lambda: "wrong")
    with pytest.raises(signing.CannotSign, match="Wrong password"):
        signing.Signer(key).sign(file, "file")


def test_a_program_that_does_not_know_the_key_is_not_published(keys, elsewhere, tmp_path, signed):
    with pytest.raises(Exception, match="does not take the signature"):
        Published.of(elsewhere.directory, elsewhere.build, tmp_path / "out", "--sign", keys.secret("other"), epoch=elsewhere.epoch)
