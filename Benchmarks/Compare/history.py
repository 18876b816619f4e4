#!/usr/bin/env python3
"""What a daemon's calls cost with 1 to 1,000,000 finished tasks behind it, and how long it takes to start.

    history.py [--berth .build/release/berth] [--tasks 1 1000 100000 1000000] [--running 1000] [--rounds 100] [--pause 100]
               [--work DIR] [--json FILE]

One real task is run; its rows are written again under other ids while the daemon is down, each as the daemon wrote them. Launches
go by turns to this daemon and to one that has only those in its store; crun and runc run the same then, where they are installed.
Last, all of that beside as many running tasks as --running says, with all of the history there: what grows for everybody is the
kernel's. Before each launch there is a pause, in which the kernel comes to its end with what the one before has left. About 4 GB
of disk for a million. Needs root.
"""
import argparse
import json
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

from bundle import ROOT, bundle, busybox
from daemon import Berth
from figures import able, interleaved
from memory import stop_all
from runtimes import Runtime, peers

WARM = 10
RUNTIMES = ("crun", "runc")


def columns(database, table):
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "sequence"]


def again(value, old, new):
    """A value of a row with another task's id in it."""
    if isinstance(value, str):
        return value.replace(old, new)
    return value.replace(old.encode(), new.encode()) if isinstance(value, bytes) else value


def fill(path, task, first, count):
    """Writes `count` copies of a task, numbered from `first`."""
    database = sqlite3.connect(path)
    try:
        for table, key in (("tasks", "id"), ("log_streams", "task")):
            names = columns(database, table)
            row = database.execute(f"SELECT {', '.join(names)} FROM {table} WHERE {key} = ?", (task,)).fetchone()
            if row is None:
                continue
            text = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
            database.executemany(text, (tuple(again(value, task, f"{number:032x}") for value in row)
                                        for number in range(first, first + count)))
        database.commit()
    finally:
        database.close()


def median_ms(call, rounds):
    walls = []
    for _ in range(rounds):
        begun = time.monotonic()
        call()
        walls.append((time.monotonic() - begun) * 1000)
    return statistics.median(walls)


def launches(berth, others, rounds, pause):
    """Launches of a daemon with a history, and by turns what `others` give, by name: medians in ms."""
    runs = [lambda name=name, run=run: {name: run()} for name, run in others.items()]
    # Each begins when the kernel has come to its end with what the one before has left.
    measured = interleaved([berth.run, *runs], rounds, pause, warm=WARM)
    return {what.removeprefix("berth: ") + " ms": statistics.median(values) for what, values in measured.items()}


def beside_running(berth, others, count, rounds, pause):
    berth.register("idle", ["sleep", "100000"], "256", "512")
    for task in [berth.accept("idle") for _ in range(count)]:
        berth.follow(task, until="RUNNING")
    time.sleep(1)
    try:
        return launches(berth, others, rounds, pause)
    finally:
        stop_all(berth)


def show(row):
    print("   ".join(f"{what} {value:.2f}" if isinstance(value, float) else f"{what} {value}" for what, value in row.items()),
          flush=True)


class Restarted(Berth):
    """On a root directory that there is already: nothing is imported or registered again."""

    def __init__(self, binary, root, settings):
        work = pathlib.Path(root).parent
        begun = time.monotonic()
        self.binary, self.root, self.account, self.log = binary, root, None, open(work / "berth.log", "a")
        self.process = subprocess.Popen([binary, "serve", "--root", root, "--listen", "127.0.0.1:0", "--config", settings],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("berth: ready"), line
        self.ready_ms = (time.monotonic() - begun) * 1000
        self.find()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--tasks", type=int, nargs="+", default=[1, 1000, 100_000, 1_000_000])
    options.add_argument("--running", type=int, default=1000)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--pause", type=int, default=100, help="ms before each launch")
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, rows = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), []
    berth, empty, runtimes = None, None, []
    try:
        layout, rootfs = busybox(work)
        room = arguments.running + 8
        berth = Berth(arguments.berth, work, layout, cpu="256", memory="512",
                      settings={"capacity": {"cpuUnits": 256 * room, "memoryMiB": 512 * room}})
        (work / "empty").mkdir()
        empty = Berth(arguments.berth, work / "empty", layout, cpu="256", memory="512")
        directory = bundle(work / "bundle", rootfs)
        runtimes = able([Runtime(peer, directory, work / f"state-{peer.name}") for peer in peers()[0] if peer.name in RUNTIMES], {})
        others = {"empty daemon": lambda: empty.run()["berth: RunTask to STOPPED seen"]}
        others |= {one.name: lambda one=one: one.run()[f"{one.name} run"] for one in runtimes}
        task = berth.accept()
        berth.follow(task)
        there = 1
        for wanted in sorted(arguments.tasks):
            berth.close()
            fill(pathlib.Path(berth.root, "berth.db"), task, there, wanted - there)
            there = max(there, wanted)
            berth = Restarted(arguments.berth, berth.root, work / "berth.yaml")
            first = f"{1:032x}" if there > 1 else task
            row = {"tasks": wanted, "ready ms": berth.ready_ms,
                   "DescribeTasks ms": median_ms(lambda: berth.call("DescribeTasks", {"tasks": [first]}), arguments.rounds),
                   "ListTasks page ms": median_ms(
                       lambda: berth.call("ListTasks", {"desiredStatus": "STOPPED", "maxResults": 100}), arguments.rounds)}
            rows.append(row | launches(berth, others, arguments.rounds, arguments.pause))
            show(rows[-1])
        beside = {"tasks": there, "running": arguments.running} | beside_running(
            berth, others, arguments.running, arguments.rounds, arguments.pause)
        show(beside)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"rows": rows, "beside": beside}))
    finally:
        for one in (berth, empty, *runtimes):
            if one:
                one.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
