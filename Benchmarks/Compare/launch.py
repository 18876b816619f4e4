#!/usr/bin/env python3
"""One short task, start to finish, beside OCI runtimes, engines and tools: the same image, limits and work.

    launch.py [--berth .build/release/berth] [--rounds 60] [--pause MS] [--debian-13 TREE] [--engines] [--work DIR] [--json FILE]

Rounds are interleaved (berth, crun, runc, berth, …). Berth is measured through its API over the unix socket: RunTask
sent to STOPPED received, image imported beforehand; the daemon's own times split it. berth-oci, crun and runc run a bundle of
the same layer with overlay's work done already, which favours them. All get the same namespaces, Docker's seccomp policy and
capabilities, 1 CPU, 256 MiB and a pids limit; of the tools, unshare and bwrap do less. crun refuses a hybrid cgroup host: there
it runs in a private mount namespace without the v2 mount. With --engines also docker, containerd, podman, and what else is
installed of systemd-nspawn, bwrap and unshare; with --debian-13 also that Debian's crun, runc, docker, containerd and podman. A peer
that fails, or takes a minute, is named with what it said. Needs root, Debian's crun, runc and golang-github-containers-common.
"""
import argparse
import json
import pathlib
import shutil
import tempfile

from bundle import ROOT, bundle, busybox
from daemon import Berth
from engines import engines, tools
from figures import able, interleaved, show
from runtimes import Peer, Runtime, peers
from starter import Account


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--pause", type=float, default=0, help="milliseconds before each run")
    options.add_argument("--debian-13", metavar="TREE", help="newer peers: see Benchmarks/README.md")
    options.add_argument("--engines", action="store_true", help="engines and tools too")
    options.add_argument("--work", default=None, help="where to work; a journaled file system gives the fairest figures")
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work, missing = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), {}
    subjects, account = [], None
    try:
        layout, rootfs = busybox(work)
        account = Account("berth")
        subjects.append(Berth(arguments.berth, work, layout, account=account))
        directory, own = bundle(work / "bundle", rootfs), pathlib.Path(arguments.berth).with_name("berth-oci")
        found, missing = peers(arguments.debian_13)
        others = [Runtime(peer, directory, work / f"state-{number}")
                  for number, peer in enumerate([Peer("berth-oci", str(own)), *found])]
        if arguments.engines:
            for more, without in (engines(work, layout, arguments.debian_13), tools(rootfs)):
                others += more
                missing |= without
        subjects += able(others, missing)
        measured = interleaved([subject.run for subject in subjects], arguments.rounds, arguments.pause, missing=missing)
        show(measured, arguments.rounds, arguments.pause)
        for name, why in missing.items():
            print(f"{name:40} not measured: {why}")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"measured": measured, "missing": missing}))
    finally:
        for subject in subjects:
            subject.close()
        if account:
            account.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
