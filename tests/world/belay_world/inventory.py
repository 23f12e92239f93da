"""What is there, for tests that ask whether anything was left behind: compare one taken before with one taken after."""
import os
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Inventory:
    containers: dict = field(default_factory=dict)  # name -> state
    images: dict = field(default_factory=dict)  # name of the app's images -> id
    networks: list = field(default_factory=list)
    volumes: list = field(default_factory=list)
    processes: dict = field(default_factory=dict)  # belay's on the host: pid -> command line
    files: list = field(default_factory=list)  # under the live directory, without the application's own
    temporary: list = field(default_factory=list)  # what the controller left in its TMPDIR

    def difference(self, later):
        """{field: (gone, new)} with only what differs; a container's state and an image's id count."""
        found = {}
        for name in self.__dataclass_fields__:
            before, after = (flat(getattr(which, name)) for which in (self, later))
            if before != after:
                found[name] = (sorted(before - after), sorted(after - before))
        return found


def flat(value):
    return {f"{key} = {of}" for key, of in value.items()} if isinstance(value, dict) else set(value)


def host_processes(*directories):
    """The processes whose program lies in one of these directories: {pid: command line}."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            program = os.readlink(entry / "exe")
            if any(program.startswith(f"{directory}/") for directory in directories):
                found[int(entry.name)] = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
    return found


def tree(directory, depth=6):
    """Relative paths of everything below, folders with a slash at the end; sources are not descended into."""
    found = []
    for parent, folders, names in os.walk(directory):
        relative = os.path.relpath(parent, directory)
        prefix = "" if relative == "." else relative + "/"
        found += [prefix + name for name in names] + [f"{prefix}{name}/" for name in folders]
        folders[:] = [name for name in folders if name != "source" and prefix.count("/") < depth]
    return sorted(found)
