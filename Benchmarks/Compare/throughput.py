#!/usr/bin/env python3
"""Short tasks a second, 1 to 64 at a time: through Berth's API, metered and billed, beside bare runtimes and engines.

    throughput.py [--berth .build/release/berth] [--tasks 200] [--at-a-time 1 4 16 64] [--rounds 3] [--turns 10]
                  [--without-lull 2000] [--debian-13 TREE] [--work DIR] [--json FILE]

Subjects take turns, and each round goes from few at a time to many: a machine that is slower for a while is so for all rows. Each
keeps as many runs of `true` going as it says, until all have ended; told are tasks a second (the median round, and the worst and
best), the median and 99th percentile of one, and the machine's busy share. Engines, and runsc, run fewer tasks: they take long.
One that fails is named with what it said. Needs root.

What a subject leaves, to a lull between tasks (Berth), to processes that clean up (engines) or to the kernel, is not for the next
one to bear: a turn begins when the machine is idle. Once all others are gone, one and 16 at a time of Berth take `--turns` turns
each, one after the other: what their ratio is taken of. Last, so many that there is no lull for most of them (`--without-lull`).
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
from engines import Engine, engines
from figures import able
from runtimes import Runtime, peers
from starter import Unable

FEWER, SLOW = 10, ("docker", "containerd", "podman", "runsc")
# The share of the machine that daemons at rest may take, over so many seconds; and for how long that is waited for.
IDLE, OVER, PATIENCE = 0.03, 0.25, 15


class Runtimes:
    """A runtime with as many processes to start it as run at a time."""

    def __init__(self, peer, work, rootfs, most):
        work.mkdir()
        self.name = peer.name
        self.free = [Runtime(peer, bundle(work / str(i), rootfs), work / f"state-{i}") for i in range(most)]
        for runtime in self.free:
            runtime.starter.ready(1)

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
    """Seconds of all processors together."""
    values = [int(word) for word in open("/proc/stat").readline().split()[1:]]
    return (sum(values[:3]) + sum(values[5:8])) / os.sysconf("SC_CLK_TCK")


def idle():
    """Waits until nobody is at work any more."""
    patience = time.monotonic() + PATIENCE
    while time.monotonic() < patience:
        before = busy()
        time.sleep(OVER)
        if busy() - before < IDLE * OVER * os.cpu_count():
            return


def measure(subject, tasks, at_a_time):
    """Runs `tasks` with `at_a_time` going at any moment, once the machine is idle."""
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

    idle()
    before, begun = busy(), time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(at_a_time)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - begun
    if faults:
        raise faults[0]
    return {"a second": tasks / seconds, "walls": walls,
            "busy": (busy() - before) / seconds / os.cpu_count()}


def row(name, at_a_time, tasks, rounds):
    """What several rounds of the same say together."""
    walls, pace = sorted(wall for one in rounds for wall in one["walls"]), [one["a second"] for one in rounds]
    return {"who": name, "at a time": at_a_time, "tasks": tasks, "rounds": len(rounds), "a second": statistics.median(pace),
            "least": min(pace), "most": max(pace), "p50 ms": statistics.median(walls),
            "p99 ms": walls[math.ceil(len(walls) * 0.99) - 1], "busy": statistics.median(one["busy"] for one in rounds)}


def alone(berth, arguments):
    """Rows of Berth with nobody else on the machine."""
    rounds = {1: [], 16: []}
    for at_a_time in [1, 16] * arguments.turns:
        rounds[at_a_time].append(measure(berth, arguments.tasks, at_a_time))
    rows = [row("berth, by turns", at_a_time, arguments.tasks, of) for at_a_time, of in rounds.items() if of]
    if arguments.without_lull:
        rows.append(row("berth, without a lull", 16, arguments.without_lull, [measure(berth, arguments.without_lull, 16)]))
    return rows


def show(row):
    print(f"{row['who']:24} {row['at a time']:3} at a time {row['a second']:8.1f} a second ({row['least']:.1f} to {row['most']:.1f})   "
          f"p50 {row['p50 ms']:8.1f} ms   p99 {row['p99 ms']:8.1f} ms   machine busy {row['busy']:4.0%}", flush=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--debian-13", metavar="TREE", help="newer peers: see Benchmarks/README.md")
    options.add_argument("--tasks", type=int, default=200)
    options.add_argument("--at-a-time", type=int, nargs="+", default=[1, 4, 16, 64])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--turns", type=int, default=10, help="0: none")
    options.add_argument("--without-lull", type=int, default=2000, metavar="TASKS", help="0: none")
    options.add_argument("--without-engines", action="store_true")
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, subjects, missing, rows = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), [], {}, []
    most = max(16, *arguments.at_a_time)
    try:
        layout, rootfs = busybox(work)
        # The smallest size there is, so that 64 fit whatever the machine; `true` needs no more.
        subjects.append(Berth(arguments.berth, work, layout, cpu="256", memory="512",
                              settings={"capacity": {"cpuUnits": 256 * most, "memoryMiB": 512 * most}}))
        found, missing = peers(arguments.debian_13)
        others = [Runtimes(peer, work / f"runtime-{number}", rootfs, most) for number, peer in enumerate(found)]
        if not arguments.without_engines:
            running, without = engines(work, layout, arguments.debian_13)
            others += running
            missing |= without
        subjects += able(others, missing)
        rounds = {}
        for at_a_time in arguments.at_a_time * arguments.rounds:
            for subject in [one for one in subjects if one.name not in missing]:
                if isinstance(subject, Engine):
                    subject.starter.ready(at_a_time)
                tasks = max(arguments.tasks // FEWER, at_a_time) if subject.name.startswith(SLOW) else arguments.tasks
                try:
                    result = measure(subject, tasks, at_a_time)
                    rounds.setdefault((at_a_time, subject.name, tasks), []).append(result)
                except Unable as error:
                    missing[error.name] = f"{at_a_time} at a time: {error.why}"
        for (at_a_time, name, tasks), of in rounds.items():
            rows.append(row(name, at_a_time, tasks, of))
        while len(subjects) > 1:
            subjects.pop().close()
        rows += alone(subjects[0], arguments)
        for one in rows:
            show(one)
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
