"""Writes OCI image layouts as streams, so that a bomb costs what it is compressed to; every lie can be told."""

import functools
import hashlib
import json
import os
import platform
import tarfile
from pathlib import Path

from . import compression
from .archive import END

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"
SUFFIXES = {compression.plain: "", compression.zstd: "+zstd", compression.zstd_window: "+zstd"}
REFERENCE_NAME = "org.opencontainers.image.ref.name"


class Layout:
    """A layout in the making."""

    def __init__(self, directory, name):
        self.directory, self.name = Path(directory), name
        self.blobs = self.directory / "blobs/sha256"
        self.diff_ids = []  # of its layers, in the order in which they were made
        self.blobs.mkdir(parents=True)
        (self.directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')

    def blob(self, chunks, media_type):
        """Stores bytes, or a stream of them. Returns their descriptor."""
        chunks = [chunks] if isinstance(chunks, bytes) else chunks
        work, digest, size = self.blobs / "new", hashlib.sha256(), 0
        with open(work, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                file.write(chunk)
        work.rename(self.blobs / digest.hexdigest())
        return {"mediaType": media_type, "digest": f"sha256:{digest.hexdigest()}", "size": size}

    def document(self, value, media_type):
        return self.blob(value if isinstance(value, bytes) else dump(value), media_type)

    def layer(self, tar, compress=compression.gzip):
        """Stores a list of entries, or a stream that is a whole tar. Returns the layer's descriptor and DiffID."""
        if isinstance(tar, list):
            tar = [*tar, END]
            if compress is compression.gzip:
                blob, diff_id = _packed(b"".join(tar))
                self.diff_ids.append(diff_id)
                return self.blob(blob, LAYER + "+gzip"), diff_id
        diff_id = hashlib.sha256()

        def watched():
            for chunk in tar:
                diff_id.update(chunk)
                yield chunk

        descriptor = self.blob(compress(watched()), LAYER + SUFFIXES.get(compress, "+gzip"))
        self.diff_ids.append(f"sha256:{diff_id.hexdigest()}")
        return descriptor, self.diff_ids[-1]

    def blob_file(self, descriptor):
        """The file of a blob."""
        return self.blobs / descriptor["digest"].removeprefix("sha256:")

    def replace(self, descriptor, data):
        """Puts other bytes in the place of a blob's."""
        self.blob_file(descriptor).write_bytes(data)

    def index(self, *manifests, **members):
        """Writes index.json, which ends the layout; the first manifest carries the image's name."""
        if manifests:
            manifests = ({**manifests[0], "annotations": {REFERENCE_NAME: self.name}}, *manifests[1:])
        value = {"schemaVersion": 2, "manifests": list(manifests), **members}
        (self.directory / "index.json").write_bytes(dump(value))

    def image(self, *layers, config=None, compress=compression.gzip, alter=lambda configuration, manifest: None):
        """A whole image of lists of entries. `alter` changes configuration and manifest before they are hashed."""
        packed = [self.layer(layer, compress) for layer in layers]
        self.manifest([descriptor for descriptor, _ in packed], [diff_id for _, diff_id in packed], config, alter)

    def manifest(self, layers, diff_ids, config=None, alter=lambda configuration, manifest: None):
        """The documents over layers that are stored already. Returns configuration's and manifest's descriptors."""
        configuration = {
            "architecture": ARCHITECTURE, "os": "linux", "config": config or {}, "rootfs": {"type": "layers", "diff_ids": diff_ids}}
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": layers}
        alter(configuration, manifest)
        manifest["config"] = {**self.document(configuration, CONFIGURATION), **manifest["config"]}
        described = self.document(manifest, MANIFEST)
        self.index(described)
        return manifest["config"], described

    def path(self):
        """What there is to import: the directory or, after `archive`, the file."""
        return self.directory if self.directory.exists() else Path(f"{self.directory}.tar")

    def archive(self):
        """Turns the layout into an oci-archive of the same name: a tar, sorted, without times and owners."""
        files = sorted(path for path in self.directory.rglob("*") if path.is_file())
        with tarfile.open(f"{self.directory}.tar", "w", format=tarfile.PAX_FORMAT) as archive:
            for path in files:
                member = tarfile.TarInfo(str(path.relative_to(self.directory)))
                member.size = path.stat().st_size
                with open(path, "rb") as content:
                    archive.addfile(member, content)
        for directory, _, names in os.walk(self.directory, topdown=False):
            for name in names:
                os.unlink(os.path.join(directory, name))
            os.rmdir(directory)
        return Path(f"{self.directory}.tar")


@functools.lru_cache(4)
def _packed(tar):
    """A layer's blob and DiffID: many images begin with the same system."""
    return b"".join(compression.gzip([tar])), f"sha256:{hashlib.sha256(tar).hexdigest()}"


def dump(value):
    return json.dumps(value, indent=1).encode() + b"\n"
