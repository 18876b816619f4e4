"""Sandboxes that wait for tasks (`tasks.parked`): a program cannot tell, and nobody else notices."""

import json
import os
import re
from pathlib import Path

import pytest

from support.clients import Tasks, definition, shell, task_id
from support.daemon import Daemon
from support.waiting import until
from test_limits import bill

# All that could differ, but for ids, times and what each task has of its own.
LOOK = """
id; umask; ulimit -a; hostname | tr 0-9a-f x; pwd; env | sort
sed 's/[0-9]* [0-9]* [0-9]*:[0-9]* //' /proc/self/mountinfo
grep -v -e ctxt -e Vm -e Rss -e Hugetlb /proc/self/status
cat /proc/self/limits /proc/self/cgroup /proc/self/uid_map /proc/net/dev
ls -l /proc/self/fd | wc -l; ls -a / /dev /proc/1/task; cat /etc/hosts /etc/resolv.conf
"""


def waiting():
    """The ids of shims that run, by process."""
    found = {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            name, _, title = Path(f"/proc/{process}/cmdline").read_bytes().partition(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if name == b"berth-shim" and re.fullmatch(rb"[0-9a-f]{32}\0", title):
            found[int(process)] = title[:-1].decode()
    return found


@pytest.fixture
def parking(busybox):
    daemon = Daemon()
    daemon.configuration.write_text(daemon.configuration.read_text() + "tasks:\n  parked: 1\n")
    with daemon:
        daemon.import_image(busybox, "busybox")
        yield daemon


def parked(daemon):
    """Waits for the sandbox that waits: its id, which is no task's."""
    def found():
        # `berth ps` shows the beginning of a task's id.
        own, tasks = os.listdir(daemon.root / "tasks"), daemon.command("ps", "--all").stdout.decode()
        return [one for one in waiting().values() if one in own and one[:12] not in tasks]
    return until(found)[0]


def test_a_program_cannot_tell(parking):
    tasks = Tasks(parking)
    arn = tasks.ecs.register_task_definition(**definition(shell(LOOK)))["taskDefinition"]["taskDefinitionArn"]
    first = tasks.wait(tasks.start(arn))
    ahead = parked(parking)

    def taken():
        # Where it is seen it may not be taken yet: such a task runs elsewhere.
        task = tasks.wait(tasks.start(arn, startedBy="another", tags=[{"key": "a", "value": "b"}]))
        return task if task_id(task) == ahead else None

    second = until(taken)
    assert second["containers"][0]["exitCode"] == 0
    look = [re.sub(r"[0-9a-f]{32}|[0-9a-f]{12}|\b1[0-9]{9}\b", "ID", tasks.output(one)[0]) for one in (first, second)]
    assert look[0] == look[1]
    assert bill(parking, first)["total"] == bill(parking, second)["total"]


def test_an_image_can_be_removed(parking):
    tasks = Tasks(parking)
    tasks.complete(["true"])
    parked(parking)
    assert json.loads(parking.command("image", "inspect", "busybox").stdout)["usedBy"] == []
    parking.command("image", "rm", "busybox")


def test_a_killed_daemon_leaves_none(parking):
    tasks = Tasks(parking)
    tasks.complete(["true"])
    ahead = parked(parking)
    parking.kill()
    assert ahead in waiting().values()
    parking.start()
    until(lambda: ahead not in waiting().values())
    until(lambda: not (parking.root / "tasks" / ahead).exists())
    assert Tasks(parking).complete(["true"])["containers"][0]["exitCode"] == 0
