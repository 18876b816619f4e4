"""A file tree in memory, on its way to be an image layer."""

import io
import tarfile
from dataclasses import dataclass

# Every file has this time (2023-11-14T22:13:20Z), so that the same content makes the same digest.
TIMESTAMP = 1_700_000_000

# Debian's packages of 12 still ship these at the root; the system they make has them under usr/.
MERGED_INTO_USR = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class Entry:
    """A file, directory or link; `kind` is tarfile's type."""

    kind: bytes
    mode: int
    uid: int = 0
    gid: int = 0
    data: bytes = b""
    target: str = ""


class FileTree:
    """Entries by their path, which has no leading slash."""

    def __init__(self):
        self.entries = {}

    def file(self, path, data, mode=0o644, uid=0, gid=0):
        self.entries[path] = Entry(tarfile.REGTYPE, mode, uid, gid, data=data)

    def directory(self, path, mode=0o755, uid=0, gid=0):
        self.entries[path] = Entry(tarfile.DIRTYPE, mode, uid, gid)

    def link(self, path, target):
        self.entries[path] = Entry(tarfile.SYMTYPE, 0o777, target=target)

    def add_package(self, archive, wanted):
        """Adds the members of a Debian package's data archive for whose path `wanted` is true."""
        for member in archive:
            path = merge_usr(member.name)
            if not path or not wanted(path):
                continue
            if member.isreg():
                data = archive.extractfile(member).read()
                self.file(path, data, member.mode, member.uid, member.gid)
            elif member.isdir():
                # A directory that several packages have keeps the mode of the first.
                if path not in self.entries:
                    self.directory(path, member.mode, member.uid, member.gid)
            elif member.issym():
                self.link(path, member.linkname)
            elif member.islnk():
                self.entries[path] = Entry(tarfile.LNKTYPE, member.mode, target=merge_usr(member.linkname))
            else:
                raise ValueError(f"{path}: a package with a device or a pipe in it")

    def tar(self):
        """The tree as a tar archive: sorted, hard links last so that what they name is there."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for path in sorted(self.entries, key=lambda path: (self.entries[path].kind == tarfile.LNKTYPE, path)):
                entry = self.entries[path]
                info = tarfile.TarInfo(path)
                info.type, info.mode, info.mtime = entry.kind, entry.mode, TIMESTAMP
                info.uid, info.gid, info.linkname, info.size = entry.uid, entry.gid, entry.target, len(entry.data)
                archive.addfile(info, io.BytesIO(entry.data))
        return buffer.getvalue()


def merge_usr(name):
    """A package's path as it is on a system whose /bin and /lib are links to /usr; empty for the root and the links."""
    path = name.removeprefix("./").strip("/")
    if path == ".":
        return ""
    first, _, rest = path.partition("/")
    if first not in MERGED_INTO_USR:
        return path
    return f"usr/{path}" if rest else ""
