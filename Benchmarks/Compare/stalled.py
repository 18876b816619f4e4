#!/usr/bin/env python3
"""Whether anything waits on another's pull: launches and calls beside tasks whose registry never answers.

    stalled.py [--berth .build/release/berth] [--pulls 8] [--rounds 60] [--work DIR] [--json FILE]

The registry takes connections on loopback and says nothing. Told are the median of a launch from RunTask to STOPPED, of RunTask
until it is accepted, and of DescribeTasks, by turns of a daemon with such tasks and of one without. Needs root.
"""
import argparse
import json
import pathlib
import shutil
import socket
import statistics
import tempfile
import time

from bundle import ROOT, busybox
from daemon import Berth
from figures import interleaved


def daemon(arguments, work, layout):
    work.mkdir()
    return Berth(arguments.berth, work, layout, cpu="256", memory="512", settings={
        "capacity": {"cpuUnits": 256 * (arguments.pulls + 4), "memoryMiB": 512 * (arguments.pulls + 4)}})


def once(berth, name):
    """A launch, and a look at the task: what they took in ms."""
    found = berth.run()
    task = berth.call("ListTasks", {"desiredStatus": "STOPPED", "maxResults": 1})["taskArns"][0]
    begun = time.monotonic()
    berth.call("DescribeTasks", {"tasks": [task]})
    found["berth: DescribeTasks"] = (time.monotonic() - begun) * 1000
    return {(name, what.removeprefix("berth: ")): value for what, value in found.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--pulls", type=int, default=8)
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, daemons = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), []
    registry = socket.create_server(("127.0.0.1", 0), backlog=arguments.pulls * 4)
    try:
        layout, _ = busybox(work)
        berth, idle = (daemon(arguments, work / name, layout) for name in ("stalled", "idle"))
        daemons += [berth, idle]
        for number in range(arguments.pulls):
            berth.register(f"stalled-{number}", ["true"], "256", "512", image=f"127.0.0.1:{registry.getsockname()[1]}/never:{number}")
            berth.accept(f"stalled-{number}")
        time.sleep(1)
        measured = interleaved([lambda: once(berth, "beside ms"), lambda: once(idle, "without ms")], arguments.rounds, 0, warm=20)
        waiting = berth.call("ListTasks", {"desiredStatus": "RUNNING"})["taskArns"]
        assert len(waiting) == arguments.pulls, f"{len(waiting)} of {arguments.pulls} tasks wait for their image"
        rows = [{"what": what, **{name: statistics.median(measured[name, what]) for name in ("without ms", "beside ms")}}
                for what in ("RunTask to STOPPED seen", "RunTask answered", "DescribeTasks")]
        for row in rows:
            print(f"{row['what']:28} {row['without ms']:7.2f} ms, beside {arguments.pulls} pulls that never end {row['beside ms']:7.2f} ms")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"pulls": arguments.pulls, "rows": rows}))
        for task in waiting:
            berth.call("StopTask", {"task": task})
    finally:
        for one in daemons:
            one.close()
        registry.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
