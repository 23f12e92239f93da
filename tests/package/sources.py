"""A copy of the repository's files, as they are in the work tree, that is built by itself."""
import os
import shutil
from pathlib import Path

from belay_world.commands import run
from belay_world.sample import commit_seed


class Sources:
    def __init__(self, repository, directory):
        self.directory = Path(directory)
        self.epoch = run("git", "-C", repository, "log", "-1", "--format=%ct").out.strip()
        for name in run("git", "-C", repository, "ls-files", "-coz", "--exclude-standard").out.split("\0"):
            source, target = Path(repository) / name, self.directory / name
            if name and source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target, follow_symlinks=False)

    @property
    def build(self):
        return self.directory / "build/release"

    def configure(self, *options):
        run("cmake", "--preset", "release", *options, cwd=self.directory)

    def compile(self, **environment):
        env = {**os.environ, **environment}
        run("cmake", "--build", "--preset", "release", "--target", "belay", cwd=self.directory, env=env, limit=3000)

    def forget_some_objects(self, how_many):
        """Deletes objects of the program, others with each commit, and returns their names."""
        objects = sorted(self.build.glob("src/*/CMakeFiles/belay_*.dir/*.cpp.o"))
        first = commit_seed() % len(objects)
        chosen = [objects[(first + step * len(objects) // how_many) % len(objects)] for step in range(how_many)]
        for file in chosen:
            file.unlink()
        return [file.name for file in chosen]
