#!/usr/bin/env python3
"""One short task, start to finish, beside the OCI runtimes on the same root file system with the same limits.

    launch.py [--berth .build/release/berth] [--rounds 60] [--pause MS] [--work DIR]

Rounds are interleaved (berth, crun, runc, berth, …). Berth is measured through its API over the unix socket: RunTask sent
to STOPPED received, image imported beforehand; the daemon's own times split it. crun and runc run a bundle of the same
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
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL "
    "AUDIT_WRITE").split()]


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
        return {"berth: RunTask answered": accepted - begun, "berth: RunTask to STOPPED seen": ended - begun,
                "berth: created to first instruction": last["startedAt"] - last["createdAt"],
                "berth: created to stopped": last["stoppedAt"] - last["createdAt"]}

    def close(self):
        self.process.terminate()
        self.process.wait()


def seccomp():
    """Debian's copy of the container tools' policy, as the runtime specification writes it."""
    policy = json.load(open("/usr/share/containers/seccomp.json"))
    rules = []
    for rule in policy["syscalls"]:
        needs = set(rule.get("includes", {}).get("caps", []))
        without = set(rule.get("excludes", {}).get("caps", []))
        arches = rule.get("includes", {}).get("arches", ["amd64"])
        if not needs <= set(CAPABILITIES) or without & set(CAPABILITIES) or "amd64" not in arches:
            continue
        kept = {"names": rule["names"], "action": rule["action"]}
        if rule.get("args"):
            kept["args"] = [{k: a[k] for k in ("index", "value", "valueTwo", "op") if k in a} for a in rule["args"]]
        if "errnoRet" in rule:
            kept["errnoRet"] = rule["errnoRet"]
        rules.append(kept)
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": rules}


def bundle(work, rootfs):
    """One bundle for both runtimes."""
    directory = work / "bundle"
    directory.mkdir()
    subprocess.run(["runc", "spec"], cwd=directory, check=True)
    config = json.loads((directory / "config.json").read_text())
    config["root"] = {"path": str(rootfs)}
    config["process"].update(terminal=False, args=["true"], capabilities={
        kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")})
    config["process"].pop("rlimits", None)
    linux = config["linux"]
    linux["seccomp"] = seccomp()
    linux["resources"] = {"memory": {"limit": 256 << 20}, "cpu": {"quota": 100000, "period": 100000}, "pids": {"limit": 4096}}
    linux["namespaces"] = [{"type": t} for t in ("pid", "network", "ipc", "uts", "mount", "cgroup")]
    (directory / "config.json").write_text(json.dumps(config))
    return directory


class Runtime:
    """crun or runc, run as a command; for crun the v2 mount of a hybrid host is out of sight."""

    def __init__(self, name, directory, state):
        self.name = name
        hidden = name == "crun" and os.path.ismount("/sys/fs/cgroup/unified")
        inner = f'exec 3>&1; i=0; while read -r line; do {name} --root {state} run --bundle {directory} bench-{name}-$i </dev/null && echo done >&3 || echo failed >&3; i=$((i+1)); done'
        script = ("umount /sys/fs/cgroup/unified; " if hidden else "") + inner
        command = (["unshare", "-m", "--propagation", "private"] if hidden else []) + ["sh", "-c", script]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self):
        begun = time.monotonic()
        self.process.stdin.write("go\n")
        answer = self.process.stdout.readline()
        assert answer == "done\n", f"{self.name}: {answer}"
        return {f"{self.name} run": time.monotonic() - begun}

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--berth", default=str(ROOT / ".build/release/berth"))
    options.add_argument("--rounds", type=int, default=60)
    options.add_argument("--pause", type=float, default=0, help="milliseconds before each run")
    options.add_argument("--work", default=None, help="where to work; a journaled file system gives the fairest figures")
    arguments = options.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=arguments.work))
    layout, rootfs, subjects, times = work / "busybox", work / "rootfs", [], {}
    try:
        subprocess.run([str(ROOT / "rootfs-tools/build-image"), "busybox", str(layout)], check=True, stdout=subprocess.DEVNULL)
        rootfs.mkdir()
        index = json.loads((layout / "index.json").read_text())
        blob = lambda digest: layout / "blobs/sha256" / digest.split(":")[1]
        manifest = json.loads(blob(index["manifests"][0]["digest"]).read_text())
        for layer in manifest["layers"]:
            subprocess.run(["tar", "-xzf", str(blob(layer["digest"])), "-C", str(rootfs)], check=True)
        subjects = [Berth(arguments.berth, work, layout)]
        directory = bundle(work, rootfs)
        subjects += [Runtime(name, directory, work / name) for name in ("crun", "runc") if shutil.which(name)]
        for round_number in range(arguments.rounds + 5):
            for subject in subjects:
                time.sleep(arguments.pause / 1000)
                for what, seconds in subject.run().items():
                    if round_number >= 5:
                        times.setdefault(what, []).append(seconds * 1000)
        print(f"{arguments.rounds} interleaved rounds, {arguments.pause:g} ms pause; milliseconds")
        for what, values in times.items():
            values.sort()
            print(f"{what:40} p50 {statistics.median(values):7.2f}   p99 {values[int(len(values) * 0.99)]:7.2f}")
    finally:
        for subject in subjects:
            subject.close()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
