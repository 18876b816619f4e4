#!/usr/bin/env python3
"""Where the time of one short task goes: the steps of `berth serve --trace`, of launches back to back or after pauses.

    steps.py [--berth .build/release/berth] [--launches 200] [--pause MS] [--parked] [--work DIR] [--json FILE]

With --parked a sandbox waits for each task: then accept and start have what is left of them.

Phases of a task touch: where one ends, the next begins; what is indented lies in the phase above it, and some of it beside it.
Docs/tracing.md says what each step is. Needs root.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import tempfile
import time

from bundle import ROOT, busybox
from daemon import Berth

# A step: its name in the trace, the category that it is one of, and the phase in which it lies.
STEPS = [
    ("accept", "task", None), ("images", "thread", "accept"), ("resolve", "thread", "accept"), ("directories", "thread", "accept"),
    ("cgroups", "thread", "accept"), ("plan", "thread", "accept"), ("spawn", "thread", "accept"), ("start", "task", None),
    ("wait for launch", "task", "start"), ("shim starts", "container", "start"),
    ("run", "task", None), ("program", "container", "run"), ("end", "task", None), ("empty", "container", "end"),
    ("record", "container", "end"), ("settle", "task", None), ("write rows", "task", "settle"), ("sync", "task", "settle"),
]


WAY = "from RunTask to the first instruction"


def spans(file, tasks):
    """By task, step and category: milliseconds. Of steps that a task has more than once, the last counts."""
    found, begun = {task: {} for task in tasks}, {}
    for event in json.loads(file.read_text()):
        task = event.get("args", {}).get("task")
        if event["ph"] == "X" and task in found:
            found[task][event["name"], event["cat"]] = event["dur"] / 1000
            begun[task, event["name"], event["cat"]] = event["ts"] / 1000
    for task, steps in found.items():
        steps[WAY, None] = begun[task, "program", "container"] - begun[task, "accept", "task"]
    return list(found.values())


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--launches", type=int, default=200)
    options.add_argument("--pause", type=float, default=0, help="milliseconds before each launch")
    options.add_argument("--parked", action="store_true", help="a sandbox waits for each task; only with a pause")
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, trace, berth = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), None, None
    try:
        layout, _ = busybox(work)
        trace = work / "trace.json"
        berth = Berth(arguments.berth, work, layout, settings={"tasks": {"parked": int(arguments.parked)}}, more=["--trace", trace])
        for _ in range(20):
            berth.run()
        tasks = []
        for _ in range(arguments.launches):
            time.sleep(arguments.pause / 1000)
            tasks.append(berth.accept())
            berth.follow(tasks[-1])
        berth.close()
        found, rows = spans(trace, tasks), []
        for step, category, phase in [*STEPS, (WAY, None, None)]:
            values = [one[step, category] for one in found if (step, category) in one]
            if values:
                rows.append({"step": step, "in": phase, "p50 ms": statistics.median(values),
                             "p99 ms": sorted(values)[int(len(values) * 0.99)]})
                print(f"{'  ' if phase else ''}{step:40} p50 {rows[-1]['p50 ms']:7.3f} ms   p99 {rows[-1]['p99 ms']:7.3f} ms")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"rows": rows}))
    finally:
        if berth:
            berth.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
