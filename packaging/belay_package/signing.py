"""Signatures of minisign. Each says in its trusted comment what was signed, so that one file cannot stand for another."""
import base64
import getpass
import subprocess
import sys
import tempfile
from pathlib import Path

WITHOUT_PASSWORD = b"\0\0"  # in place of the name of the function that makes a key of a password


class CannotSign(Exception):
    pass


class Signer:
    """Asks once for the password, if the key has one: on the terminal, or as a line of stdin."""

    def __init__(self, key):
        self.key = Path(key)
        self.password = ask() if self.has_password() else ""

    def has_password(self):
        lines = self.key.read_text().splitlines()
        return base64.b64decode(lines[1])[2:4] != WITHOUT_PASSWORD

    def sign(self, file, comment, into=None):
        """Writes FILE.minisig, or `into`."""
        said = subprocess.run(
            ["minisign", "-S", "-s", self.key, "-t", comment, "-c", "verify with minisign, or: belay version --verify",
             "-m", file, "-x", into or f"{file}.minisig"],
            input=f"{self.password}\n", capture_output=True, text=True,
        )
        if said.returncode != 0:
            raise CannotSign(f"cannot sign {file} with {self.key}: {(said.stderr or said.stdout).strip()}")

    def signature(self, content, comment):
        """The text of a .minisig of these bytes."""
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "content"
            file.write_bytes(content)
            self.sign(file, comment)
            return Path(f"{file}.minisig").read_text()


def ask():
    return getpass.getpass("password of the signing key: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def require_verified(tree):
    """The program of this tree has to find its signature, and to take it."""
    with tempfile.TemporaryDirectory() as directory:
        tree.only("bin/", "share/belay/").write(directory)
        said = subprocess.run([f"{directory}/bin/belay", "version", "--verify"], capture_output=True, text=True)
        if said.returncode != 0:
            raise CannotSign(f"the program does not take the signature that was just made:\n{said.stdout}{said.stderr}")
