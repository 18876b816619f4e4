"""All hostile images of rootfs-tools/hostile: each ends in its named error or a harmless tree, and the host is as it was."""

import os
import re
import shutil
import socket
import subprocess
import sys

import pytest

from support import leftovers, memory, trees
from support.clients import Tasks
from support.daemon import Daemon
from support.paths import TOOLS

sys.path.append(str(TOOLS))

from hostile import VARIANTS  # noqa: E402
from hostile.case import NUMBERS, PORT, Harmless, Maker, Refused, Runs, Stopped  # noqa: E402

# Low, so that small bombs go the way of large ones.
LIMITS = """\
images:
  limits:
    entries: 20000
    layerMiB: 1024
    fileMiB: 2048
    ratio: 200
    ratioFreeMiB: 64
    attributesMiB: 1
"""
MEBIBYTE = 1 << 20
# Two threads with the buffers of a layer each, zstd's window of 32 MiB, and a document of 4 MiB as JSON.
DAEMON_GROWTH = 160 * MEBIBYTE
UNPACKER_PEAK = 64 * MEBIBYTE
# What it may keep of all of them together: caches, and memory that the allocator does not give back.
KEPT = 96 * MEBIBYTE
# And of the same ones again: what it had it uses once more.
KEPT_AGAIN = 16 * MEBIBYTE
HEAVY = ("14-thousands-of-names", "17-gzip-bomb", "18-10-million-directories", "21-thousands", "24-many-keys", "24-nested-objects")
# Seconds that an import within the limits may take on a machine that inflates 16 MiB and makes 1,000 files a second. Whatever
# takes longer goes on without measure.
WATCHDOG = 20 + 1024 // 16 + 20000 // 1000


class Host:
    """A daemon beside a directory that every image wants to reach."""

    def __init__(self, daemon):
        self.daemon, self.tasks = daemon, Tasks(daemon)
        self.refused, self.unpackers, self.imported = [], 0, 0
        self.memory = self.anonymous()
        self.victim = daemon.directory / "victim"
        (self.victim / "canary").write_text("sings")
        (self.victim / "canary").chmod(0o640)
        (self.victim / "inner").mkdir(mode=0o711)
        (self.victim / "inner/file").write_text("kept")
        os.setxattr(self.victim / "canary", "user.kept", b"yes")

    def import_image(self, path):
        return self.daemon.command("image", "import", path, check=False, timeout=WATCHDOG)

    def anonymous(self):
        """The daemon's memory but for the pages of its program."""
        return memory.status(self.daemon.process.pid, "RssAnon")

    def everything(self):
        """The victim, the names beside and above the store, and what is left of tasks after a while."""
        return {
            "victim": trees.snapshot(self.victim), "beside": sorted(os.listdir(self.daemon.directory)),
            "root": sorted(os.listdir(self.daemon.root)), "left": leftovers.settle(self.daemon.root, self.daemon.cgroup)}

    def store(self):
        """Names in the store, by its directories."""
        images = self.daemon.root / "images"
        return {name.name: sorted(os.listdir(name)) for name in images.iterdir() if name.is_dir() and name.name != "blobs"}

    def layer(self, image):
        """The directory of an image's topmost layer."""
        return self.daemon.root / "images/layers" / image.diff_ids[-1].removeprefix("sha256:")


@pytest.fixture(scope="module")
def host():
    daemon = Daemon()
    daemon.configuration.write_text(daemon.configuration.read_text() + LIMITS)
    (daemon.directory / "victim").mkdir()
    # Every import ends with its file system written to disk: in memory that costs nothing.
    daemon.root.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", "berth-test", daemon.root], check=True)
    try:
        with daemon:
            yield Host(daemon)
    finally:
        subprocess.run(["umount", "--lazy", daemon.root], check=True)
        shutil.rmtree(daemon.directory, ignore_errors=True)


@pytest.fixture(scope="module")
def listener():
    """Hears whoever fetches what an image says is there."""
    with socket.create_server(("127.0.0.1", PORT)) as server:
        server.setblocking(False)
        yield server


def test_every_case_has_its_images():
    assert sorted({variant.number for variant in VARIANTS}) == list(NUMBERS)
    assert len({variant.id for variant in VARIANTS}) == len(VARIANTS)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_a_hostile_image_does_no_harm(variant, host, listener, tmp_path):
    image = Maker(tmp_path / variant.id, f"hostile:{variant.id}", str(host.victim), small=True)
    variant.make(image)
    before, store = host.everything(), host.store()
    with memory.Peak(host.daemon.process.pid) as peak:
        result = host.import_image(image.path())
        outcome = came_to(variant, result, host, image)
    assert outcome == variant.outcome, outcome
    assert host.everything() == before
    assert host.store()["staging"] == []
    if isinstance(outcome, Refused):
        host.refused.append(variant.id)
        left = {name: sorted(set(names) - set(store.get(name, []))) for name, names in host.store().items()}
        whole = {diff_id.removeprefix("sha256:") for diff_id in image.diff_ids}
        assert set(left.pop("layers")) <= whole and not any(left.values()), left
    host.unpackers = max(host.unpackers, peak.unpackers)
    host.imported += 1
    assert peak.growth <= DAEMON_GROWTH, f"{peak.growth >> 20} MiB"
    assert peak.unpackers <= UNPACKER_PEAK, f"{peak.unpackers >> 20} MiB"
    with pytest.raises(BlockingIOError):
        listener.accept()
    shutil.rmtree(tmp_path)


def test_the_memory_of_unpackers_was_seen(host):
    if not host.refused:
        pytest.skip("no image was unpacked in this run")
    assert 0 < host.unpackers <= UNPACKER_PEAK


def test_the_memory_of_the_daemon_stays_flat(host, tmp_path):
    grown = host.anonymous() - host.memory
    assert grown <= KEPT, f"{grown >> 20} MiB after {host.imported} images"
    heavy = [Maker(tmp_path / name, f"hostile:{name}", str(host.victim), small=True) for name in HEAVY]
    for image in heavy:
        next(variant for variant in VARIANTS if variant.id == image.directory.name).make(image)
    # Each of its threads has seen the largest of them.
    for _ in range(8):
        before = host.anonymous()
        for image in heavy * 2:
            host.import_image(image.path())
        if host.anonymous() - before <= MEBIBYTE:
            break
    before = host.anonymous()
    for image in heavy * 4:
        host.import_image(image.path())
    grown = host.anonymous() - before
    assert grown <= KEPT_AGAIN, f"{grown >> 20} MiB after {4 * len(heavy)} images once more"


def test_no_image_that_was_refused_is_listed(host):
    listed = host.daemon.command("image", "ls").stdout.decode().split()
    assert not set(listed) & {f"docker.io/library/hostile:{name}" for name in host.refused}


def came_to(variant, result, host, image):
    """The variant's outcome if it was that one; what else it was as text."""
    said, expected = result.stderr.decode(), variant.outcome
    if result.returncode != 0:
        assert said.startswith("berth: ") and said.count("\n") == 1 and said.isprintable() is False and "\x1b" not in said, said
        is_right = isinstance(expected, Refused) and expected.text in said and said.endswith(f"({expected.code}Exception)\n")
        return expected if is_right else said
    if isinstance(expected, Refused):
        return f"a tree of {trees.kinds(host.layer(image))}"
    if isinstance(expected, Harmless):
        found = trees.kinds(host.layer(image))
        return expected if placed(expected.tree, host.victim) == found else f"a tree of {found}"
    return ran(expected, variant, host)


def ran(expected, variant, host):
    user = getattr(expected, "user", None)
    task = host.tasks.complete(
        expected.command and list(expected.command), f"hostile:{variant.id}", container={"user": user} if user else {})
    container = task["containers"][0]
    code, reason = container.get("exitCode"), container.get("reason") or task.get("stoppedReason", "")
    if isinstance(expected, Stopped):
        return expected if code is None and re.search(expected.reason, reason) else f"a task that ended with {code}: {reason}"
    output = "".join(host.tasks.output(task)) if code is not None else None
    is_right = code == expected.exit_code and re.match(expected.output, output)
    return expected if is_right else f"a task that ended with {code}: {reason}: {output}"


def placed(tree, victim):
    """A tree with the victim's path, and the directories above it, in the place of its name."""
    result = {}
    for path, kind in tree.items():
        if path.startswith("VICTIM"):
            parts = str(victim).strip("/").split("/")
            result.update({"/".join(parts[:end]): "directory" for end in range(1, len(parts) + 1)})
        result[path.replace("VICTIM", str(victim).strip("/"))] = kind.replace("VICTIM", str(victim))
    return result
