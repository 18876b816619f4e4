#!/usr/bin/env python3
"""An image from a registry on loopback to a root file system that can be used, beside what people use instead.

    pull.py --image LAYOUT[:TAG] [--berth .build/release/berth] [--rounds 6] [--debian-13 TREE] [--work DIR] [--only NAME ...]

LAYOUT is an OCI layout, of some hundred megabytes to mean anything; it is pushed once as it is (gzip) and once with zstd. Rounds
are interleaved. Each pull begins with an empty store on an ext4 with a journal that was just made (a file in --work, mounted by
loop; a directory in memory such as /dev/shm is best), so that nobody pays for another's deletions; docker and containerd are started
on it, which is not timed. Podman pulls with its overlay driver; skopeo and umoci are timed together, without zstd, which Debian's
umoci cannot read. A peer that fails is named with what it said, and has no further turn.

Told are seconds of the pull, processor seconds of client, daemon and children, seconds that a sync of the file system takes
afterwards, and the most memory that one process of ours that unpacks a layer has had. Needs root, docker-registry, skopeo, and the
peers.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

from bundle import ROOT
from engines import kinds
from runtimes import OTHER
from starter import Unable

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], **QUIET, **options)
    if result.returncode:
        raise RuntimeError(f"{command[0]}: {result.stderr.decode()[-500:]}")


def output(*command):
    """A command's words."""
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout.split()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """Debian's docker-registry with the image under two names, kept in memory."""

    def __init__(self, work, layout):
        self.address = f"127.0.0.1:{free_port()}"
        configuration = work / "registry.yml"
        configuration.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {work}/registry}}}}\nhttp: {{addr: '{self.address}'}}\n")
        self.process = subprocess.Popen(["docker-registry", "serve", configuration], **QUIET)
        until(lambda: connects(self.address))
        # A layer that the registry has is not compressed again: the layout's own form comes last.
        for form in ("zstd", "gzip"):
            run("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", "--dest-compress-format", form, f"oci:{layout}",
                f"docker://{self.reference(form)}")
            said = output("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{self.reference(form)}")
            assert f"tar+{form}" in "".join(said), f"the registry's image is not of {form}: {said}"

    def reference(self, form):
        return f"{self.address}/bench:{form}"

    def close(self):
        self.process.kill()
        self.process.wait()


class Disk:
    """A journaled ext4 of its own for each pull."""

    def __init__(self, work):
        self.file, self.path = work / "disk", work / "mounted"
        self.path.mkdir()

    def __enter__(self):
        self.file.unlink(missing_ok=True)
        with open(self.file, "wb") as file:
            file.truncate(4 << 30)
        run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.file)
        run("mount", "-o", "loop", self.file, self.path)
        return self.path

    def __exit__(self, *_):
        # A daemon's last child may still be at its end.
        until(lambda: subprocess.run(["umount", self.path], **QUIET, check=False).returncode == 0)


class Berth:
    forms = ("gzip", "zstd")

    def __init__(self, binary):
        self.name, self.binary = "berth", binary

    def pull(self, store, reference):
        log, configuration = open(store / "log", "w"), store / "berth.yaml"
        configuration.write_text("network:\n  enabled: false\n")
        daemon = subprocess.Popen(
            [self.binary, "serve", "--root", store / "r", "--listen", "127.0.0.1:0", "--config", configuration], stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert daemon.stdout.readline().startswith("berth: ready"), (store / "log").read_text()
            before, watch = processor_seconds(daemon.pid), Watch(daemon.pid)
            measured = timed(store, self.binary, "image", "pull", "--root", store / "r", reference)
            measured["cpu s"] += processor_seconds(daemon.pid) - before
            measured["peak MiB"] = watch.stop()
            return measured
        finally:
            daemon.terminate()
            daemon.wait()


class Peer:
    """An engine with daemons and a store of its own for each pull."""

    forms = ("gzip", "zstd")

    def __init__(self, kind, tree):
        self.name, self.kind, self.tree = kind.__name__.lower() + (OTHER if tree else ""), kind, tree

    def pull(self, store, reference):
        engine = self.kind(store, self.tree)
        try:
            engine.up()
            took = engine.call(*engine.pull(reference))
            return {"s": took["wall"] / 1000, "cpu s": took["cpu"] / 1000, "then sync s": synced(store)}
        finally:
            engine.close()


class SkopeoUmoci:
    name, forms = "skopeo + umoci", ("gzip",)

    def pull(self, store, reference):
        return timed(store, "sh", "-ec", 'skopeo copy --insecure-policy --src-tls-verify=false "docker://$1" "oci:$2/layout:bench"; '
                     'umoci unpack --image "$2/layout:bench" "$2/bundle"', "sh", reference, store)


def timed(store, *command):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run(*command)
    ended, after = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"s": ended - begun, "cpu s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            "then sync s": synced(store)}


def synced(store):
    """Seconds that the file system takes to write what is left to be written."""
    begun = time.monotonic()
    run("sync", "--file-system", store)
    return time.monotonic() - begun


def processor_seconds(process):
    """Its own, and those of its children that have ended (proc_pid_stat(5), fields 14 to 17)."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Watch:
    """The most memory that any `berth-unpack` of a process has had, looked at every few milliseconds."""

    def __init__(self, parent):
        self.parent, self.most, self.ended = parent, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self):
        while not self.ended.wait(0.005):
            for task in pathlib.Path(f"/proc/{self.parent}/task").iterdir():
                try:
                    for child in (task / "children").read_text().split():
                        # Until it is the new program, a child shares its parent's memory.
                        if not pathlib.Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"berth-unpack\0"):
                            continue
                        status = pathlib.Path(f"/proc/{child}/status").read_text()
                        peak = status.partition("VmHWM:")[2].split()
                        self.most = max(self.most, int(peak[0]) if peak else 0)
                except OSError:
                    continue

    def stop(self):
        self.ended.set()
        self.thread.join()
        return self.most / 1024


def connects(address):
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def until(done):
    for _ in range(300):
        if done():
            return
        time.sleep(0.1)
    raise RuntimeError("waited 30 s for nothing: a registry to come up, or a disk that nobody has open any more")


def subjects(arguments):
    found = [Berth(arguments.berth)]
    found += [Peer(kind, tree) for kind, tree in kinds(arguments.debian_13) if tree or shutil.which(kind.program)]
    found += [SkopeoUmoci()] if shutil.which("umoci") else []
    return [subject for subject in found if not arguments.only or subject.name in arguments.only]


COLUMNS = ("s", "min", "max", "cpu s", "then sync s", "peak MiB")


def rows(measured):
    """Who, the form, and the columns' figures; nil for what was not measured."""
    found = []
    for (name, form), runs in measured.items():
        seconds = [one["s"] for one in runs]
        found.append([name, form, statistics.median(seconds), min(seconds), max(seconds), *(
            statistics.median(one[what] for one in runs) if what in runs[0] else None for what in COLUMNS[3:])])
    return found


def medians(measured, form):
    return {name: statistics.median(one["s"] for one in runs) for (name, of), runs in measured.items() if of == form}


def show(measured):
    print(f"{'':24}" + "".join(f"{what:>13}" for what in COLUMNS))
    for name, form, *row in rows(measured):
        print(f"{name + ', ' + form:24}" + "".join(f"{value:13.2f}" if value is not None else f"{'':13}" for value in row))
    for form in ("gzip", "zstd"):
        middle = medians(measured, form)
        peers = {name: value for name, value in middle.items() if name != "berth"}
        if "berth" in middle and peers:
            best = min(peers, key=peers.get)
            print(f"{form}: {middle['berth'] / peers[best]:.2f} x {best}")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--image", required=True)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--rounds", type=int, default=6)
    options.add_argument("--debian-13", metavar="TREE", help="newer engines: see Benchmarks/README.md")
    options.add_argument("--work", default="/dev/shm")
    options.add_argument("--only", nargs="*")
    options.add_argument("--json", metavar="FILE")
    arguments = options.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work))
    registry, measured, missing = None, {}, {}
    try:
        registry, disk = Registry(work, arguments.image), Disk(work)
        for number in range(arguments.rounds):
            for subject in subjects(arguments):
                for form in subject.forms:
                    who = f"{subject.name}, {form}"
                    if who in missing:
                        continue
                    try:
                        with disk as store:
                            result = subject.pull(store, registry.reference(form))
                    except Unable as error:
                        missing[who] = error.why
                        continue
                    measured.setdefault((subject.name, form), []).append(result)
                    print(json.dumps({"round": number, "who": subject.name, "form": form, **result}), flush=True)
        show(measured)
        for name, why in missing.items():
            print(f"{name:24} not measured: {why}")
        if arguments.json:
            pathlib.Path(arguments.json).write_text(json.dumps({
                "rows": rows(measured), "missing": missing,
                "medians": {form: medians(measured, form) for form in ("gzip", "zstd")}}))
    finally:
        if registry:
            registry.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
