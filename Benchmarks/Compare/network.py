#!/usr/bin/env python3
"""What a task's network costs: throughput beside a plain pair of links, and what it adds to a launch.

    network.py [--berth .build/release/berth] [--rounds 5] [--seconds 3] [--launches 100] [--big-tcp always|never] [--work DIR]
               [--json FILE]

All of it happens in network namespaces of its own: one is the host, with Berth's bridge and firewall in it. iperf3 sends from task
to task, from the host to a task and back, and between two namespaces that one veth pair joins, by turns. Launches go by turns to
this daemon, whose namespaces come from its pool, and to one with `network.enabled: false`. --big-tcp is `network.bigTCP`: these
namespaces have no way out, for which `auto` is what `always` is. Needs root, iperf3 and iproute2.
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from bundle import ROOT, busybox
from daemon import Berth
from figures import interleaved

INSIDE = "BERTH_BENCH_INSIDE"
# A sysfs of this namespace's links in place of the machine's, with the cgroups as they were.
ENTER = """
set -e
mkdir -p "$1" && mount -t sysfs none "$1" && mount --rbind /sys/fs/cgroup "$1/fs/cgroup" && mount --rbind "$1" /sys
ip link set lo up
shift
exec "$@"
"""


class Namespace:
    """A network namespace, held by a process; `pair` joins two."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"], stdout=subprocess.PIPE)
        self.holder.stdout.readline()

    def command(self, *words):
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *words]

    def close(self):
        self.holder.kill()
        self.holder.wait()


def pair(one, other):
    """A veth pair from one namespace to another, with addresses 10.99.0.1 and 10.99.0.2."""
    subprocess.run(["ip", "link", "add", "one", "netns", str(one.holder.pid), "type", "veth", "peer", "name", "other", "netns",
                    str(other.holder.pid)], check=True)
    for namespace, link, address in ((one, "one", "10.99.0.1/24"), (other, "other", "10.99.0.2/24")):
        for words in (("link", "set", "lo", "up"), ("addr", "add", address, "dev", link), ("link", "set", link, "up")):
            subprocess.run(namespace.command("ip", *words), check=True)


def gigabits(command):
    """What an iperf3 client reports that was received."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9


class Tasks:
    """A server task of iperf3, and clients as tasks of their own."""

    def __init__(self, berth):
        self.berth = berth
        berth.register("server", ["--server"], "1024", "2048", image="iperf")
        self.server = berth.accept("server")
        running = berth.follow(self.server, until="RUNNING")
        self.address = running["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]

    def to_task(self, seconds):
        self.berth.register("client", ["--client", self.address, "--time", str(seconds), "--json"], "1024", "2048", image="iperf")
        task = self.berth.accept("client")
        self.berth.follow(task)
        text = subprocess.run([self.berth.binary, "logs", "--root", self.berth.root, task], stdout=subprocess.PIPE, text=True,
                              check=True).stdout
        return json.loads(text)["end"]["sum_received"]["bits_per_second"] / 1e9

    def close(self):
        self.berth.call("StopTask", {"task": self.server})
        self.berth.follow(self.server)


def throughput(berth, rounds, seconds):
    one, other = Namespace(), Namespace()
    pair(one, other)
    by_hand = subprocess.Popen(one.command("iperf3", "--server"), stdout=subprocess.DEVNULL)
    tasks = Tasks(berth)
    time.sleep(1)
    client = ["iperf3", "--time", str(seconds), "--json", "--client"]
    try:
        measured = interleaved([
            lambda: {"plain pair": gigabits(other.command(*client, "10.99.0.1"))},
            lambda: {"task to task": tasks.to_task(seconds)},
            lambda: {"host to task": gigabits([*client, tasks.address])},
            lambda: {"task to host": gigabits([*client, tasks.address, "--reverse"])},
        ], rounds, 0, warm=1)
    finally:
        by_hand.terminate()
        by_hand.wait()
        tasks.close()
        one.close()
        other.close()
    return measured


def fill(arguments, work, layout, count=500):
    """Processor milliseconds of the network's thread for each namespace of a pool that it fills."""
    (work / "fill").mkdir()
    berth = Berth(arguments.berth, work / "fill", layout, settings={"network": {"pool": count}})
    try:
        ready, patience = 0, time.monotonic() + 60
        while ready < count and time.monotonic() < patience:
            time.sleep(0.2)
            shown = subprocess.run([berth.binary, "network", "show", "--root", berth.root, "--json"], stdout=subprocess.PIPE, check=True)
            ready = json.loads(shown.stdout)["status"]["ready"]
        threads = pathlib.Path(f"/proc/{berth.process.pid}/task").iterdir()
        thread = next(one for one in threads if (one / "comm").read_text().strip() == "berth-network")
        nanoseconds = int((thread / "schedstat").read_text().split()[0])
        return nanoseconds / 1e6 / max(ready, 1)
    finally:
        berth.close()
        subprocess.run([arguments.berth, "network", "reset", "--force", "--root", berth.root], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def inside(arguments):
    work, daemons = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work)), []
    try:
        layout, _ = busybox(work)
        filled = fill(arguments, work, layout)
        print(f"filling the pool: {filled:.2f} ms of a processor each", flush=True)
        for name, enabled in (("with", True), ("without", False)):
            (work / name).mkdir()
            daemons.append(Berth(arguments.berth, work / name, layout, settings={
                "network": {"enabled": enabled, "bigTCP": arguments.big_tcp}, "capacity": {"cpuUnits": 16384, "memoryMiB": 0}}))
        measured = interleaved([
            lambda: {"with a network": daemons[0].run()["berth: RunTask to STOPPED seen"]},
            lambda: {"without": daemons[1].run()["berth: RunTask to STOPPED seen"]}], arguments.launches, 20)
        launches = {name: statistics.median(values) for name, values in measured.items()}
        print(f"a task with a network {launches['with a network']:.2f} ms, without {launches['without']:.2f} ms: "
              f"{launches['with a network'] - launches['without']:+.2f} ms", flush=True)
        image = ROOT / "out/images/iperf"
        subprocess.run([arguments.berth, "image", "import", image, "--tag", "iperf", "--root", daemons[0].root], check=True,
                       stdout=subprocess.DEVNULL)
        gigabit = {name: statistics.median(values) for name, values in throughput(daemons[0], arguments.rounds, arguments.seconds).items()}
        for name, value in gigabit.items():
            print(f"{name:16} {value:6.2f} Gbit/s   {value / gigabit['plain pair']:.2f} x the plain pair", flush=True)
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({"fill ms": filled, "launch ms": launches, "gigabits": gigabit}))
    finally:
        for daemon in daemons:
            daemon.close()
        for name in ("with", "without"):
            subprocess.run([arguments.berth, "network", "reset", "--force", "--root", work / name / "berth"], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(work, ignore_errors=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=int, default=3)
    options.add_argument("--launches", type=int, default=100)
    options.add_argument("--big-tcp", choices=("always", "never"), default="always")
    options.add_argument("--work", default=None)
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    if INSIDE in os.environ:
        return inside(arguments)
    # Here, where apt reaches the outside.
    subprocess.run([ROOT / "rootfs-tools/build-image", "iperf"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="berth-bench-") as sysfs:
        command = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh", sysfs, sys.executable,
                   os.path.abspath(__file__), *sys.argv[1:]]
        subprocess.run(command, check=True, env={**os.environ, INSIDE: "1"})


if __name__ == "__main__":
    main()
