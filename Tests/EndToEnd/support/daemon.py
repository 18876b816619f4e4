"""A `berth serve` in a directory of its own, and nothing left of it afterwards."""

import os
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import leftovers
from .paths import BERTH

# Tests reserve more than this machine has: they wait for each other's timers more than they compute.
CONFIGURATION = """\
cgroupRoot: {cgroup}
logLevel: {level}
network:
  enabled: false
capacity:
  cpuUnits: 1048576
  memoryMiB: 1048576
"""


class DaemonError(AssertionError):
    """The daemon did not do its part."""


class Daemon:
    """Start it with `start`, or as a context manager, which also proves that nothing is left."""

    def __init__(self, root=None, berth=BERTH, options=()):
        self.berth = berth
        # Further ones of `berth serve`.
        self.options = options
        # Short: a unix socket's path has at most 107 bytes.
        self.directory = Path(tempfile.mkdtemp(prefix="be-", dir="/tmp"))
        self.root = Path(root) if root else self.directory / "r"
        self.cgroup = f"/berth-test/{self.directory.name}"
        self.configuration = self.directory / "berth.yaml"
        self.configuration.write_text(CONFIGURATION.format(cgroup=self.cgroup, level=os.environ.get("BERTH_LOG", "info")))
        self.log = self.directory / "log"
        self.port = free_port()
        self.process = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.discard()
            raise

    def __exit__(self, kind, *_):
        try:
            self.stop_tasks()
        finally:
            found = self.discard()
        # A test that failed already says why; what it left behind would hide that.
        if kind is None and found:
            raise DaemonError("left behind:\n" + "\n".join(found))

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def prefix(self):
        """What the daemon is run by."""
        return []

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix(), self.berth, "serve", "--config", self.configuration, "--root", self.root, "--listen", f"127.0.0.1:{self.port}",
                 *self.options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True,
            )
        line = read_line(self.process.stdout, 60)
        if line != f"berth: ready on {self.endpoint}\n":
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            raise DaemonError(f"not ready, but {line!r}:\n{self.last_words()}")
        return self

    def kill(self):
        """kill -9: nothing is tidied up."""
        self._end(signal.SIGKILL)

    def stop(self):
        """SIGTERM: the daemon goes, tasks go on. Returns its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number):
        if self.process is None:
            return None
        self.process.send_signal(number)
        try:
            code = self.process.wait(80)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise DaemonError(f"did not end within 80 s of signal {number}:\n{self.last_words()}") from None
        finally:
            self.process.stdout.close()
            self.process = None
        return code

    def command(self, *arguments, check=True, **options):
        """Runs a `berth` command against this daemon."""
        result = subprocess.run(
            [self.berth, *arguments[:1], *self._split(arguments)], capture_output=True, timeout=options.pop("timeout", 120),
            stdin=subprocess.DEVNULL, **options,
        )
        if check and result.returncode != 0:
            raise DaemonError(f"berth {' '.join(map(str, arguments))}: {result.stderr.decode()}\n{self.last_words()}")
        return result

    def _split(self, arguments):
        """The root directory goes behind the (sub)command and before everything else."""
        words = 2 if arguments[0] in ("image", "network") else 1
        return [*arguments[1:words], "--root", self.root, *arguments[words:]]

    def import_image(self, path, tag=None):
        return self.command("image", "import", path, *(["--tag", tag] if tag else []))

    def last_words(self):
        lines = self.log.read_text(errors="replace").splitlines()[-25:] if self.log.exists() else []
        return "\n".join(f"    | {line}" for line in lines)

    def stop_tasks(self):
        """Stops every task that still runs and waits until all have ended."""
        if self.process is None or self.process.poll() is not None:
            return
        for line in self._running():
            self.command("stop", line, check=False)
        deadline = time.monotonic() + 60
        while self._running():
            if time.monotonic() > deadline:
                raise DaemonError(f"tasks did not stop: {self._running()}\n{self.last_words()}")
            time.sleep(0.05)

    def _running(self):
        rows = self.command("ps").stdout.decode().splitlines()[1:]
        return [row.split()[0] for row in rows]

    def discard(self):
        """Ends the daemon, reports what is left of its tasks, and removes all of it."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        # A shim ends a moment after its record is acknowledged.
        found = leftovers.settle(self.root, self.cgroup)
        leftovers.remove(self.root, self.cgroup)
        shutil.rmtree(self.directory, ignore_errors=True)
        return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_line(stream, timeout):
    """One line of a pipe, or what came of it within `timeout` seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(timeout):
            return "nothing"
        return stream.readline().decode()
