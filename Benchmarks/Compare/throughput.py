#!/usr/bin/env python3
"""Short tasks a second, 1 to 64 at a time: through Berth's API, metered and billed, beside bare runtimes and engines.

    throughput.py [--berth .build/release/berth] [--tasks 200] [--at-a-time 1 4 16 64] [--crun-trixie TREE] [--work DIR]
                  [--json FILE]

Subjects take turns. Each keeps as many runs of `true` going as it says, until all have ended; told are tasks a second, the
median and 99th percentile of one, and the machine's busy share. Engines run fewer tasks: they take long. Needs root.
"""
import argparse
import json
import math
import os
import pathlib
import shutil
import statistics
import tempfile
import threading
import time

from bundle import ROOT, bundle, busybox
from daemon import Berth
from engines import engines
from runtimes import Runtime

FEWER = 10


class Runtimes:
    """A runtime with as many processes to start it as run at a time."""

    def __init__(self, name, program, work, rootfs, most, tree=None):
        self.name, self.fewer, self.local = name, 1, threading.local()
        self.free = [Runtime(name, program, bundle(work / f"{name.replace(' ', '-')}-{i}", rootfs), work / f"state-{name}-{i}".replace(" ", "-"), tree)
                     for i in range(most)]

    def run(self):
        runtime = self.free.pop()
        try:
            return runtime.run()
        finally:
            self.free.append(runtime)

    def close(self):
        for runtime in self.free:
            runtime.close()


def busy():
    values = [int(word) for word in open("/proc/stat").readline().split()[1:]]
    return sum(values[:3]) + sum(values[5:8])


def measure(subject, tasks, at_a_time):
    """Runs `tasks` with `at_a_time` going at any moment."""
    left, walls, faults, lock = [tasks], [], [], threading.Lock()

    def work():
        while True:
            with lock:
                if left[0] == 0 or faults:
                    return
                left[0] -= 1
            begun = time.monotonic()
            try:
                subject.run()
            except Exception as error:  # told once, by whoever waits
                faults.append(error)
                return
            walls.append((time.monotonic() - begun) * 1000)

    before, begun = busy(), time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(at_a_time)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    if faults:
        raise faults[0]
    share = (busy() - before) / os.sysconf("SC_CLK_TCK") / seconds / os.cpu_count()
    walls.sort()
    return {"a second": tasks / seconds, "p50 ms": statistics.median(walls), "p99 ms": walls[math.ceil(len(walls) * 0.99) - 1],
            "busy": share}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--crun-trixie", metavar="TREE", help="a Debian 13: see Benchmarks/README.md")
    options.add_argument("--tasks", type=int, default=200)
    options.add_argument("--at-a-time", type=int, nargs="+", default=[1, 4, 16, 64])
    options.add_argument("--without-engines", action="store_true")
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, subjects, missing, rows = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), [], {}, []
    most = max(arguments.at_a_time)
    try:
        layout, rootfs = busybox(work)
        # The smallest size there is, so that 64 fit whatever the machine; `true` needs no more.
        subjects.append(Berth(arguments.berth, work, layout, cpu="256", memory="512",
                              settings={"capacity": {"cpuUnits": 256 * most, "memoryMiB": 512 * most}}))
        for name in ("crun", "runc"):
            if shutil.which(name):
                subjects.append(Runtimes(name, name, work, rootfs, most))
        if arguments.crun_trixie:
            subjects.append(Runtimes("crun of Debian 13", "crun", work, rootfs, most, arguments.crun_trixie))
        if not arguments.without_engines:
            running, missing = engines(work, layout)
            subjects += running
        for at_a_time in arguments.at_a_time:
            for subject in subjects:
                tasks = arguments.tasks if getattr(subject, "fewer", None) or subject.name == "berth" else max(arguments.tasks // FEWER, at_a_time)
                row = {"who": subject.name, "at a time": at_a_time, "tasks": tasks, **measure(subject, tasks, at_a_time)}
                rows.append(row)
                print(f"{row['who']:20} {at_a_time:3} at a time {row['a second']:8.1f} a second   p50 {row['p50 ms']:8.1f} ms   "
                      f"p99 {row['p99 ms']:8.1f} ms   machine busy {row['busy']:4.0%}", flush=True)
        for name, why in missing.items():
            print(f"{name:20} not measured: {why}")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"rows": rows, "missing": missing}))
    finally:
        for subject in subjects:
            subject.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
