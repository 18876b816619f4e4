"""What umoci unpacks of an image, and what a task sees of it here, are the same tree."""

import hashlib
import io
import json
import os
import shutil
import stat
import subprocess
import tarfile

import pytest

from support import layouts
from support.paths import TOOLS

NEEDED = ("umoci", "skopeo", "buildah")
pytestmark = pytest.mark.skipif(
    not all(shutil.which(tool) for tool in NEEDED), reason=f"SKIPPED: needs {', '.join(NEEDED)} (rootfs-tools/prepare judges)")

# CAP_NET_RAW, effective and permitted (linux/capability.h, revision 2).
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")


@pytest.fixture
def same(fresh_daemon, tmp_path):
    """Compares what both unpack of a layout's one image; `judge` is a layout of the same image that umoci can read.

    A directory that no layer lists has the time at which it was made: `listed` is false then.
    """

    def compare(layout, tag="made:latest", judge=None, listed=True):
        fresh_daemon.import_image(layout, "example.com/same:1")
        bundle = tmp_path / "bundle"
        run("umoci", "unpack", "--image", f"{judge or layout}:{tag}", bundle)
        layers = [fresh_daemon.root / "images/layers" / diff_id for diff_id in diff_ids(layout)]
        with overlay(layers, tmp_path) as mounted:
            ours, theirs = tree(mounted), tree(bundle / "rootfs")
        assert sorted(ours) == sorted(theirs)
        for facts in [] if listed else [*ours.values(), *theirs.values()]:
            if stat.S_ISDIR(facts["mode"]):
                del facts["time"]
        different = {path: (ours[path], theirs[path]) for path in ours if ours[path] != theirs[path]}
        assert different == {}
        return ours

    return compare


def test_everything_that_a_tar_can_say(same, tmp_path):
    first = pax_layer([
        directory("plain"), regular("plain/file", b"content", mtime=1_700_000_000.123456789), regular("plain/empty", b""),
        directory("owned", uid=1000, gid=2000, mode=0o2770), regular("owned/file", b"x", uid=70_000, gid=70_000, mode=0o640),
        directory("tmp", mode=0o1777), regular("set-id", b"\x7fELF", mode=0o6755), regular("no-rights", b"", mode=0),
        regular("attributes", b"a", pax={"SCHILY.xattr.user.note": "ü" * 100}),
        regular("capable", b"c", pax={"SCHILY.xattr.security.capability": CAPABILITY.decode("latin-1")}),
        directory("noted", pax={"SCHILY.xattr.user.note": "a directory"}),
        special("link", tarfile.SYMTYPE, linkname="plain/file"), special("dangling", tarfile.SYMTYPE, linkname="/nowhere/" + "x" * 200),
        special("up", tarfile.SYMTYPE, linkname="../../../etc"), special("hard", tarfile.LNKTYPE, linkname="plain/file"),
        special("hard-link-to-link", tarfile.LNKTYPE, linkname="link"),
        special("fifo", tarfile.FIFOTYPE, mode=0o622), special("disk", tarfile.BLKTYPE, devmajor=8, devminor=1, mode=0o660, gid=6),
        special("null", tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666),
        regular("n" * 255, b"long name"), regular("/".join(["d" * 60] * 5) + "/deep", b"deep", parents=True),
        regular("日本語/ü\u0301", b"names", parents=True), regular("old", b"1970", mtime=0), regular("before", b"1960", mtime=-315_000_000),
        directory("late", mtime=2_000_000_000), regular("late/file", b"", mtime=1),
        regular("./dotted", b"."), regular("replaced", b"first"), regular("replaced", b"second", mode=0o600),
    ])
    second = pax_layer([regular("second", b"2", mode=0o600)])
    found = same(layouts.write(tmp_path / "layout", [first, second]))
    assert found["capable"]["attributes"] == {"security.capability": CAPABILITY}
    assert found["hard"]["links"] == ["hard", "plain/file"]


def test_what_a_layer_takes_away_from_those_below_it(same, tmp_path):
    below = pax_layer([
        directory("kept"), regular("kept/a", b"a"), regular("kept/b", b"b"), directory("emptied"), regular("emptied/a", b"a"),
        directory("gone"), directory("gone/sub"), regular("gone/sub/a", b"a"), regular("to-directory", b"was a file"),
        directory("to-file"), regular("to-file/a", b"a"), directory("to-link"), regular("to-link/a", b"a"),
        directory("again"), regular("again/old", b"old"),
    ])
    above = pax_layer([
        directory("kept"), regular("kept/.wh.a", b""), regular("kept/c", b"c"), regular(".wh.gone", b""),
        directory("emptied", mode=0o700), regular("emptied/.wh..wh..opq", b""), regular("emptied/new", b"new"),
        directory("to-directory"), regular("to-directory/a", b"a"), regular(".wh.to-file", b""), regular("to-file", b"is a file"),
        special("to-link", tarfile.SYMTYPE, linkname="kept"),
    ])
    top = pax_layer([directory("gone", mtime=5), regular("gone/new", b"n"), regular(".wh.again", b"")])
    found = same(layouts.write(tmp_path / "layout", [below, above, top]))
    assert sorted(path for path in found if "/" in path) == [
        "emptied/new", "gone/new", "kept/b", "kept/c", "to-directory/a"]


def test_directories_that_a_layer_does_not_list(same, tmp_path):
    below = pax_layer([
        directory("tmp", mode=0o1777), directory("home"), directory("home/user", uid=1000, gid=1000, mode=0o700, mtime=1.5),
        directory("twice", mode=0o750)])
    middle = pax_layer([directory("twice", mode=0o710), regular("twice/a", b"a")])
    above = pax_layer([
        regular("tmp/file", b"x"), regular("home/user/file", b"x", uid=1000), regular("twice/b", b"b"),
        regular("late/file", b"x"), directory("late", mode=0o711)])
    found = same(layouts.write(tmp_path / "layout", [below, middle, above]))
    assert {path: stat.S_IMODE(found[path]["mode"]) for path in ("tmp", "home/user", "twice", "late")} == {
        "tmp": 0o1777, "home/user": 0o700, "twice": 0o710, "late": 0o711}


@pytest.mark.parametrize("form", ["gnu", "oldgnu", "pax", "ustar", "v7"])
def test_every_form_of_tar_that_gnu_tar_writes(same, tmp_path, form):
    source = tmp_path / "source"
    (source / "d").mkdir(parents=True)
    (source / "d/file").write_bytes(os.urandom(5000))
    os.link(source / "d/file", source / "hard")
    (source / "link").symlink_to("d/file")
    with open(source / "holes", "wb") as file:
        for place in (0, 1 << 20, 5 << 20):
            file.seek(place)
            file.write(os.urandom(4096))
        file.truncate(9 << 20)
    if form not in ("ustar", "v7"):
        (source / ("x" * 180)).write_text("long name")
    # umoci knows sparse files in the form of PAX only.
    tar = subprocess.run(
        ["tar", "-C", source, f"--format={form}", *(["--sparse"] if form == "pax" else []), "--sort=name", "-cf", "-", "."],
        check=True, stdout=subprocess.PIPE).stdout
    found = same(layouts.write(tmp_path / "layout", [tar]))
    assert found["holes"]["size"] == 9 << 20


def test_an_image_that_umoci_made(same, tmp_path):
    layout = f"{tmp_path}/layout:made:latest"
    run("umoci", "init", "--layout", tmp_path / "layout")
    run("umoci", "new", "--image", layout)
    for step in ("first", "second", "third"):
        run("umoci", "unpack", "--image", layout, tmp_path / step)
        rootfs = tmp_path / step / "rootfs"
        if step == "first":
            shutil.copytree("/etc/default", rootfs / "etc/default", symlinks=True)
            (rootfs / "etc/link").symlink_to("default")
        else:
            (rootfs / step).write_text(step)
            shutil.rmtree(rootfs / "etc/default") if step == "third" else os.chmod(rootfs / "etc/default", 0o700)
        run("umoci", "repack", "--image", layout, tmp_path / step)
    found = same(tmp_path / "layout")
    assert "third" in found and "etc/default" not in found


@pytest.mark.parametrize("form", ["oci", "docker"])
def test_an_image_that_buildah_made(same, tmp_path, form):
    buildah = ["buildah", "--root", tmp_path / "storage", "--runroot", tmp_path / "run", "--storage-driver", "vfs"]
    (tmp_path / "program").write_text("#!/bin/sh\n")
    container = run(*buildah, "from", "scratch").strip()
    run(*buildah, "copy", "--chmod", "4755", "--chown", "10:20", container, tmp_path / "program", "/usr/bin/program")
    image = run(*buildah, "commit", "--format", form, container).split()[-1]
    container = run(*buildah, "from", image).strip()
    run(*buildah, "copy", container, "/etc/default", "/etc/default")
    image = run(*buildah, "commit", "--format", form, container).split()[-1]
    run(*buildah, "push", image, f"oci:{tmp_path}/layout:made:latest")
    found = same(tmp_path / "layout")
    assert stat.S_IMODE(found["usr/bin/program"]["mode"]) == 0o4755
    run(*buildah, "rm", "--all")
    run(*buildah, "rmi", "--all", "--force")


def test_a_debian_compressed_by_gzip_and_by_zstd(same, fresh_daemon, tmp_path):
    built = subprocess.run([TOOLS / "build-image", "etl"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    for name, form in (("judge", "gzip"), ("layout", "zstd")):
        run("skopeo", "copy", "--insecure-policy", "--dest-compress-format", form, f"oci:{built}", f"oci:{tmp_path}/{name}:made:latest")
    found = same(tmp_path / "layout", judge=tmp_path / "judge", listed=False)
    assert len(found) > 1000


# Making layers


def pax_layer(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in (pair for group in members for pair in group):
            archive.addfile(member, io.BytesIO(content) if content is not None else None)
    return buffer.getvalue()


def regular(name, content, parents=False, **facts):
    member = entry(name, tarfile.REGTYPE, **{"mode": 0o644, **facts})
    member.size = len(content)
    above = []
    if parents:
        parts = name.split("/")[:-1]
        above = [pair for end in range(1, len(parts) + 1) for pair in directory("/".join(parts[:end]))]
    return [*above, (member, content)]


def directory(name, **facts):
    return [(entry(name, tarfile.DIRTYPE, **{"mode": 0o755, **facts}), None)]


def special(name, kind, **facts):
    return [(entry(name, kind, **{"mode": 0o777, **facts}), None)]


def entry(name, kind, pax=None, **facts):
    member = tarfile.TarInfo(name)
    member.type, member.mtime = kind, 1_600_000_000
    for fact, value in facts.items():
        setattr(member, fact, value)
    member.pax_headers = pax or {}
    return member


# Reading trees


def diff_ids(layout):
    blob = lambda digest: json.loads((layout / "blobs/sha256" / digest.removeprefix("sha256:")).read_text())  # noqa: E731
    index = json.loads((layout / "index.json").read_text())
    configuration = blob(blob(index["manifests"][0]["digest"])["config"]["digest"])
    return [digest.removeprefix("sha256:") for digest in configuration["rootfs"]["diff_ids"]]


class overlay:  # noqa: N801
    """Layers, lowest first, as the kernel shows them to a task."""

    def __init__(self, layers, work):
        self.layers, self.at, self.empty = layers, work / "mounted", work / "empty"

    def __enter__(self):
        self.at.mkdir()
        self.empty.mkdir()
        lower = ":".join(str(path) for path in [*reversed(self.layers), self.empty])
        run("mount", "-t", "overlay", "-o", f"ro,lowerdir={lower}", "overlay", self.at)
        return self.at

    def __exit__(self, *_):
        run("umount", self.at)


def tree(root):
    """All that is the same for everybody of every entry but the root, {path: facts}."""
    found, inodes = {}, {}
    for folder, directories, files in os.walk(os.fsencode(root)):
        for name in directories + files:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            short = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
            found[short] = {
                "mode": status.st_mode, "owner": (status.st_uid, status.st_gid), "time": status.st_mtime_ns,
                "device": status.st_rdev, "attributes": attributes(path), "links": [short]}
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    found[short] |= {"size": status.st_size, "content": hashlib.sha256(file.read()).hexdigest()}
            elif stat.S_ISLNK(status.st_mode):
                found[short]["target"] = os.readlink(path)
            if not stat.S_ISDIR(status.st_mode):
                inodes.setdefault((status.st_dev, status.st_ino), []).append(short)
    for paths in inodes.values():
        for path in paths:
            found[path]["links"] = sorted(paths)
    return found


def attributes(path):
    return {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}


def run(*command):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, f"{command}: {result.stderr}"
    return result.stdout
