#!/usr/bin/env python3
"""The benchmarks of single parts, held against the thresholds that are checked in.

    inner.py [--update] [--json FILE]

Runs every target of Benchmarks/Benchmarks and prints what each benchmark took at its 90th percentile beside its threshold.
Fails when one is beyond what its threshold allows (Measuring/Metrics.swift). Needs no root; the first build takes minutes.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

PACKAGE = pathlib.Path(__file__).resolve().parent.parent
THRESHOLDS = PACKAGE / "Thresholds"
RUN = "latest"


def plugin(*words, check=True, show=False):
    command = ["swift", "package", "--allow-writing-to-package-directory", "benchmark", *words, "--no-progress"]
    done = subprocess.run(command, cwd=PACKAGE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if show or (check and done.returncode):
        sys.stderr.write(done.stdout)
    if check and done.returncode:
        raise SystemExit(f"inner: {' '.join(command)} failed")
    return done


def figures(directory):
    """By part and benchmark: the 90th percentile of each metric; times in nanoseconds."""
    found = {}
    for file in sorted(directory.glob("*.p90.json")):
        part, name = file.name.removesuffix(".p90.json").split(".", 1)
        found[part, name] = json.loads(file.read_text())
    return found


def measured():
    with tempfile.TemporaryDirectory(prefix="berth-bench-") as directory:
        plugin("thresholds", "update", RUN, "--path", directory)
        return figures(pathlib.Path(directory))


def update():
    """Makes the last run's figures the thresholds, but for the throughput, which is the wall clock turned round."""
    for file in THRESHOLDS.glob("*.p90.json"):
        file.unlink()
    plugin("thresholds", "update", RUN)
    for file in THRESHOLDS.glob("*.p90.json"):
        figure = json.loads(file.read_text())
        del figure["throughput"]
        file.write_text(json.dumps(figure, indent=2, sort_keys=True) + "\n")


def rows(now, before):
    for (part, name), figure in now.items():
        threshold = before.get((part, name), {})
        yield {"part": part, "what": name, "wall us": figure["wallClock"] / 1000, "processor us": figure["processorTime"] / 1000,
               "allocations": figure["allocations"], "wall threshold us": threshold.get("wallClock", 0) / 1000,
               "allocations threshold": threshold.get("allocations")}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--update", action="store_true", help="make what is measured the new thresholds")
    options.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write figures and verdict there instead of failing")
    options.add_argument("--work", type=pathlib.Path, help="not needed")
    arguments = options.parse_args()
    plugin("baseline", "update", RUN)
    if arguments.update:
        update()
        return
    now, before = measured(), figures(THRESHOLDS)
    table = list(rows(now, before))
    print(f"{'part':12}{'what':32}{'p90 µs':>12}{'threshold':>12}{'processor µs':>14}{'allocations':>13}{'threshold':>11}")
    for row in table:
        print(f"{row['part']:12}{row['what']:32}{row['wall us']:12.1f}{row['wall threshold us']:12.1f}"
              f"{row['processor us']:14.1f}{row['allocations']:13}"
              f"{'-' if row['allocations threshold'] is None else row['allocations threshold']:>11}")
    verdict = plugin("thresholds", "check", RUN, check=False)
    held = verdict.returncode == 0 or "is BETTER" in verdict.stdout
    if not held or verdict.returncode:
        print(verdict.stdout)
    odd = sorted(".".join(one) for one in now.keys() ^ before.keys())
    if odd:
        print(f"a benchmark without a threshold, or the other way round: {', '.join(odd)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"rows": table, "held": held and not odd}, indent=1))
    elif not held or odd:
        raise SystemExit("inner: beyond the thresholds")


if __name__ == "__main__":
    main()
