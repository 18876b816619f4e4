"""What a directory holds: for comparing before with after, and what was unpacked with what should be."""

import hashlib
import os
import stat

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}


def snapshot(root):
    """Everything that can be told of a tree, {path: facts}; reading it changes nothing of that."""
    return {path: facts(os.path.join(root, path)) for path in paths(root)}


def paths(root):
    """All paths below `root`, and `.` for itself, however deep."""
    yield "."
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            yield os.path.relpath(os.path.join(directory, name), root)


def facts(path):
    status = os.lstat(path)
    content = None
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    attributes = {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}
    return (
        status.st_mode, status.st_uid, status.st_gid, status.st_nlink, status.st_rdev, status.st_mtime_ns, status.st_ctime_ns, content,
        attributes)


def kinds(root):
    """What lies below an unpacked layer, {path: kind}, and `.` when it is more than a directory."""
    found = {path: kind(os.path.join(root, path)) for path in paths(root)}
    if found["."] == "directory":
        del found["."]
    return found


def kind(path):
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return f"-> {os.readlink(path)}"
    if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
        return "whiteout"
    if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
        name = "character" if stat.S_ISCHR(status.st_mode) else "block"
        return f"{name} {os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    if stat.S_ISDIR(status.st_mode) and opaque(path):
        return "opaque"
    return KINDS[stat.S_IFMT(status.st_mode)]


def opaque(path):
    try:
        return os.getxattr(path, "trusted.overlay.opaque") == b"y"
    except OSError:
        return False
