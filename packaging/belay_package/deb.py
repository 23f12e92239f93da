"""The Debian package."""
import os
import subprocess
import tempfile
from email.utils import formatdate
from pathlib import Path

from .tree import Tree, gzipped

MAINTAINER = "belay's maintainers <maintainers@belay.invalid>"
CONTROL = """\
Package: belay
Version: {version}
Section: admin
Priority: optional
Architecture: {architecture}
Maintainer: {maintainer}
Installed-Size: {size}
Recommends: git, openssh-client, rsync
Built-Using: {sources}
Description: deploys Docker Compose applications, and catches the release that falls
 belay ships a Docker Compose application to a server over SSH: test, backup
 of the database, build, migration, switch, check of the health. If anything
 fails, the previous release serves; the server makes sure of that by itself.
 .
 It is one static program. Nothing is installed on the server but Docker,
 sshd and rsync.
"""
# What lintian says of a static program that is not uploaded to Debian, and is meant to be what it says.
OVERRIDES = """\
belay: binary-from-other-architecture
belay: bogus-mail-host
belay: copyright-not-using-common-license-for-lgpl
belay: copyright-without-copyright-notice
belay: embedded-library
belay: initial-upload-closes-no-bugs
belay: shared-library-lacks-prerequisites
belay: statically-linked-binary
"""


def changelog(version, epoch):
    return f"belay ({version}) unstable; urgency=medium\n\n  * Release {version}.\n\n -- {MAINTAINER}  {formatdate(epoch)}\n"


def copyright_text(packages, known):
    lines = ["belay's repository names no licence.", "", "The program has parts of these Debian packages:", ""]
    lines += [f"  {package.name} {package.version}: {known[package.source]}" for package in packages]
    return "\n".join([*lines, "", "notices.gz beside this file has what these packages say of their authors and licences.", ""])


def notices(packages):
    """Those packages' own words, once for each source package."""
    first = {package.source: package for package in reversed(packages)}
    text = ""
    for source, package in sorted(first.items()):
        file = Path(f"/usr/share/doc/{package.name}/copyright")
        text += f"{'=' * 80}\n{source}: {file}\n{'=' * 80}\n\n{file.read_text(encoding='utf-8', errors='replace').rstrip()}\n\n\n"
    return text


def deb(tree, architecture, version, epoch, packages, into):
    """Writes the package of this tree (paths below usr) into the directory, and returns its path."""
    tree = Tree(dict(tree.files))
    tree.put("usr/share/doc/belay/changelog.gz", gzipped(changelog(version, epoch).encode()))
    tree.put("usr/share/lintian/overrides/belay", OVERRIDES)
    size = sum(len(content) for content, _ in tree.files.values())
    sources = sorted({f"{package.source} (= {package.source_version})" for package in packages})
    control = CONTROL.format(version=version, architecture=architecture, maintainer=MAINTAINER, size=-(-size // 1024),
                             sources=", ".join(sources))
    tree.put("DEBIAN/control", control)
    made = Path(into) / f"belay_{version}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        tree.write(root)
        # One thread: with more of them xz cuts the data into other blocks.
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "-Zxz", "--threads-max=1", "--build", root, made],
            check=True, stdout=subprocess.DEVNULL, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)},
        )
    return made
