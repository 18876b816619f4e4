"""What the daemon gives up at its start, and that its work still gets done."""

import contextlib
import os
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from support import layouts
from support.clients import Tasks, shell
from support.daemon import Daemon
from support.paths import BERTH

# linux/capability.h
NUMBERS = {
    "CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
    "NET_BIND_SERVICE": 10, "NET_ADMIN": 12, "NET_RAW": 13, "SYS_CHROOT": 18, "SYS_PTRACE": 19, "SYS_ADMIN": 21,
    "SYS_RESOURCE": 24, "MKNOD": 27, "AUDIT_WRITE": 29, "SETFCAP": 31,
}
DAEMON = {"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP", "MKNOD", "SYS_ADMIN", "NET_ADMIN", "KILL", "NET_BIND_SERVICE"}


def status(process):
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    found = dict(line.split(":\t", 1) for line in lines)
    if "Umask" not in found:
        raise ProcessLookupError(f"{process} is on its way out")
    return found


def bits(names):
    return sum(1 << NUMBERS[name] for name in names)


def bounding_set_of_this_host():
    return int(status("self")["CapBnd"], 16)


def threads(process):
    return os.listdir(f"/proc/{process}/task")


def each(read, entries):
    """What is read of each that has not ended meanwhile."""
    for entry in entries:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield entry, read(entry)


def test_every_thread_of_the_daemon_holds_what_it_needs_and_no_more(daemon):
    # Work for every pool, so that no thread is still to come.
    assert daemon.command("run", "busybox", "--", "true").returncode == 0
    host = bounding_set_of_this_host()
    process = daemon.process.pid
    found = dict(each(lambda thread: status(f"{process}/task/{thread}"), threads(process)))
    assert str(process) in found
    for said in found.values():
        for kind in ("CapPrm", "CapEff"):
            assert int(said[kind], 16) == bits(DAEMON) & host, f"{kind} of {said['Name']}"
        assert int(said["CapBnd"], 16) == bits(NUMBERS) & host
        assert int(said["CapInh"], 16) == int(said["CapAmb"], 16) == 0
        assert said["Seccomp"] == "2", "no filter"
        # It would bind the shim and every task.
        assert said["NoNewPrivs"] == "0"
        assert said["Umask"] == "0077"


def test_a_shim_has_at_most_the_daemons_bounding_set(daemon, tasks):
    task = tasks.run(["sleep", "30"])
    tasks.wait(task, status="RUNNING")
    process = Path(f"/proc/{daemon.process.pid}")
    children = each(lambda thread: (process / "task" / thread / "children").read_text().split(), threads(process.name))
    named = each(lambda pid: Path(f"/proc/{pid}/cmdline").read_bytes(), {pid for _, own in children for pid in own})
    shims = dict(each(status, [pid for pid, name in named if b"berth-shim" in name]))
    assert shims
    for said in shims.values():
        assert int(said["CapPrm"], 16) & ~bits(NUMBERS) == 0
        assert (said["Seccomp"], said["Seccomp_filters"]) == ("2", "1")
    daemon.command("stop", task["taskArn"].rsplit("/", 1)[1])
    tasks.wait(task)


def test_no_core_file_and_no_look_into_the_daemon(daemon):
    limits = Path(f"/proc/{daemon.process.pid}/limits").read_text()
    assert next(line for line in limits.splitlines() if line.startswith("Max core file size")).split()[4] == "0"

    # Every capability but the one that the kernel asks for when a process is not dumpable, or holds more.
    without = ["setpriv", "--bounding-set", "-sys_ptrace"]

    def is_open(process):
        return subprocess.run([*without, "readlink", f"/proc/{process}/exe"], stdout=subprocess.DEVNULL, check=False).returncode == 0

    with subprocess.Popen([*without, "sh", "-c", "echo; exec sleep 60"], stdout=subprocess.PIPE) as dumpable:
        dumpable.stdout.readline()
        is_open_where_dumpable = is_open(dumpable.pid)
        dumpable.kill()
    assert is_open_where_dumpable
    assert not is_open(daemon.process.pid)


def test_without_roots_capabilities_it_says_so_in_one_line(tmp_path):
    result = subprocess.run(
        ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin", BERTH, "serve", "--root", tmp_path / "r"],
        capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode != 0
    assert result.stderr.startswith("berth: cannot ") and result.stderr.count("\n") == 1, result.stderr
    assert "needs root" in result.stderr
    assert not (tmp_path / "r").exists()


def test_a_layer_keeps_owners_set_id_bits_capabilities_and_devices(fresh_daemon, busybox, tmp_path):
    members = []
    for name, kind, mode, owner in (
        ("srv", tarfile.DIRTYPE, 0o500, 1234), ("srv/own", tarfile.REGTYPE, 0o4755, 1234), ("srv/group", tarfile.REGTYPE, 0o2710, 5),
        ("srv/able", tarfile.REGTYPE, 0o755, 0), ("srv/node", tarfile.CHRTYPE, 0o600, 7), ("srv/pipe", tarfile.FIFOTYPE, 0o640, 8),
    ):
        member = tarfile.TarInfo(name)
        member.type, member.mode, member.uid, member.gid = kind, mode, owner, owner
        member.devmajor, member.devminor = (1, 3) if kind == tarfile.CHRTYPE else (0, 0)
        members.append(member)
    # struct vfs_cap_data, version 2, NET_RAW, effective (linux/capability.h): bytes that are ASCII, as luck has it.
    able = next(member for member in members if member.name == "srv/able")
    able.pax_headers["SCHILY.xattr.security.capability"] = "\x01\x00\x00\x02\x00\x20\x00\x00" + "\x00" * 12
    tar = tmp_path / "layer.tar"
    with tarfile.open(tar, "w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            archive.addfile(member)
    image = layouts.write(tmp_path / "layout", [tar.read_bytes()], name="owners:latest")
    fresh_daemon.import_image(image)

    [layer] = (fresh_daemon.root / "images/layers").iterdir()
    found = {member.name: os.lstat(layer / member.name) for member in members}
    for member in members:
        seen = found[member.name]
        assert (seen.st_uid, seen.st_gid, seen.st_mode & 0o7777) == (member.uid, member.gid, member.mode), member.name
    assert found["srv/node"].st_rdev == os.makedev(1, 3)
    assert os.getxattr(layer / "srv/able", "security.capability")[:8] == b"\x01\x00\x00\x02\x00\x20\x00\x00"


class SharedHost:
    """A mount namespace that shares its mounts, as systemd's does, with a process in it that keeps it."""

    def __enter__(self):
        self.keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "shared", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.keeper.stdout.readline()
        return self

    def __exit__(self, *_):
        self.keeper.stdin.close()
        self.keeper.wait()
        self.keeper.stdout.close()

    def command(self, *words):
        return ["nsenter", "--mount", "--target", str(self.keeper.pid), *map(str, words)]

    def run(self, *words):
        subprocess.run(self.command(*words), check=True)


def mount_points(process):
    return {line.split()[4]: line.split(" - ")[0].split()[6:] for line in Path(f"/proc/{process}/mountinfo").read_text().splitlines()}


@pytest.fixture
def shared_host():
    with SharedHost() as host:
        yield host


def test_on_a_host_that_shares_its_mounts_the_daemon_follows_them_and_tells_of_none(shared_host, busybox, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    shared_host.run("mount", "-t", "tmpfs", "before", before)
    daemon = Daemon()
    daemon.berth = wrapped(shared_host, daemon)
    with daemon:
        process = daemon.process.pid
        assert os.readlink(f"/proc/{process}/ns/mnt") not in (
            os.readlink(f"/proc/{shared_host.keeper.pid}/ns/mnt"), os.readlink("/proc/self/ns/mnt"))
        assert not any(field.startswith("shared:") for fields in mount_points(process).values() for field in fields)
        # A file system that the operator mounts is there to import from, and one that is unmounted is not held.
        shared_host.run("mount", "-t", "tmpfs", "after", after)
        assert str(after) in mount_points(process)
        shared_host.run("umount", before)
        assert str(before) not in mount_points(process)
        mounts = mount_points(shared_host.keeper.pid).keys()
        daemon.import_image(busybox, "busybox")
        tasks = Tasks(daemon)
        task = tasks.run(shell("echo here; sleep 2"))
        tasks.wait_output(task, "here")
        assert mount_points(shared_host.keeper.pid).keys() == mounts
        tasks.wait(task)


def test_under_the_units_read_only_host_tasks_run(shared_host, busybox):
    """What `ProtectSystem=strict` and `ProtectKernelModules` do, where there is no systemd."""
    daemon = Daemon()
    shared_host.run("mount", "--bind", daemon.directory, daemon.directory)
    shared_host.run("mount", "-o", "remount,bind,ro", "/")
    daemon.berth = wrapped(shared_host, daemon)
    with daemon:
        assert subprocess.run(shared_host.command("touch", "/etc/written"), capture_output=True, check=False).returncode != 0
        daemon.import_image(busybox, "busybox")
        ended = Tasks(daemon).complete(shell("touch /etc/mine && mount | grep -q ' /proc '"))
        assert ended["containers"][0]["exitCode"] == 0, ended


def wrapped(host, daemon):
    """`berth`, begun inside the host's mount namespace."""
    wrapper = daemon.directory / "berth"
    wrapper.write_text("#!/bin/sh\nexec " + " ".join(host.command(BERTH)) + ' "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def test_on_a_host_that_shares_none_it_stays_where_it_hears_of_them(daemon):
    root = mount_points("self")["/"]
    if any(field.startswith("shared:") for field in root):
        pytest.skip("SKIPPED: this host shares its mounts")
    assert os.readlink(f"/proc/{daemon.process.pid}/ns/mnt") == os.readlink("/proc/self/ns/mnt")


def test_a_task_outlives_a_restart_under_the_same_confinement(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    task = tasks.run(shell("echo one; sleep 3; echo two; exit 5"))
    tasks.wait_output(task, "one")
    assert fresh_daemon.stop() == 0
    time.sleep(0.2)
    fresh_daemon.start()
    ended = Tasks(fresh_daemon).wait(task)
    assert ended["containers"][0]["exitCode"] == 5
    assert tasks.output(ended)[0] == "one\ntwo\n"
