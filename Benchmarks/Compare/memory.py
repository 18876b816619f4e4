#!/usr/bin/env python3
"""What a running task costs the host beside its own memory, and what 0 to 1,000 of them cost the daemon and a launch.

    memory.py [--berth .build/release/berth] [--tasks 0 10 100 1000] [--engine-tasks 10] [--debian-13 TREE]
              [--work DIR] [--json FILE]

The tasks sleep. Told are, per task, the private memory of its monitor (berth-shim, conmon, containerd-shim); of the daemons
resident and private memory, and the share of one processor that they take while nothing happens; of Berth also how long a
further task takes beside them, from RunTask to STOPPED. Needs root.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import tempfile
import time

from bundle import ROOT, busybox
from daemon import Berth
from engines import engines
from starter import Unable

MONITORS = {"berth": "berth-shim", "docker": "containerd-shim", "containerd": "containerd-shim", "podman": "conmon"}
IDLE_SECONDS = 5
LAUNCHES = 40


def memory(process):
    """Resident and private memory in MiB (proc_pid_smaps(5))."""
    values = {}
    for line in open(f"/proc/{process}/smaps_rollup"):
        words = line.split()
        if len(words) == 3 and words[2] == "kB":
            values[words[0]] = int(words[1]) / 1024
    return values["Rss:"], values["Private_Clean:"] + values["Private_Dirty:"]


def processes(word):
    """Those whose program's name begins with `word`."""
    found = set()
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            # A shim that waits for a task has no id yet: it is nobody's monitor.
            if os.path.basename(command[0]).startswith(word) and command[1:2] != ["-" * 32]:
                found.add(int(entry.name))
    return found


def seconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def idle_share(process):
    before = seconds(process)
    time.sleep(IDLE_SECONDS)
    return (seconds(process) - before) / IDLE_SECONDS


def monitors(new):
    values = [memory(process) for process in new]
    return {"monitors": len(values), "monitor private MiB": sum(private for _, private in values) / max(1, len(values))}


def measure_berth(arguments, work, layout):
    most = max(arguments.tasks)
    capacity = {"cpuUnits": 256 * (most + 1), "memoryMiB": 512 * (most + 1)}
    berth = Berth(arguments.berth, work, layout, command=("sleep", "100000"), settings={"capacity": capacity}, cpu="256",
                  memory="512")
    berth.register("short", ["true"], "256", "512")
    rows, before, running = [], processes(MONITORS["berth"]), 0
    try:
        for wanted in sorted(arguments.tasks):
            tasks = [berth.accept() for _ in range(wanted - running)]
            for task in tasks:
                berth.follow(task, until="RUNNING")
            running = wanted
            time.sleep(1)
            resident, private = memory(berth.process.pid)
            rows.append({"who": "berth", "tasks": wanted, **monitors(processes(MONITORS["berth"]) - before),
                         "daemon resident MiB": resident, "daemon private MiB": private,
                         "daemon idle share": idle_share(berth.process.pid), "launch ms": launch_ms(berth)})
            show(rows[-1])
    finally:
        stop_all(berth)
        berth.close()
    return rows


def launch_ms(berth):
    return statistics.median(berth.run("short")["berth: RunTask to STOPPED seen"] for _ in range(LAUNCHES))


def stop_all(berth):
    while tasks := berth.call("ListTasks", {})["taskArns"]:
        for task in tasks:
            berth.call("StopTask", {"task": task})
        for task in tasks:
            berth.follow(task.split("/")[-1])


def daemons(first):
    """A daemon and the one that it has started: dockerd has a containerd of its own."""
    children = pathlib.Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *(int(child) for child in children if int(child) in processes("containerd") - processes("containerd-shim"))]


def measure_engine(engine, count):
    kind = MONITORS[type(engine).__name__.lower()]
    before = processes(kind)
    names = [f"bench-idle-{os.getpid()}-{number}" for number in range(count)]
    for name in names:
        engine.call(*engine.idle(name))
    time.sleep(2)
    row = {"who": engine.name, "tasks": count, **monitors(processes(kind) - before)}
    if engine.daemon:
        resident, private = (sum(both) for both in zip(*map(memory, daemons(engine.daemon.pid))))
        row |= {"daemon resident MiB": resident, "daemon private MiB": private, "daemon idle share": idle_share(engine.daemon.pid)}
    for name in names:
        for command in engine.end(name):
            engine.call(*command)
    show(row)
    return row


def show(row):
    text = f"{row['who']:12} {row['tasks']:5} tasks"
    if row["monitors"]:
        text += f"   monitor {row['monitor private MiB']:6.2f} MiB private"
    if "daemon resident MiB" in row:
        text += (f"   daemon {row['daemon resident MiB']:7.1f} MiB resident, {row['daemon private MiB']:7.1f} private, "
                 f"{row['daemon idle share']:.1%} of a processor")
    if "launch ms" in row:
        text += f"   a further task {row['launch ms']:.1f} ms"
    print(text, flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--tasks", type=int, nargs="+", default=[0, 10, 100, 1000])
    options.add_argument("--engine-tasks", type=int, default=10)
    options.add_argument("--debian-13", metavar="TREE", help="newer engines: see Benchmarks/README.md")
    options.add_argument("--without-engines", action="store_true")
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, running, missing = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), [], {}
    try:
        layout, _ = busybox(work)
        rows = measure_berth(arguments, work, layout)
        if not arguments.without_engines:
            running, missing = engines(work, layout, arguments.debian_13)
            for engine in running:
                try:
                    rows.append(measure_engine(engine, arguments.engine_tasks))
                except Unable as error:
                    missing[error.name] = error.why
        for name, why in missing.items():
            print(f"{name:20} not measured: {why}")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"rows": rows, "missing": missing}))
    finally:
        for engine in running:
            engine.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
