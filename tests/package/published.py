"""A directory of published files."""
import json
import os
from pathlib import Path

from belay_world.commands import run

ARCHITECTURE = run("dpkg", "--print-architecture").out.strip()


class Published:
    def __init__(self, directory):
        self.directory = Path(directory)

    @classmethod
    def of(cls, repository, build, directory, *options, epoch=None):
        """What the packaging of that tree makes of the program in `build`."""
        env = {**os.environ, **({"SOURCE_DATE_EPOCH": str(epoch)} if epoch else {})}
        run(Path(repository) / "packaging/package", "--out", directory, *options, f"{ARCHITECTURE}={build}", env=env)
        return cls(directory)

    def one(self, pattern):
        [found] = self.directory.glob(pattern)
        return found

    @property
    def deb(self):
        return self.one(f"belay_*_{ARCHITECTURE}.deb")

    @property
    def tarball(self):
        return self.one(f"belay-*-linux-{ARCHITECTURE}.tar.gz")

    @property
    def image(self):
        return self.one(f"belay-*-image-{ARCHITECTURE}.tar")

    @property
    def parts(self):
        """The list of what is linked in."""
        return json.loads(self.one("belay-*.spdx.json").read_text())

    def files(self):
        return {file.name: file.read_bytes() for file in self.directory.iterdir()}
