"""OCI image layouts made to order: whole ones, and ones with a fault."""

import gzip
import hashlib
import io
import json
import platform
import tarfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def layer(files):
    """A tar of {path: content}."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def file(path, content, mode=0o755):
    """A regular file for `tar`."""
    member = tarfile.TarInfo(path)
    member.size, member.mode = len(content), mode
    return member, content


def link(path, target):
    """A symbolic link for `tar`."""
    member = tarfile.TarInfo(path)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member, None


def fifo(path):
    """A FIFO for `tar`."""
    member = tarfile.TarInfo(path)
    member.type, member.mode = tarfile.FIFOTYPE, 0o644
    return member, None


def tar(members):
    """A tar of members of any kind, as `file`, `link` and `fifo` make them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content) if content is not None else None)
    return buffer.getvalue()


def write(directory, layers, config=None, architecture=None, name="made:latest"):
    """Writes a layout of uncompressed tars, stored with gzip. Returns the directory."""
    blobs = directory / "blobs/sha256"
    blobs.mkdir(parents=True)

    def blob(content, media_type):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    configuration = blob(
        json.dumps({
            "architecture": architecture or ARCHITECTURES[platform.machine()], "os": "linux", "config": config or {},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(tar).hexdigest() for tar in layers]},
        }).encode(),
        "config.v1+json",
    )
    manifest = blob(
        json.dumps({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": configuration,
            "layers": [blob(gzip.compress(tar, 1), "layer.v1.tar+gzip") for tar in layers],
        }).encode(),
        "manifest.v1+json",
    )
    manifest["annotations"] = {"org.opencontainers.image.ref.name": name}
    (directory / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    (directory / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return directory


def layer_blobs(directory):
    """The files of a layout's layers, lowest first."""
    index = json.loads((directory / "index.json").read_text())
    blobs = directory / "blobs/sha256"
    manifest = json.loads((blobs / index["manifests"][0]["digest"].removeprefix("sha256:")).read_text())
    return [blobs / entry["digest"].removeprefix("sha256:") for entry in manifest["layers"]]
