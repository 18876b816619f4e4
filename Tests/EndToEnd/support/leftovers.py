"""What a daemon's tasks have while they run and may not leave: processes, cgroups, mounts."""

import contextlib
import os
import signal
import time
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def settle(root, cgroup, seconds=45):
    """What is left after at most `seconds`, as lines; processes end, and cgroups become empty, a moment after the fact."""
    deadline = time.monotonic() + seconds
    while (found := find(root, cgroup)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def find(root, cgroup, kind=""):
    """What there is now; of one kind, or of all."""
    lines = [f"process {pid}: {name}" for pid, name in _processes(root, cgroup)]
    lines += [f"cgroup {path}" for path in _task_cgroups(cgroup)]
    lines += [f"mount {path}" for path in _mounts(root)]
    return [line for line in lines if line.startswith(kind)]


def remove(root, cgroup):
    """Removes by force what `find` finds, and the daemon's own cgroups, so that a run can follow a run."""
    for pid, _ in _processes(root, cgroup):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    for mount in reversed(_mounts(root)):
        os.system(f"umount -l '{mount}' 2>/dev/null")
    for hierarchy in hierarchies():
        top = hierarchy / cgroup.strip("/")
        for _ in range(100):
            for directory, _, _ in os.walk(top, topdown=False):
                try:
                    os.rmdir(directory)
                except OSError:
                    pass
            if not top.exists():
                break
            time.sleep(0.02)
        try:
            os.rmdir(top.parent)
        except OSError:
            pass


def hierarchies():
    """Where cgroups are mounted: each controller of version 1, and version 2."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] in ("cgroup", "cgroup2"):
            yield Path(before.split()[4])


def host_pids(daemon, task):
    """The processes of a task's main container, as the host numbers them."""
    found = set()
    for hierarchy in hierarchies():
        file = hierarchy / daemon.cgroup.strip("/") / "tasks" / task["taskArn"].rsplit("/", 1)[1] / "main/cgroup.procs"
        with contextlib.suppress(OSError):
            found |= set(file.read_text().split())
    return found


def first_process(daemon, task):
    """Its process 1."""
    for process in host_pids(daemon, task):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            if any(line.startswith("NSpid:") and line.split()[-1] == "1" for line in lines):
                return int(process)
    raise AssertionError("it has no process 1")


def _task_cgroups(cgroup):
    """Cgroups of single tasks: named by 32 hexadecimal digits, wherever a driver puts them."""
    for hierarchy in hierarchies():
        for directory, names, _ in os.walk(hierarchy / cgroup.strip("/")):
            for name in names:
                if len(name) == 32 and all(c in "0123456789abcdef" for c in name):
                    yield f"{directory}/{name}"


def _mounts(root):
    """Mounts below the root directory; the root itself may be one that a test made."""
    paths = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    return [path for path in paths if path.startswith(f"{root}/")]


def _processes(root, cgroup):
    """Processes in the daemon's task cgroups, and shims that hold a descriptor below its root directory."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            cgroups = (entry / "cgroup").read_text()
            name = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            if f":{cgroup}/" in cgroups or (name.startswith("berth-shim") and _holds(entry, root)):
                if "/supervisor" not in cgroups or name.startswith("berth-shim"):
                    yield int(entry.name), name
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue


def _holds(entry, root):
    for descriptor in (entry / "fd").iterdir():
        try:
            if os.readlink(descriptor).startswith(f"{root}/"):
                return True
        except FileNotFoundError:
            continue
    return False
