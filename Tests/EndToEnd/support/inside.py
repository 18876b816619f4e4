"""A running task from within its network: what its programs would hear."""

import http.client
import json
import os
import socket
import struct
import time

from .clients import task_id
from .machine import run_inside

METADATA, RESOLVER = "169.254.170.2", "169.254.169.253"

A, PTR, AAAA = 1, 12, 28
OK, SERVER_FAILURE, NO_NAME, REFUSED = 0, 2, 3, 5


class Inside:
    """One container of a task; requests come from the task's own address."""

    def __init__(self, task, container=0):
        identifier = task_id(task)
        self.pid, self.environment = find(
            lambda environment: environment.get("HOSTNAME") == identifier[:12]
            and environment.get("BERTH_TEST", "0") == str(container))

    @classmethod
    def marked(cls, mark):
        """The task whose definition has a variable BERTH_TEST of this value: in the host's network all have its name."""
        made = cls.__new__(cls)
        made.pid, made.environment = find(lambda environment: environment.get("BERTH_TEST") == mark)
        return made

    def call(self, body):
        """Runs `body` on a thread in the task's network namespace."""
        return run_inside(f"/proc/{self.pid}/ns/net", body)

    def request(self, path, method="GET", body=None):
        """Status and text of the metadata server's answer."""

        def ask():
            connection = http.client.HTTPConnection(METADATA, 80, timeout=10)
            try:
                connection.request(method, path, body)
                reply = connection.getresponse()
                return reply.status, reply.read().decode()
            finally:
                connection.close()

        return self.call(ask)

    def get(self, path):
        status, text = self.request(path)
        assert status == 200, (path, status, text)
        return json.loads(text)

    @property
    def metadata(self):
        """The path of its own metadata."""
        return self.environment["ECS_CONTAINER_METADATA_URI_V4"].removeprefix(f"http://{METADATA}")

    @property
    def agent(self):
        return self.environment["ECS_AGENT_URI"].removeprefix(f"http://{METADATA}")

    def file(self, path):
        with open(f"/proc/{self.pid}/root{path}") as file:
            return file.read()

    def resolve(self, name, kind=A, stream=False, server=RESOLVER):
        """Code and addresses (or names) of an answer, and whether it was cut."""
        return self.call(lambda: ask(server, name, kind, stream))


def find(belongs):
    """The first process whose environment is told by `belongs`, with that environment."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    entries = file.read().decode(errors="replace").split("\0")
            except OSError:
                continue
            environment = dict(entry.split("=", 1) for entry in entries if "=" in entry)
            if belongs(environment):
                found.append((int(pid), environment))
        if found:
            return min(found)
        time.sleep(0.05)
    raise AssertionError("there is no such process")


def query(name, kind, identifier=0x1234):
    labels = b"".join(bytes([len(label)]) + label for label in name.rstrip(".").encode().split(b"."))
    return struct.pack("!6H", identifier, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)


def ask(server, name, kind, stream=False):
    message = query(name, kind)
    if stream:
        with socket.create_connection((server, 53), timeout=10) as connection:
            connection.sendall(struct.pack("!H", len(message)) + message)
            reader = connection.makefile("rb")
            answer = reader.read(struct.unpack("!H", reader.read(2))[0])
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.settimeout(10)
            sender.connect((server, 53))
            sender.send(message)
            answer = sender.recv(4096)
    return parse(answer)


def parse(message):
    identifier, flags, questions, answers, _, _ = struct.unpack("!6H", message[:12])
    assert identifier == 0x1234 and flags & 0x8000
    offset = 12
    for _ in range(questions):
        _, offset = read_name(message, offset)
        offset += 4
    found = []
    for _ in range(answers):
        _, offset = read_name(message, offset)
        kind, _, _, length = struct.unpack("!2HIH", message[offset:offset + 10])
        offset += 10
        content = message[offset:offset + length]
        if kind == A:
            found.append(socket.inet_ntop(socket.AF_INET, content))
        elif kind == AAAA:
            found.append(socket.inet_ntop(socket.AF_INET6, content))
        elif kind == PTR:
            found.append(read_name(message, offset)[0])
        offset += length
    return flags & 15, sorted(found), bool(flags & 0x0200)


def read_name(message, offset):
    labels, end = [], None
    while True:
        length = message[offset]
        if length == 0:
            return ".".join(labels), end or offset + 1
        if length >= 0xC0:
            end = end or offset + 2
            offset = struct.unpack("!H", message[offset:offset + 2])[0] & 0x3FFF
            continue
        labels.append(message[offset + 1:offset + 1 + length].decode())
        offset += length + 1
