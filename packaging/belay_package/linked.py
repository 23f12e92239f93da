"""What is in a program that is not belay's own: the Debian packages of what the linker took, and of the headers that were compiled.

Nothing here is a list by hand. The linker's map names each archive and object of which the program has a section; the compiler's
own lists of headers name the rest (a library of templates has no archive). dpkg says whose files these are.
"""
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# " .text.inflate  0x00000000001f2c0     0x24 /usr/lib/x86_64-linux-gnu/libz.a(inflate.o)": a long name has a line of its own.
SECTION = re.compile(r"^ (?:\S+)? +0x[0-9a-f]+ +0x0*[1-9a-f][0-9a-f]* (?P<file>[^(]+)(?:\(.*\))?$")
MAP_BEGINS = "\nLinker script and memory map\n"  # what stands before it was thrown away


class Unknown(Exception):
    """Something is in the program of which nobody can say what it is."""


@dataclass(frozen=True, order=True)
class Package:
    name: str  # of the binary package, without its architecture
    version: str
    architecture: str
    source: str
    source_version: str
    linked: bool  # from an archive or an object; otherwise only headers of it were compiled

    @property
    def purl(self):
        return f"pkg:deb/debian/{self.name}@{quote(self.version, safe='')}?arch={self.architecture}"


def files_in_map(text):
    """The files of which the program has a section, as the linker's map has them."""
    _, _, kept = text.partition(MAP_BEGINS)
    return {found["file"] for found in map(SECTION.match, kept.splitlines()) if found}


def headers_of(text):
    """The headers in what `ninja -t deps` prints, of the objects of the program: those below src/."""
    found, ours = set(), False
    for line in text.splitlines():
        if line[:1].strip():
            ours = line.startswith("src/")
        elif ours and line.strip():
            found.add(line.strip())
    return found


def foreign(files, build):
    """Absolute paths of those that are of this machine and not of the repository; names may be relative to the build directory."""
    inside = Path(build).resolve().parent.parent
    paths = {Path(os.path.normpath(Path(build).resolve() / file)) for file in files}
    return {path for path in paths if inside not in path.parents}


def owners(paths):
    """{package:architecture} of these files. Unknown names those that belong to none."""
    names = sorted({str(path) for path in paths} | {str(path.resolve()) for path in paths})
    said = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout
    owner = {}
    for line in said.splitlines():
        packages, _, file = line.rpartition(": ")
        owner[file] = packages.split(", ")[0]
    lost = sorted(str(path) for path in paths if str(path) not in owner and str(path.resolve()) not in owner)
    if lost:
        raise Unknown("no Debian package owns what is in the program: " + ", ".join(lost))
    return {owner.get(str(path)) or owner[str(path.resolve())] for path in paths}


def packages(names, linked):
    if not names:
        return set()
    fields = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", fields, *sorted(names)], capture_output=True, text=True, check=True).stdout
    return {Package(*line.split("\t"), linked=linked) for line in said.splitlines()}


def linked_in(map_file, build):
    """The packages in the program that was linked with this map in this build directory, sorted."""
    files = files_in_map(Path(map_file).read_text())
    if not files:
        raise Unknown(f"{map_file} names no file: is it a map of GNU ld?")
    headers = headers_of(subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout)
    archives = owners(foreign(files, build))
    return sorted(packages(archives, True) | packages(owners(foreign(headers, build)) - archives, False))


def licences(file):
    """{source package: SPDX expression}"""
    lines = (line.split(None, 1) for line in Path(file).read_text().splitlines() if line and not line.startswith("#"))
    return {source: expression.strip() for source, expression in lines}


def licence_of(package, known):
    if package.source not in known:
        raise Unknown(f"{package.name} is in the program, and packaging/licences does not know the licence of its source {package.source}")
    return known[package.source]
