"""Shims that are started ahead: a launch takes one, and whoever kills them loses nothing."""

import os
import signal
from pathlib import Path

from support.clients import Tasks
from support.waiting import until


def lives(process):
    """Whether it runs; one that nobody has reaped does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ahead(daemon):
    """The shims of a daemon that wait for a task, and the one that they are clones of; their argument is nobody's id yet."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            waits = Path(f"/proc/{process}/cmdline").read_bytes() == b"berth-shim\0" + b"-" * 32 + b"\0"
            parent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if waits and int(parent) == daemon.process.pid:
            found.append(int(process))
    return found


def test_shims_that_are_started_ahead(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    assert not ahead(fresh_daemon), "a daemon that runs nothing keeps none"
    tasks = Tasks(fresh_daemon)
    for number in range(8):
        ended = tasks.wait(tasks.run(["sh", "-c", f"exit {number}"]))
        assert ended["containers"][0]["exitCode"] == number
        until(lambda: 2 <= len(ahead(fresh_daemon)) <= 5, "not two to five")
    # The next tasks find nobody there.
    for shim in ahead(fresh_daemon):
        os.kill(shim, signal.SIGKILL)
    until(lambda: not ahead(fresh_daemon))
    for _ in range(3):
        assert tasks.wait(tasks.run(["true"]))["containers"][0]["exitCode"] == 0
    until(lambda: len(ahead(fresh_daemon)) >= 2)
    waiting = ahead(fresh_daemon)
    until(lambda: {Path(f"/proc/{shim}/comm").read_text() for shim in waiting} == {"berth-shim\n"})
    fresh_daemon.kill()
    until(lambda: not any(lives(shim) for shim in waiting))
    # Cgroups of version 1 that it had no time for are the next one's to remove.
    fresh_daemon.start()


def test_a_start_makes_no_file_for_what_the_runtime_mounts(daemon, tasks):
    """What an image lacks of /dev, /proc, /sys and the name files lies below all images."""
    task = tasks.run(["sleep", "30"])
    tasks.wait(task, status="RUNNING")
    own = daemon.root / "tasks" / task["taskArn"].rsplit("/", 1)[1] / "containers/main/upper"
    assert own.is_dir() and list(own.iterdir()) == []
    daemon.command("stop", task["taskArn"].rsplit("/", 1)[1])
    tasks.wait(task)
