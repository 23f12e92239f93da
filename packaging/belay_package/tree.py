"""A tree of files, and what is made of it: each in one way only, so that the same files are always the same bytes."""
import gzip
import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path


def gzipped(content):
    """As `gzip -n -9`: without a name and a time."""
    return gzip.compress(content, 9, mtime=0)


@dataclass
class Tree:
    """Paths without a leading slash. All of it belongs to root; directories have mode 0755."""
    files: dict = field(default_factory=dict)  # path: (content, mode)

    def put(self, path, content, mode=0o644):
        self.files[path] = (content.encode() if isinstance(content, str) else content, mode)

    def below(self, prefix):
        return Tree({f"{prefix}/{path}": of for path, of in self.files.items()})

    def only(self, *beginnings):
        return Tree({path: of for path, of in self.files.items() if path.startswith(beginnings)})

    def directories(self):
        return sorted({str(parent) for path in self.files for parent in Path(path).parents} - {"."})

    def tar(self, epoch):
        """Uncompressed, sorted by path."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path in sorted([*self.files, *self.directories()]):
                content, mode = self.files.get(path, (None, 0o755))
                entry = tarfile.TarInfo(path)
                entry.mtime, entry.mode, entry.uname, entry.gname = epoch, mode, "root", "root"
                if content is None:
                    entry.type = tarfile.DIRTYPE
                else:
                    entry.size = len(content)
                archive.addfile(entry, None if content is None else io.BytesIO(content))
        return out.getvalue()

    def write(self, directory):
        """Into a directory that is there; the umask has no say."""
        for path in self.directories():
            (Path(directory) / path).mkdir()
            (Path(directory) / path).chmod(0o755)
        for path, (content, mode) in self.files.items():
            (Path(directory) / path).write_bytes(content)
            (Path(directory) / path).chmod(mode)
