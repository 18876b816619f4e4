"""The daemon's directory: nobody else's eyes, nobody else's files (CVE-2024-25621 was world-traversable state)."""

import os
import stat

from support.clients import Tasks, shell
from support.layouts import layer, write

FIRST_HOST_ID, RANGE = 1_879_048_192, 65_536


def walk(root):
    """Every entry by its path below the root; what a task's own root file system holds is the task's business."""
    found = {}
    for directory, directories, files in os.walk(root):
        here = os.path.relpath(directory, root)
        for name in directories + files:
            path = os.path.normpath(os.path.join(here, name))
            try:
                found[path] = os.lstat(os.path.join(root, path))
            except FileNotFoundError:
                pass  # what a task leaves is removed beside us
        directories[:] = [name for name in directories if not is_world_of_a_task(os.path.normpath(os.path.join(here, name)))]
    return found


def is_world_of_a_task(path):
    """A layer's directory, the mount points below all layers, a container's upper and work directories and its name files, a task on its way out: the image's modes and owners."""
    parts = path.split("/")
    if parts[0] == "tasks":
        return parts[-1] in ("upper", "work", "files")
    if parts == ["images", "mount-points"]:
        return True
    return parts[:2] == ["images", "layers"] and len(parts) == 3 or parts[0] == "trash" and len(parts) == 2


def check(root):
    found = walk(root)
    for path, status in found.items():
        kind, mode = stat.S_IFMT(status.st_mode), stat.S_IMODE(status.st_mode)
        said = f"{path} is {stat.filemode(status.st_mode)} of {status.st_uid}:{status.st_gid}"
        assert kind in (stat.S_IFDIR, stat.S_IFREG, stat.S_IFSOCK), said
        if is_world_of_a_task(path):
            # Behind a directory that only root can enter.
            parent = found[os.path.dirname(path)]
            assert stat.S_IMODE(parent.st_mode) == 0o700 and parent.st_uid == 0, said
            task_ids = range(FIRST_HOST_ID, 2**31)
            assert status.st_uid == 0 or path.endswith("/upper") and status.st_uid in task_ids, said
            assert status.st_uid == 0 or (status.st_uid - FIRST_HOST_ID) % RANGE == 0, said
        else:
            assert (status.st_uid, status.st_gid) == (0, 0), said
            # To search or to execute means nothing for a socket.
            assert mode & ~(0o100 if kind == stat.S_IFSOCK else 0) == (0o700 if kind == stat.S_IFDIR else 0o600), said
    top = os.lstat(root)
    assert (top.st_uid, top.st_gid, stat.S_IMODE(top.st_mode)) == (0, 0, 0o700)
    return found


def test_modes_and_owners_before_during_and_after_tasks(fresh_daemon, busybox, tmp_path):
    assert check(fresh_daemon.root)
    fresh_daemon.import_image(busybox, "busybox")
    fresh_daemon.import_image(write(tmp_path / "made", [layer({"bin/x": b"x"})]))
    tasks = Tasks(fresh_daemon)
    # A task that opens what it can, and one that fails to start.
    running = tasks.run(shell("chmod 777 / /tmp; umask 0; touch /tmp/open; mkdir -m 777 /tmp/wide; echo up; sleep 60"), container={"user": "1000"})
    root = tasks.run(shell("chmod 777 /; umask 0; mkdir -m 7777 /wide; echo up; sleep 60"))
    for task in (running, root):
        tasks.wait_output(task, "up")
    tasks.complete(["/nothing/here"])
    found = check(fresh_daemon.root)
    assert sum(path.endswith("/upper") for path in found) >= 2
    assert sum(path.endswith("/record") for path in found) >= 2

    # A killed daemon's leavings, and what the next one makes of them.
    fresh_daemon.kill()
    check(fresh_daemon.root)
    fresh_daemon.start()
    fresh_daemon.stop_tasks()
    found = check(fresh_daemon.root)
    assert any(path.startswith("logs/") for path in found)
