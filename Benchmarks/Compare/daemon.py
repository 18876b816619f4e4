"""A Berth daemon of a benchmark's own, spoken to over its unix socket."""

import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time


TASK = re.compile(rb'"taskArn":"[^"]*/([0-9a-f]+)"')


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Wire:
    """A connection whose requests and answers are bytes."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)

    def send(self, line, body="", headers=None):
        head = {"Host": "localhost", "Content-Length": len(body), "Content-Type": "application/x-amz-json-1.1"} | (headers or {})
        self.socket.sendall("\r\n".join([f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", body]).encode())

    def receive(self, last):
        """What comes until the line or body that `last` is in is whole."""
        text = b""
        while last not in text or text[-1:] not in b"}\n":
            more = self.socket.recv(1 << 16)
            assert more, text
            text += more
        return text


class Berth:
    """With a busybox image, and a definition `bench` whose tasks run `command`; `settings` as in Config/berth.yaml, and `more`
    options of `berth serve`. With `account` the daemon is started in that group, and a run also tells the processor time of all
    that is in it, from the run before to this one."""

    name = "berth"

    def __init__(self, binary, work, layout, command=("true",), settings=None, cpu="1024", memory="2048", more=(), account=None):
        self.binary, self.root, self.account = binary, str(work / "berth"), account
        self.log, configuration = open(work / "berth.log", "w"), work / "berth.yaml"
        configuration.write_text(json.dumps({"network": {"enabled": False}} | (settings or {})))
        self.process = subprocess.Popen(
            [binary, "serve", "--root", self.root, "--listen", "127.0.0.1:0", "--config", configuration, *more],
            stdout=subprocess.PIPE, stderr=self.log, text=True, preexec_fn=account and account.enter)
        line = self.process.stdout.readline()
        assert line.startswith("berth: ready"), line or (work / "berth.log").read_text()[-500:]
        self.address = line.split()[-1].strip()
        subprocess.run([binary, "image", "import", str(layout), "--tag", "busybox"], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, BERTH_ROOT=self.root))
        self.find()
        self.register("bench", command, cpu, memory)

    def find(self):
        self.socket = next(str(p) for p in pathlib.Path(self.root).iterdir() if p.is_socket())
        self.connections, self.used = threading.local(), None

    def call(self, operation, body):
        """One operation of ECS, on a connection of the calling thread's own."""
        if not hasattr(self.connections, "one"):
            self.connections.one = UnixConnection(self.socket)
        connection = self.connections.one
        connection.request("POST", "/", json.dumps(body), {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AmazonEC2ContainerServiceV20141113." + operation})
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, text
        return json.loads(text)

    def register(self, family, command, cpu, memory, image="busybox"):
        """A definition whose tasks are killed two seconds after they are asked to stop: what sleeps as the first process is."""
        self.call("RegisterTaskDefinition", {
            "family": family, "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": cpu, "memory": memory,
            "containerDefinitions": [{"name": "main", "image": image, "command": list(command), "memory": 256,
                                      "stopTimeout": 2}]})

    def accept(self, family="bench"):
        """Has one task accepted: its id."""
        reply = self.call("RunTask", {"taskDefinition": family, "networkConfiguration": {
            "awsvpcConfiguration": {"subnets": ["subnet-1"]}}})
        assert reply["tasks"], reply
        return reply["tasks"][0]["taskArn"].split("/")[-1]

    def follow(self, task, until="STOPPED"):
        """A task's states up to one: its last."""
        follow = UnixConnection(self.socket)
        follow.request("GET", f"/berth/v1/tasks/{task}/follow")
        last = None
        for line in follow.getresponse():
            last = json.loads(line)
            if last["lastStatus"] == until:
                break
        follow.close()
        return last

    def run(self, family="bench"):
        """One task from RunTask to STOPPED, in ms, and what the daemon says of the way between.

        Bytes as they are, on connections that stand: what a client library costs is no part of it.
        """
        body = json.dumps({"taskDefinition": family, "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}})
        caller, follower = getattr(self.connections, "wires", None) or (Wire(self.socket), Wire(self.socket))
        used, begun = self.account and self.account.seconds(), time.monotonic()
        caller.send("POST /", body, {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.RunTask"})
        answer = caller.receive(b'"failures"')
        accepted = time.monotonic()
        follower.send(f"GET /berth/v1/tasks/{TASK.search(answer)[1].decode()}/follow")
        told = follower.receive(b'"stoppedAt"')
        ended = time.monotonic()
        # The daemon ends what followed; for the next run there is another by then.
        self.connections.wires = caller, Wire(self.socket)
        last = json.loads(told[told.rindex(b"\n{", 0, told.rindex(b'"stoppedAt"')):].splitlines()[1])
        assert last["lastStatus"] == "STOPPED" and last["containers"][0].get("exitCode") == 0, last
        seconds = {"berth: RunTask answered": accepted - begun, "berth: RunTask to STOPPED seen": ended - begun,
                   "berth: created to first instruction": last["startedAt"] - last["createdAt"],
                   "berth: created to stopped": last["stoppedAt"] - last["createdAt"]}
        # Of the run before, with what the daemon does for it once it is over.
        if used is not None and self.used is not None:
            seconds["berth run, processor time"] = used - self.used
        self.used = used
        return {what: value * 1000 for what, value in seconds.items()}

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
