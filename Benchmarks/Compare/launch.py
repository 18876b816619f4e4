#!/usr/bin/env python3
"""One short task, start to finish, beside the OCI runtimes on the same root file system with the same limits.

    launch.py [--berth .build/release/berth] [--rounds 60] [--pause MS] [--work DIR]

Rounds are interleaved (berth, crun, runc, berth, …). Berth is measured through its API over the unix socket: RunTask
sent to STOPPED received, image imported beforehand; the daemon's own times split it. crun and runc run a bundle of the same
layer with overlay's work done already, which favours them. All get the same namespaces, Docker's seccomp policy and
capabilities, 1 CPU, 256 MiB and a pids limit. crun refuses a hybrid cgroup host: there it runs in a private mount
namespace without the v2 mount. Needs root, and Debian's crun, runc and golang-github-containers-common.
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from bundle import ROOT, bundle, busybox
from figures import interleaved, show
from runtimes import Runtime

class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Berth:
    """A daemon of our own with a busybox image."""

    def __init__(self, binary, work, layout):
        self.root = str(work / "berth")
        log = open(work / "berth.log", "w")
        self.process = subprocess.Popen(
            [binary, "serve", "--root", self.root, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("berth: ready"), line
        environment = dict(os.environ, BERTH_ROOT=self.root)
        subprocess.run([binary, "image", "import", str(layout), "--tag", "busybox"], env=environment, check=True,
                       stdout=subprocess.DEVNULL)
        self.socket = next(str(p) for p in pathlib.Path(self.root).iterdir() if p.is_socket())
        self.connection = UnixConnection(self.socket)
        self.call("RegisterTaskDefinition", {
            "family": "bench", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "1024",
            "memory": "2048", "containerDefinitions": [
                {"name": "main", "image": "busybox", "command": ["true"], "memory": 256}]})

    def call(self, operation, body):
        self.connection.request("POST", "/", json.dumps(body), {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + operation})
        answer = self.connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)

    def run(self):
        begun = time.monotonic()
        reply = self.call("RunTask", {"taskDefinition": "bench", "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-1"]}}})
        accepted = time.monotonic()
        task = reply["tasks"][0]["taskArn"].split("/")[-1]
        follow = UnixConnection(self.socket)
        follow.request("GET", f"/berth/v1/tasks/{task}/follow")
        last = None
        for line in follow.getresponse():
            last = json.loads(line)
        ended = time.monotonic()
        follow.close()
        assert last["lastStatus"] == "STOPPED" and last["containers"][0].get("exitCode") == 0, last
        seconds = {"berth: RunTask answered": accepted - begun, "berth: RunTask to STOPPED seen": ended - begun,
                   "berth: created to first instruction": last["startedAt"] - last["createdAt"],
                   "berth: created to stopped": last["stoppedAt"] - last["createdAt"]}
        return {what: value * 1000 for what, value in seconds.items()}

    def close(self):
        self.process.terminate()
        self.process.wait()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--pause", type=float, default=0, help="milliseconds before each run")
    options.add_argument("--work", default=None, help="where to work; a journaled file system gives the fairest figures")
    arguments = options.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work))
    subjects = []
    try:
        layout, rootfs = busybox(work)
        subjects.append(Berth(arguments.berth, work, layout))
        directory = bundle(work / "bundle", rootfs)
        subjects += [Runtime(name, name, directory, work / name) for name in ("crun", "runc") if shutil.which(name)]
        show(interleaved([subject.run for subject in subjects], arguments.rounds, arguments.pause),
             arguments.rounds, arguments.pause)
    finally:
        for subject in subjects:
            subject.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
