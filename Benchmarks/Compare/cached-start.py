#!/usr/bin/env python3
"""From a cached image to a mounted root file system, for images of one layer and of many.

    cached-start.py [--berth .build/release/berth] [--layers 10] [--rounds 100] [--work DIR]

Tasks run through the API by turns, and perf notes when the kernel sees their steps: the daemon has the plan ready
(memfd_create), the shim begins with the layers (open_tree), the overlay is there (the end of the shim's first fsmount).
What the daemon does before, from the request on, is told too: the difference between one layer and many is what layers cost
there, since all else is the same. Needs root, perf, and a kernel of Linux 6.13 or newer.
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time

from bundle import ROOT, busybox
from daemon import Berth
from figures import WARM, show

EVENTS = ("syscalls:sys_enter_memfd_create", "sched:sched_process_fork", "syscalls:sys_enter_open_tree",
          "syscalls:sys_exit_fsmount")


def add_layers(layout, count):
    """Puts `count` more layers on the image of an OCI layout, each with a directory that the others have too."""
    blobs = layout / "blobs/sha256"

    def put(content):
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        return {"digest": "sha256:" + digest, "size": len(content)}

    def blob(descriptor):
        return json.loads((blobs / descriptor["digest"].split(":")[1]).read_text())

    index = json.loads((layout / "index.json").read_text())
    manifest = blob(index["manifests"][0])
    configuration = blob(manifest["config"])
    for number in range(count):
        tar = io.BytesIO()
        with tarfile.open(fileobj=tar, mode="w") as archive:
            file = tarfile.TarInfo(f"opt/layers/{number}")
            file.size = 4096
            archive.addfile(file, io.BytesIO(bytes(4096)))
        layer = put(tar.getvalue())
        manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar", **layer})
        configuration["rootfs"]["diff_ids"].append(layer["digest"])
    configuration.pop("history", None)
    manifest["config"].update(put(json.dumps(configuration).encode()))
    index["manifests"][0].update(put(json.dumps(manifest).encode()))
    (layout / "index.json").write_text(json.dumps(index))


class Trace:
    """The kernel's notes of all processes, in seconds of the monotonic clock; ours are told from others by who forked them."""

    def __init__(self, file):
        self.file = file
        self.process = subprocess.Popen(
            ["perf", "record", "-q", "-a", "-k", "CLOCK_MONOTONIC", "-o", file, *(word for event in EVENTS for word in ("-e", event))],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        text = subprocess.run(["perf", "script", "-i", self.file, "--ns", "-F", "pid,time,event,trace"], check=True,
                              capture_output=True, text=True).stdout
        lines = (re.match(r"\s*(\d+)\s+(\d+\.\d+):\s+\w+:(\w+):(?:.*child_pid=(\d+))?", line) for line in text.splitlines())
        return [(int(line[1]), float(line[2]), line[3], int(line[4] or 0)) for line in lines if line]


def steps(notes, daemon, begun, ended):
    """Seconds of one task's steps, of the notes between its request and its end."""
    own = [note for note in notes if begun < note[1] < ended]
    planned = next(at for pid, at, event, _ in own if (pid, event) == (daemon, "sys_enter_memfd_create"))
    shim = next(child for pid, at, event, child in own if (pid, event) == (daemon, "sched_process_fork") and at > planned)
    layers = next(at for pid, at, event, _ in own if (pid, event) == (shim, "sys_enter_open_tree"))
    ready = next(at for pid, at, event, _ in own if (pid, event) == (shim, "sys_exit_fsmount"))
    return {"RunTask sent to plan ready": planned - begun, "plan ready to shim at the layers": layers - planned,
            "shim: layers to mounted root": ready - layers, "plan ready to mounted root": ready - planned}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--layers", type=int, default=10)
    options.add_argument("--rounds", type=int, default=100)
    options.add_argument("--work", default="/dev/shm")
    arguments = options.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work))
    berth = None
    try:
        layout, _ = busybox(work)
        berth = Berth(arguments.berth, work, layout)
        add_layers(layout, arguments.layers - 1)
        subprocess.run([arguments.berth, "image", "import", str(layout), "--tag", "many"], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, BERTH_ROOT=berth.root))
        berth.register("many", ["true"], "1024", "2048", image="many")
        trace, spans = Trace(str(work / "trace")), []
        for number in range(WARM + arguments.rounds):
            for family, of in (("bench", "1 layer"), ("many", f"{arguments.layers} layers")):
                begun = time.monotonic()
                berth.run(family)
                if number >= WARM:
                    spans.append((of, begun, time.monotonic()))
        notes, measured = trace.stop(), {}
        for of, begun, ended in spans:
            for what, seconds in steps(notes, berth.process.pid, begun, ended).items():
                measured.setdefault(f"{of}, {what}", []).append(seconds * 1000)
        show(dict(sorted(measured.items())), arguments.rounds, 0)
    finally:
        if berth:
            berth.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
