"""A task from its limits over its end to its bill, as the kernel has it; the virtual machine of the tests runs it too."""

import json
import os
from decimal import Decimal
from pathlib import Path

from support.clients import shell, task_id
from support.waiting import until
from test_limits import bill, expected_total

CGROUPS = Path("/sys/fs/cgroup")
UNIFIED = (CGROUPS / "cgroup.controllers").exists()

# Ends when it is asked to, and uses CPU time until then.
SPINS = 'trap "exit 3" TERM; echo ready; while :; do :; done'


class Kernel:
    """What the kernel shows of a task, in whichever hierarchy this host has it."""

    def __init__(self, daemon, task):
        self.tree, self.id = daemon.cgroup.strip("/"), task_id(task)

    def directory(self, controller):
        if UNIFIED:
            return CGROUPS / self.tree / "tasks" / self.id
        return CGROUPS / controller / self.tree / self.id

    @property
    def lifecycle(self):
        mount = CGROUPS if UNIFIED else CGROUPS / "unified"
        return mount / self.tree / "tasks" / self.id

    def read(self, controller, legacy, unified):
        return (self.directory(controller) / (unified if UNIFIED else legacy)).read_text().strip()

    @property
    def cpu_usec(self):
        lines = dict(line.split() for line in (self.lifecycle / "cpu.stat").read_text().splitlines())
        return int(lines["usage_usec"])


def test_the_run_is_on_the_cgroups_that_it_expects():
    expected = os.environ.get("BERTH_EXPECT_CGROUPS")
    assert expected is None or (expected == "unified") == UNIFIED


def test_limits_are_set_held_counted_and_billed(tasks, daemon):
    task = tasks.run(shell(SPINS))
    tasks.wait_output(task, "ready")
    kernel = Kernel(daemon, task)
    if UNIFIED:
        assert kernel.read("cpu", None, "cpu.max") == "25000 100000"
        assert kernel.read("memory", None, "memory.swap.max") == "0"
        assert kernel.read("memory", None, "cpu.weight") == "25"
    else:
        assert kernel.read("cpu", "cpu.cfs_quota_us", None) == "25000"
        assert kernel.read("memory", "memory.memsw.limit_in_bytes", None) == str(512 << 20)
    assert kernel.read("memory", "memory.limit_in_bytes", "memory.max") == str(512 << 20)
    assert int(kernel.read("pids", "pids.max", "pids.max")) > 0
    assert (kernel.lifecycle / "main/cgroup.procs").read_text() != ""

    while (seen := kernel.cpu_usec) < 200_000:
        pass
    tasks.ecs.stop_task(task=task["taskArn"])
    ended = tasks.wait(task)
    assert ended["containers"][0]["exitCode"] == 3
    charged = bill(daemon, ended)
    used, reserved = charged["used"], charged["reserved"]
    assert seen <= used["cpuUsec"] <= 0.25 * reserved["runSeconds"] * 1e6 + 100_000
    assert 0 < used["memoryPeakBytes"] <= 512 << 20
    assert used["oomKills"] == 0
    assert Decimal(charged["total"]) == expected_total(256, 512, reserved["billedSeconds"])
    assert not kernel.lifecycle.exists()
    # What counted and limited it in version 1 goes when the daemon has a moment.
    until(lambda: not kernel.directory("memory").exists(), "its memory cgroup is gone")


def test_what_exceeds_its_memory_is_killed_told_and_billed(tasks, daemon):
    hog = {"name": "hog", "image": "busybox", "essential": False, "memory": 64,
           "command": ["dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"]}
    main = {"name": "main", "image": "busybox", "essential": True, "command": shell("echo lives; exit 0"),
            "dependsOn": [{"containerName": "hog", "condition": "COMPLETE"}]}
    ended = tasks.complete(containerDefinitions=[hog, main])
    containers = {container["name"]: container for container in ended["containers"]}
    assert containers["hog"].get("exitCode") == 137, ended
    assert containers["hog"]["reason"].startswith("OutOfMemoryError")
    assert containers["main"]["exitCode"] == 0 and "reason" not in containers["main"]
    assert tasks.output(ended)[0] == "lives\n"
    charged = bill(daemon, ended)
    assert charged["used"]["oomKills"] >= 1
    assert charged["used"]["memoryPeakBytes"] <= 512 << 20
    assert Decimal(charged["total"]) == expected_total(256, 512, charged["reserved"]["billedSeconds"])


def test_the_ledger_holds_every_task_once(tasks, daemon):
    ended = tasks.complete(shell("exit 5"))
    assert ended["containers"][0].get("exitCode") == 5, ended
    bills = json.loads(daemon.command("bill", "--format", "json").stdout)
    arns = [each["taskArn"] for each in bills]
    assert arns.count(ended["taskArn"]) == 1 and len(arns) == len(set(arns))
