#!/usr/bin/env python3
"""Whether what is billed is what the kernel counted: processor time of tasks by their bills, and by the cgroup above them all.

    metering.py [--berth .build/release/berth] [--tasks 40] [--work DIR] [--json FILE]

Half of the tasks only end, the other half compute. The group above keeps what was used by those that are gone. A bill is in whole
microseconds: each may be one less than what was counted. Needs root.
"""
import argparse
import json
import pathlib
import shutil
import subprocess
import tempfile

from bundle import ROOT, busybox
from daemon import Berth

SPIN = ["sh", "-c", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done"]
WAIT = ["sleep", "100"]


def above(task):
    """The group of the second version that all tasks' groups are in."""
    for entry in pathlib.Path("/proc").glob("[0-9]*/cgroup"):
        try:
            path = next(line[3:] for line in entry.read_text().splitlines() if line.startswith("0::"))
        except (OSError, StopIteration):
            continue
        if f"/{task}/" in path:
            top = pathlib.Path("/sys/fs/cgroup/unified")
            return (top if top.is_dir() else top.parent) / path.partition(f"/{task}/")[0].lstrip("/")
    raise RuntimeError(f"no process of task {task}")


def counted(group):
    return int(dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())["usage_usec"])


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--tasks", type=int, default=40)
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, berth = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), None
    try:
        layout, _ = busybox(work)
        berth = Berth(arguments.berth, work, layout, cpu="256", memory="512")
        berth.register("spin", SPIN, "256", "512")
        berth.register("wait", WAIT, "256", "512")
        first = berth.accept("wait")
        berth.follow(first, until="RUNNING")
        group = above(first)
        berth.call("StopTask", {"task": first})
        berth.follow(first)
        kernel = {}
        for number in range(arguments.tasks):
            before = counted(group)
            task = berth.accept("spin" if number % 2 else "bench")
            berth.follow(task)
            kernel[task] = counted(group) - before
        text = subprocess.run([berth.binary, "bill", "--root", berth.root, "--format", "json"], stdout=subprocess.PIPE, check=True).stdout
        billed = {bill["taskArn"].split("/")[-1]: bill["used"]["cpuUsec"] for bill in json.loads(text)}
        apart = [abs(billed[task] - counted) for task, counted in kernel.items()]
        result = {"tasks": len(kernel), "billed us": sum(billed[task] for task in kernel), "counted us": sum(kernel.values()),
                  "most apart us": max(apart)}
        print("   ".join(f"{what} {value:g}" for what, value in result.items()))
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps(result))
    finally:
        if berth:
            berth.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
