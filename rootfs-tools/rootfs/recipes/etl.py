"""A small Debian with Python, SQLite, the Unicode character database and a job over it, in four layers."""

import hashlib
from pathlib import Path

from .. import debian, layout
from ..tree import MERGED_INTO_USR, FileTree

TAG = "latest"
JOB = Path(__file__).parents[2] / "etl/job.py"
USER, UID = "etl", 1000
LAYERS = [
    ("base", ["base-files", "base-passwd", "coreutils", "dash", "grep", "mawk", "sed"]),
    ("python", ["python3", "sqlite3"]),
    ("data", ["unicode-data"]),
]
DATA = {f"usr/share/unicode/{name}.txt" for name in ("Blocks", "PropertyValueAliases", "Scripts", "UnicodeData")}


def build(out, cache):
    archive = debian.Archive(cache)
    names = [name for _, seeds in LAYERS for name in seeds]
    packages = archive.resolve(names)
    recipe = _digest_of_recipe(packages)
    if layout.is_current(out, recipe):
        return False

    archive.download(names)
    layers = debian_layers(archive, LAYERS, _is_wanted)
    users = {name: layers[0][1].entries[f"usr/share/base-passwd/{name}.master"].data for name in ("passwd", "group")}
    layers[0][1].file("etc/passwd", users["passwd"])
    layers[0][1].file("etc/group", users["group"])
    layers.append(("job", _job(users)))

    config = {
        "User": USER,
        "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", f"HOME=/home/{USER}"],
        "Entrypoint": ["python3", "/opt/etl/job.py"],
        "Cmd": ["/usr/share/unicode"],
        "WorkingDir": f"/home/{USER}",
    }
    layout.write(out, TAG, layers, config, recipe)
    return True


def data_package(cache):
    """The Debian package that the image's data comes from, once the image is built."""
    archive = debian.Archive(cache)
    (package,) = (package for package in archive.resolve(["unicode-data"]) if package.name == "unicode-data")
    return archive.path(package)


def debian_layers(archive, names, is_wanted):
    """Layers of packages, lowest first: each has what its names need and no layer below has."""
    layers, below, seeds = [], set(), []
    for comment, more in names:
        seeds += more
        needed = archive.resolve(seeds)
        tree = _base() if not layers else FileTree()
        for package in needed:
            if package not in below:
                tree.add_package(archive.contents(package), is_wanted)
        below.update(needed)
        layers.append((comment, tree))
    return layers


def _digest_of_recipe(packages):
    sources = [JOB, Path(__file__), Path(debian.__file__), Path(layout.__file__)]
    digest = hashlib.sha256(repr(packages).encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _base():
    """What no package ships, because installation scripts make it: the merged /usr and empty mount points."""
    tree = FileTree()
    for name in MERGED_INTO_USR[:3] + ("lib64",):
        tree.link(name, f"usr/{name}")
    for name in ("dev", "proc", "run", "sys"):
        tree.directory(name)
    return tree


def _job(users):
    tree = FileTree()
    tree.directory("home")
    tree.directory(f"home/{USER}", 0o755, UID, UID)
    tree.directory("opt")
    tree.directory("opt/etl")
    tree.file("opt/etl/job.py", JOB.read_bytes(), 0o755)
    tree.file("etc/passwd", users["passwd"] + f"{USER}:x:{UID}:{UID}:ETL:/home/{USER}:/usr/sbin/nologin\n".encode())
    tree.file("etc/group", users["group"] + f"{USER}:x:{UID}:\n".encode())
    return tree


def _is_wanted(path):
    if path.startswith("usr/share/unicode/"):
        return path in DATA
    return debian.is_wanted(path)
