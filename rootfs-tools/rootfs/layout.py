"""Writes OCI image layouts (image-spec 1.1) with gzip layers."""

import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .tree import TIMESTAMP

CREATED = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(TIMESTAMP))
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
RECIPE = "dev.berth.recipe"  # annotation of the index: the digest of all that the image was made from


def is_current(directory, recipe):
    """Whether a layout was made from this recipe and needs no new build."""
    try:
        return json.loads((directory / "index.json").read_text())["annotations"][RECIPE] == recipe
    except (OSError, ValueError, KeyError):
        return False


def write(directory, tag, layers, config, recipe):
    """Writes a layout and moves it into place whole.

    layers: (comment, FileTree), lowest first; config: the `config` member of an image configuration.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}-"))
    try:
        work.chmod(0o755)
        (work / "blobs/sha256").mkdir(parents=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            packed = list(pool.map(lambda layer: _pack(layer[1]), layers))
        descriptors = [_blob(work, data, "application/vnd.oci.image.layer.v1.tar+gzip") for data, _ in packed]
        configuration = {
            "created": CREATED,
            "architecture": ARCHITECTURES[platform.machine()],
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [digest for _, digest in packed]},
            "history": [{"created": CREATED, "comment": comment} for comment, _ in layers],
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _blob(work, _json(configuration), "application/vnd.oci.image.config.v1+json"),
            "layers": descriptors,
        }
        entry = _blob(work, _json(manifest), manifest["mediaType"])
        entry["platform"] = {"architecture": configuration["architecture"], "os": "linux"}
        entry["annotations"] = {"org.opencontainers.image.ref.name": tag}
        index = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [entry],
            "annotations": {RECIPE: recipe},
        }
        (work / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
        (work / "index.json").write_bytes(_json(index))
        if directory.exists():
            shutil.rmtree(directory)
        work.rename(directory)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise


def _pack(tree):
    """A layer's gzip blob and the digest of its tar (DiffID)."""
    tar = tree.tar()
    stream = zlib.compressobj(6, zlib.DEFLATED, 31)  # 31: gzip framing, with no time and no name in it
    return stream.compress(tar) + stream.flush(), _digest(tar)


def _blob(work, data, media_type):
    digest = _digest(data)
    (work / "blobs/sha256" / digest.removeprefix("sha256:")).write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _json(value):
    return json.dumps(value, indent=2).encode() + b"\n"
