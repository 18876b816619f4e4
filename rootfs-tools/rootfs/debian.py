"""Debian packages: what a set of names needs, and the files, by apt itself, with nothing installed on this machine."""

import io
import os
import subprocess
import tarfile
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

# As a minimal Debian leaves them out; the licences stay.
LEFT_OUT = tuple(
    f"usr/share/{name}/" for name in ("bash-completion", "bug", "doc-base", "info", "lintian", "locale", "man", "menu")
)


class PackageError(Exception):
    """apt cannot deliver; the text says what to do."""


@dataclass(frozen=True)
class Package:
    """One version of a package; `file` is the name that apt stores it under."""

    name: str
    version: str
    file: str


class Archive:
    """apt with an empty list of installed packages and a cache of its own, so that everything needed counts as new."""

    def __init__(self, directory):
        self.directory = Path(directory).absolute()
        for name in ("archives", "none"):
            (self.directory / name / "partial").mkdir(parents=True, exist_ok=True)
        (self.directory / "status").touch()

    def resolve(self, names):
        """The packages that `names` need, each with all it depends on, by name."""
        # apt prints nothing of a file that it finds in its cache: it is shown an empty one.
        lines = self._install(names, "--print-uris", "none").splitlines()
        files = [line.split()[1] for line in lines if line.startswith("'")]
        return sorted((_parse(file) for file in files), key=lambda package: package.name)

    def download(self, names):
        """Fetches what is not there yet; apt checks the digests."""
        self._install(names, "--download-only", "archives")

    def path(self, package):
        return self.directory / "archives" / package.file

    def contents(self, package):
        """The package's files as a tar archive in memory."""
        command = ["dpkg-deb", "--fsys-tarfile", self.path(package)]
        data = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        return tarfile.open(fileobj=io.BytesIO(data))

    def _install(self, names, mode, cache):
        options = {
            "Dir::State::status": self.directory / "status",
            "Dir::Cache::archives": self.directory / cache,
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Debug::NoLocking": "true",
            "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false",
        }
        command = ["apt-get", "install", "--yes", "-qq", mode]
        command += [f"-o{key}={value}" for key, value in options.items()]
        result = subprocess.run(
            command + list(names), text=True, capture_output=True, env=dict(os.environ, LC_ALL="C.UTF-8"), check=False
        )
        if result.returncode != 0:
            reason = result.stderr.strip() or result.stdout.strip()
            raise PackageError(f"apt cannot fetch {' '.join(names)}: {reason}\nTry `apt-get update` first.")
        return result.stdout


def is_wanted(path):
    """Whether a small image keeps a file of a package."""
    if path.startswith("usr/share/doc/"):
        return path.endswith("/copyright")
    return not path.startswith(LEFT_OUT)


def _parse(file):
    # NAME_VERSION_ARCHITECTURE.deb, with the epoch's colon escaped.
    name, version, _ = urllib.parse.unquote(file).split("_")
    return Package(name, version, file)
