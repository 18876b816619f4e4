"""A machine of a test's own: a network namespace that is the host, with a second one that is the outside.

Between the two is a link as between a host and its router. Nothing of it touches the network of the machine that runs the
tests: a daemon is started inside, and reached through a forwarder on a loopback address.
"""

import contextlib
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from pathlib import Path

from .daemon import Daemon
from .waiting import until

CLONE_NEWNET = 0x40000000
HOST4, OUTSIDE4 = "192.0.2.1", "192.0.2.2"
HOST6, OUTSIDE6 = "2001:db8::1", "2001:db8::2"
SUBNET, SUBNET6 = "10.213.0.0/16", "fdbe:27b0:4e11::/64"
# One call for the test's bytes to leave a namespace's own sysfs in place of the machine's, with the cgroups as they were.
MOUNTS = """\
set -e
mount --make-rprivate /
mkdir -p "$1"
mount -t sysfs none "$1"
mount --rbind /sys/fs/cgroup "$1/fs/cgroup"
mount --rbind "$1" /sys
echo ready
exec sleep infinity
"""
_libc = ctypes.CDLL(None, use_errno=True)


def missing():
    """What this machine lacks for such tests; empty for nothing."""
    return [name for name in ("ip", "unshare", "nsenter") if not shutil.which(name)]


def run_inside(namespace, body):
    """Runs `body` on a thread in the network namespace at a path: what it gives, or the error it ends with."""
    outcome = []

    def inside():
        try:
            descriptor = os.open(namespace, os.O_RDONLY)
            try:
                if _libc.setns(descriptor, CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            finally:
                os.close(descriptor)
            outcome.append((body(), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error:
        raise error
    return value


class Namespace:
    """A network namespace, held by a process."""

    def __init__(self, directory, mounts):
        self.holder = subprocess.Popen(
            ["unshare", "-n", "-m", "sh", "-c", MOUNTS if mounts else "echo ready; exec sleep infinity", "sh", str(directory)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )
        assert self.holder.stdout.readline() == b"ready\n"
        self.ip("link", "set", "lo", "up")

    @property
    def path(self):
        return f"/proc/{self.holder.pid}/ns/net"

    def prefix(self):
        """What runs a command inside."""
        return ["nsenter", f"--net={self.path}", f"--mount=/proc/{self.holder.pid}/ns/mnt", "--"]

    def ip(self, *arguments):
        return self.run("ip", *arguments)

    def run(self, *command, check=True):
        """What a command inside prints."""
        done = subprocess.run([*self.prefix(), *command], capture_output=True, text=True, timeout=60)
        assert not check or done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def call(self, body):
        """Runs `body` on a thread that is inside; a socket that it makes stays inside wherever it is used."""
        return run_inside(self.path, body)

    def nft(self, command):
        """What the firewall's own language answers, by the library that Berth uses."""

        def run():
            library = ctypes.CDLL("libnftables.so.1")
            library.nft_ctx_new.restype = ctypes.c_void_p
            library.nft_ctx_get_output_buffer.restype = ctypes.c_char_p
            library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
            context = ctypes.c_void_p(library.nft_ctx_new(0))
            library.nft_ctx_buffer_output(context)
            library.nft_ctx_buffer_error(context)
            failed = library.nft_run_cmd_from_buffer(context, command.encode())
            text = library.nft_ctx_get_output_buffer(context).decode()
            error = library.nft_ctx_get_error_buffer(context).decode()
            library.nft_ctx_free(context)
            assert not failed, f"{command}: {error}"
            return text

        return self.call(run)

    def connect(self, address, port, timeout=5):
        return self.call(lambda: socket.create_connection((address, port), timeout=timeout))

    def end(self):
        self.holder.send_signal(signal.SIGKILL)
        self.holder.wait()
        self.holder.stdout.close()


class Server:
    """Answers every connection with a text, and remembers who asked."""

    def __init__(self, namespace, address, port=0, answer=b"hello\n"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET

        def listen():
            listener = socket.create_server((address, port), family=family)
            return listener

        self.listener = namespace.call(listen)
        self.port = self.listener.getsockname()[1]
        self.askers = []
        self.received = []
        self.answer = answer
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                connection, peer = self.listener.accept()
            except OSError:
                return
            self.askers.append(peer[0])
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            total = 0
            try:
                connection.sendall(self.answer)
                while data := connection.recv(1 << 16):
                    total += len(data)
            except OSError:
                pass
            self.received.append(total)

    def close(self):
        # A blocked accept(2) ends only so, and holds the port until it has.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()


class Datagrams:
    """A name server that knows no name, and counts what it hears and says."""

    def __init__(self, namespace, address, port):
        self.socket = namespace.call(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.bind((address, port))
        self.forget()
        threading.Thread(target=self._serve, daemon=True).start()

    def forget(self):
        self.received, self.sent = [], []

    def _serve(self):
        while True:
            try:
                query, asker = self.socket.recvfrom(1 << 16)
            except OSError:
                return
            if not query:
                return
            # RFC 1035, section 4.1.1: an answer, and the name does not exist.
            answer = query[:2] + b"\x81\x83" + query[4:]
            self.received.append(len(query))
            self.sent.append(len(answer))
            with contextlib.suppress(OSError):
                self.socket.sendto(answer, asker)

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class Machine:
    """A host and its outside."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.host = Namespace(self.directory / "sys", mounts=True)
        self.outside = Namespace(self.directory / "none", mounts=False)
        outside = str(self.outside.holder.pid)
        self.host.ip("link", "add", "up0", "type", "veth", "peer", "name", "up0", "netns", outside)
        for namespace, own4, other4, own6 in (
            (self.host, HOST4, OUTSIDE4, HOST6), (self.outside, OUTSIDE4, HOST4, OUTSIDE6),
        ):
            namespace.ip("link", "set", "up0", "up")
            namespace.ip("address", "add", f"{own4}/24", "dev", "up0")
            namespace.ip("address", "add", f"{own6}/64", "dev", "up0", "nodad")
        # The kernel sees that a link is up, and gives it an address of its own, when it comes to it.
        for namespace in (self.host, self.outside):
            until(lambda: {"UP", "fe80:"} <= set(re.findall("UP|fe80:", namespace.ip("-brief", "address", "show", "up0"))))
        # The outside knows no way to the tasks: what comes back comes by NAT.
        self.host.ip("route", "add", "default", "via", OUTSIDE4)
        self.host.ip("-6", "route", "add", "default", "via", OUTSIDE6)

    def snapshot(self):
        """Links, addresses, routes, neighbours and settings of the host: what a reset has to leave as it was."""
        return {
            "links": self.host.ip("-brief", "link"), "addresses": self.host.ip("-brief", "address"),
            "routes": self.host.ip("route") + self.host.ip("-6", "route"),
            "rules": self.host.ip("rule"),
            "forwarding": self.host.run(
                "cat", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv6/conf/all/forwarding"),
            "firewall": self.host.nft("list ruleset"),
        }

    def end(self):
        for namespace in (self.host, self.outside):
            namespace.end()


class MachineDaemon(Daemon):
    """A `berth serve` in a machine, reached by tests at an address of the same port outside of it."""

    def __init__(self, machine, network="", groups=None, root=None):
        super().__init__(root)
        self.machine = machine
        self.forwarder = Forwarder(machine.host, self.port)
        text = self.configuration.read_text().replace("  enabled: false\n", "  enabled: true\n" + network)
        if groups:
            file = self.directory / "groups.yaml"
            file.write_text(groups)
            text = text.replace("  enabled: true\n", f"  enabled: true\n  securityGroups: {file}\n")
        self.configuration.write_text(text)

    def prefix(self):
        return self.machine.host.prefix()

    def network(self):
        """`berth network show`, as a value."""
        import json

        return json.loads(self.command("network", "show", "--json").stdout)

    def reset(self, *options, check=True):
        """`berth network reset` as an operator types it."""
        return subprocess.run(
            [*self.prefix(), self.berth, "network", "reset", "--config", self.configuration, "--root", self.root, *options],
            check=check, capture_output=True, text=True, timeout=60,
        )

    def discard(self):
        found = super().discard()
        self.forwarder.close()
        return found


class Forwarder:
    """Passes connections to a loopback port of this machine on to the same port inside a namespace."""

    def __init__(self, namespace, port):
        self.namespace, self.port = namespace, port
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._forward, args=(near,), daemon=True).start()

    def _forward(self, near):
        try:
            far = self.namespace.connect("127.0.0.1", self.port, timeout=None)
        except OSError:
            near.close()
            return
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()
        near.close()
        far.close()

    def close(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()


def _pump(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
