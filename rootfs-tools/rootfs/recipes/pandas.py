"""What a data team really runs: Debian with Python, pandas and drivers, every file of every package. For benchmarks."""

import hashlib
from pathlib import Path

from .. import debian, layout
from .etl import debian_layers

TAG = "latest"
LAYERS = [
    ("base", ["base-files", "base-passwd", "bash", "coreutils", "dash", "apt", "grep", "mawk", "perl-base", "sed", "tar", "util-linux"]),
    ("python", ["python3", "python3-requests"]),
    ("pandas", ["python3-pandas", "python3-lxml", "python3-openpyxl"]),
    ("drivers", ["python3-boto3", "python3-sqlalchemy", "python3-psycopg2", "python3-cryptography"]),
]


def build(out, cache):
    archive = debian.Archive(cache)
    names = [name for _, seeds in LAYERS for name in seeds]
    recipe = hashlib.sha256(repr((archive.resolve(names), Path(__file__).read_bytes())).encode()).hexdigest()
    if layout.is_current(out, recipe):
        return False
    archive.download(names)
    layers = debian_layers(archive, LAYERS, lambda path: True)
    layout.write(out, TAG, layers, {"Env": ["PATH=/usr/bin:/bin", "LANG=C.UTF-8"], "Cmd": ["python3"]}, recipe)
    return True
