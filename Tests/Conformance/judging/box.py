"""A box around a judge: namespaces and cgroups of its own, so that whatever it leaves behind is gone when it ends.

Its processes die with the PID namespace and its mounts with the mount namespace; /run, /dev/shm and the scratch
directory are file systems in memory; what it sees as the roots of the cgroup hierarchies is one new cgroup each, which
goes at the end. Files on disk are the only thing a judge could leave, and it is given no reason to write any.
"""

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
SCRATCH = "BERTH_JUDGE_SCRATCH"
UNSHARE = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc")
NEW_CGROUP = 0x02000000  # CLONE_NEWCGROUP


def inside(judge, hidden=()):
    """Ends this process with the status of `judge(scratch)`, called in a box that lacks the hierarchies in `hidden`."""
    if SCRATCH not in os.environ:
        sys.exit(_from_outside())
    scratch = Path(os.environ.pop(SCRATCH))
    _own_file_systems(scratch, hidden)
    os.environ["TMPDIR"] = str(scratch)
    os.chdir(scratch)
    # This process is the init of its PID namespace: it reaps, and a child of it judges.
    child = os.fork()
    if child == 0:
        sys.exit(judge(scratch))
    while (ended := os.wait())[0] != child:
        pass
    sys.exit(os.waitstatus_to_exitcode(ended[1]))


def _from_outside():
    # Letters and digits alone, which mkdtemp does not promise: podman makes an image's name of it, and two underscores are none.
    scratch = os.path.join(tempfile.gettempdir(), f"berth-judge-{secrets.token_hex(8)}")
    os.mkdir(scratch, 0o700)
    cgroups = [Path(path) / Path(scratch).name for path, _, _ in _hierarchies()]
    unshare = ctypes.CDLL(None).unshare
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    box = None
    try:
        for cgroup in cgroups:
            if (cgroup.parent / "cgroup.controllers").exists():
                _pass_on(cgroup.parent)
            cgroup.mkdir()
            _inherit_cpus(cgroup)
        environment = {**os.environ, SCRATCH: scratch, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
        box = subprocess.Popen([*UNSHARE, sys.executable, *sys.argv], env=environment,
                               preexec_fn=lambda: _join(cgroups, unshare))
        return box.wait()
    finally:
        if box and box.poll() is None:
            box.kill()
            box.wait()
        for cgroup in cgroups:
            _remove_cgroup(cgroup)
        shutil.rmtree(scratch, ignore_errors=True)


def _hierarchies():
    """Where each cgroup hierarchy is mounted, its type, and the options that name it."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split()
        if kind in ("cgroup", "cgroup2") and before.split()[4].startswith(str(CGROUPS)):
            yield before.split()[4], kind, ",".join(o for o in options.split(",") if o not in ("rw", "ro"))


def _inherit_cpus(cgroup):
    """A new cgroup of the first version's cpuset takes no process before it has processors and memory nodes."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        if (cgroup / name).exists() and not (cgroup / "cgroup.controllers").exists():
            (cgroup / name).write_text((cgroup.parent / name).read_text())


def _join(cgroups, unshare):
    """Enters the cgroups and makes them the roots of a namespace.

    In the second version a cgroup with processes gives no controllers to those below it: they go into one of those.
    """
    for cgroup in cgroups:
        (cgroup / "cgroup.procs").write_text("0")
    if unshare(NEW_CGROUP) != 0:
        raise OSError("cannot make a cgroup namespace")
    for cgroup in cgroups:
        if (cgroup / "cgroup.controllers").exists():
            leaf = cgroup / "box"
            leaf.mkdir()
            (leaf / "cgroup.procs").write_text("0")
            _pass_on(cgroup)


def _pass_on(cgroup):
    """Gives the cgroups below one of the second version the controllers that it has."""
    for controller in (cgroup / "cgroup.controllers").read_text().split():
        (cgroup / "cgroup.subtree_control").write_text(f"+{controller}")


def _own_file_systems(scratch, hidden):
    kept = [(path, kind, options) for path, kind, options in _hierarchies() if path not in hidden]
    if any(path != str(CGROUPS) for path, _, _ in kept):
        # Not laid over the old ones: a runtime reads the list of mounts, and would find those first.
        links = {link.name: os.readlink(link) for link in CGROUPS.iterdir() if link.is_symlink()}
        _run("umount", "--recursive", "--lazy", CGROUPS)
        _run("mount", "-t", "tmpfs", "-o", "mode=755", "cgroup", CGROUPS)
        for name, target in links.items():
            (CGROUPS / name).symlink_to(target)
    else:
        _run("umount", "--lazy", CGROUPS)
    for path, kind, options in kept:
        os.makedirs(path, exist_ok=True)
        _run("mount", "-t", kind, *(["-o", options] if kind == "cgroup" else []), kind, path)
    for path in (scratch, "/run", "/dev/shm"):
        # Open to all, for containers whose root is another user.
        _run("mount", "-t", "tmpfs", "-o", "mode=755" if path != "/dev/shm" else "mode=1777", "judge", path)


def _run(*command):
    subprocess.run([str(word) for word in command], check=True)


def _remove_cgroup(top, patience=10):
    """The processes in it have been killed and end a moment later."""
    deadline = time.monotonic() + patience
    while top.exists() and time.monotonic() < deadline:
        for directory, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(directory)
            except OSError:
                pass
        time.sleep(0.02)
