#!/usr/bin/env python3
"""berth-oci beside crun and runc: one bundle, `run`, from the start of the command to its end.

    oci.py [--berth-oci .build/release/berth-oci] [--debian-13 TREE] [--runs 100] [--work DIR]

The runtimes take turns of ten runs, once back to back and once with a pause of 100 ms before each run. Processor time
is the user's and the system's of the command and of all it waited for. Peak memory is that of the largest process among
them, in a run of its own under GNU time. Last, whether a container with a memory limit of 512 KiB starts. Needs root,
and Debian's crun, runc, time and golang-github-containers-common.
"""

import argparse
import pathlib
import shutil
import statistics
import tempfile

from bundle import ROOT, bundle, busybox
from figures import interleaved, show
from runtimes import Peer, Runtime, peers

SMALL = 512 << 10


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth-oci", default=str(ROOT / ".build/release/berth-oci"))
    options.add_argument("--debian-13", metavar="TREE", help="a Debian 13: see Benchmarks/README.md")
    options.add_argument("--runs", type=int, default=100)
    options.add_argument("--work", default="/dev/shm", help="where to work; not on ext4 without a journal")
    arguments = options.parse_args()
    work, subjects = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), []
    try:
        _, rootfs = busybox(work)
        normal, small = bundle(work / "bundle", rootfs), bundle(work / "small", rootfs, memory=SMALL)
        found, _ = peers(arguments.debian_13)
        subjects = [Runtime(peer, normal, work / f"state-{number}")
                    for number, peer in enumerate([Peer("berth-oci", arguments.berth_oci), *found]) if peer.name != "runsc"]
        for pause in (0, 100):
            measured = interleaved([subject.run for subject in subjects], arguments.runs, pause, together=10)
            show(measured, arguments.runs, pause)
            walls = [statistics.median(measured[f"{subject.name} run"]) for subject in subjects]
            for subject, wall in zip(subjects[1:], walls[1:]):
                print(f"{subjects[0].name} takes {walls[0] / wall:.2f} × {subject.name}")
            print()
        for subject in subjects:
            print(f"{subject.name:20} peak memory {subject.peak():5.1f} MiB", end="   ")
            starts = sum(subject.outcome(small)["status"] == 0 for _ in range(10))
            print(f"{starts} of 10 containers of {SMALL >> 10} KiB start")
    finally:
        for subject in subjects:
            subject.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
