"""Import: every digest checked, and nothing left of what failed."""

import hashlib
import json
import os
import subprocess
import tarfile

import pytest

from support import layouts
from support.clients import Tasks, shell
from support.daemon import Daemon
from support.waiting import until


def files(root):
    """Every file and directory of the image store."""
    return sorted(os.path.join(directory, name) for directory, *names in os.walk(root / "images") for name in names[0] + names[1])


def images(daemon):
    return daemon.command("image", "ls").stdout.decode().splitlines()[1:]


@pytest.fixture
def refuses(fresh_daemon):
    """Imports what must be refused, and compares the store before and after."""

    def attempt(path, *arguments):
        before = files(fresh_daemon.root)
        result = fresh_daemon.command("image", "import", path, *arguments, check=False)
        assert result.returncode != 0
        assert images(fresh_daemon) == []
        assert [path for path in files(fresh_daemon.root) if path not in before] == []
        said = result.stderr.decode()
        assert said.startswith("berth: ") and said.count("\n") == 1, said
        return said

    return attempt


def test_a_layout_an_oci_archive_and_a_docker_archive_give_the_same_image(fresh_daemon, busybox, tmp_path):
    with tarfile.open(tmp_path / "oci.tar", "w") as archive:
        archive.add(busybox, ".")
    docker_archive(busybox, tmp_path / "docker.tar", "busybox:docker")
    fresh_daemon.import_image(busybox, "busybox:layout")
    fresh_daemon.import_image(tmp_path / "oci.tar", "busybox:oci")
    fresh_daemon.import_image(tmp_path / "docker.tar")
    rows = [row.split() for row in images(fresh_daemon)]
    assert sorted(row[0].rsplit(":", 1)[1] for row in rows) == ["docker", "layout", "oci"]
    for tag in ("layout", "oci", "docker"):
        assert fresh_daemon.command("run", f"busybox:{tag}", "--", "echo", tag).stdout.decode() == f"{tag}\n"


def docker_archive(layout, path, tag):
    """What `docker save` writes: manifest.json, a configuration and layer tars."""
    import gzip
    import io
    from pathlib import Path

    blobs = Path(layout) / "blobs/sha256"
    index = json.loads((Path(layout) / "index.json").read_text())
    manifest = json.loads((blobs / index["manifests"][0]["digest"][7:]).read_text())
    content = {"config.json": (blobs / manifest["config"]["digest"][7:]).read_bytes()}
    for number, layer in enumerate(manifest["layers"]):
        content[f"{number}/layer.tar"] = gzip.decompress((blobs / layer["digest"][7:]).read_bytes())
    entry = {"Config": "config.json", "RepoTags": [tag], "Layers": [name for name in content if name.endswith(".tar")]}
    content["manifest.json"] = json.dumps([entry]).encode()
    with tarfile.open(path, "w") as archive:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def test_importing_twice_changes_nothing(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    before = files(fresh_daemon.root)
    fresh_daemon.import_image(busybox, "busybox")
    assert files(fresh_daemon.root) == before
    assert len(images(fresh_daemon)) == 1


def test_a_corrupt_layer_is_refused(refuses, tmp_path):
    layout = layouts.write(tmp_path / "corrupt", [layouts.layer({"a": b"content" * 1000})])
    blob = layouts.layer_blobs(layout)[0]
    content = bytearray(blob.read_bytes())
    content[len(content) // 2] ^= 0x01
    blob.write_bytes(content)
    assert "DigestMismatchException" in refuses(layout, "--tag", "corrupt")


def test_a_layer_that_is_cut_off_is_refused(refuses, tmp_path):
    layout = layouts.write(tmp_path / "cut", [layouts.layer({"a": os.urandom(100_000)})])
    blob = layouts.layer_blobs(layout)[0]
    blob.write_bytes(blob.read_bytes()[:-50_000])
    refuses(layout, "--tag", "cut")


def test_a_layer_that_is_missing_is_refused(refuses, tmp_path):
    layout = layouts.write(tmp_path / "missing", [layouts.layer({"a": b"1"})])
    layouts.layer_blobs(layout)[0].unlink()
    refuses(layout, "--tag", "missing")


def test_an_image_for_another_architecture_is_refused(refuses, tmp_path):
    layout = layouts.write(tmp_path / "foreign", [layouts.layer({"a": b"1"})], architecture="s390x")
    said = refuses(layout, "--tag", "foreign")
    assert "s390x" in said


def test_a_file_that_climbs_out_of_the_image_stays_inside(refuses, fresh_daemon, tmp_path):
    layout = layouts.write(tmp_path / "climbing", [layouts.layer({"../../../escaped": b"1"})])
    result = fresh_daemon.command("image", "import", layout, "--tag", "climbing", check=False)
    assert not list(fresh_daemon.directory.rglob("escaped")) or result.returncode == 0
    assert not (fresh_daemon.root / "escaped").exists() and not (fresh_daemon.directory / "escaped").exists()


@pytest.mark.parametrize("content", [b"", b"not an image", b"\0" * 10240])
def test_what_is_no_image_is_refused(refuses, tmp_path, content):
    file = tmp_path / "file.tar"
    file.write_bytes(content)
    refuses(file, "--tag", "x")


def test_what_is_not_there_is_refused(refuses, tmp_path):
    assert "none" in refuses(tmp_path / "none")


def test_a_bad_name_is_refused(refuses, busybox):
    refuses(busybox, "--tag", "No Such Name")


@pytest.fixture
def small_disk(tmp_path):
    """A filesystem of 24 MiB."""
    disk, mount = tmp_path / "disk", tmp_path / "mount"
    mount.mkdir()
    with open(disk, "wb") as file:
        file.truncate(24 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", disk], check=True)
    subprocess.run(["mount", "-o", "loop", disk, mount], check=True)
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_full_disk_stops_the_import_and_nothing_else(small_disk, busybox, tmp_path):
    small, big = layouts.layer({"a": b"1"}), layouts.layer({"big": os.urandom(64 << 20)})
    layout = layouts.write(tmp_path / "large", [small, big])
    with Daemon(root=small_disk / "r") as daemon:
        before = files(daemon.root)
        result = daemon.command("image", "import", layout, "--tag", "large", check=False)
        assert result.returncode != 0
        assert "space" in result.stderr.decode().lower()
        assert images(daemon) == []
        # A layer that is whole may stay: it is verified, and the next try need not unpack it again.
        whole = hashlib.sha256(small).hexdigest()
        until(lambda: not any((daemon.root / "images/trash").iterdir()), "what was thrown away is still there")
        assert [path for path in files(daemon.root) if path not in before and whole not in path] == []
        daemon.import_image(busybox, "busybox")
        assert Tasks(daemon).complete(shell("exit 3"))["containers"][0]["exitCode"] == 3
