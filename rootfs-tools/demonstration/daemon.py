"""A `berth serve` of our own, in a directory of its own, gone without a trace afterwards."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path


class DaemonError(Exception):
    """The daemon did not do its part."""


class Daemon:
    """Starts on entering, stops and removes its directory on leaving."""

    def __init__(self, berth):
        self.berth = berth

    def __enter__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="berth-demo-"))
        self.root = self.directory / "root"
        self.log = self.directory / "daemon.log"
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        started = time.monotonic()
        # Whoever tries it out keeps the network of the host as it is.
        configuration = self.directory / "berth.yaml"
        configuration.write_text("network:\n  enabled: false\n")
        command = [self.berth, "serve", "--config", configuration, "--root", self.root, "--listen", f"127.0.0.1:{port}"]
        with open(self.log, "wb") as log:
            # A session of its own: Ctrl-C is for the demonstration, which still has a task to stop.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        while not (ready := re.search(r"berth: ready on (\S+)", self.log.read_text())):
            if self.process.poll() is not None:
                raise DaemonError(f"berth serve ended with exit code {self.process.returncode}:\n{self.last_words()}")
            if time.monotonic() - started > 30:
                raise DaemonError(f"berth serve is not ready after 30 s:\n{self.last_words()}")
            time.sleep(0.002)
        self.endpoint = ready[1]
        self.start_time = time.monotonic() - started

    def command(self, *arguments):
        """Runs a `berth` command against this daemon and returns what it printed."""
        # Whatever daemon the user's shell points at, it is not meant here.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BERTH_")}
        result = subprocess.run(
            [self.berth, *arguments, "--root", self.root],
            capture_output=True, text=True, timeout=300, check=False, env=environment)
        if result.returncode != 0:
            command = " ".join(map(str, arguments))
            raise DaemonError(f"berth {command} failed: {result.stderr.strip()}\n{self.last_words()}")
        return result.stdout

    def last_words(self):
        """The end of the daemon's log; of a crash, all that it writes before it is gone."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(1 if self._answers() else 20)
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(f"    | {line}" for line in lines[-40:])

    def _answers(self):
        try:
            return urllib.request.urlopen(f"{self.endpoint}/healthz", timeout=2).status == 200
        except (OSError, AttributeError):
            return False

    def __exit__(self, *_):
        process = getattr(self, "process", None)
        if process and process.poll() is None:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._remove_cgroups()
        left = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        left = [mount for mount in left if mount.startswith(f"{self.directory}/")]
        if left:
            raise DaemonError(f"mounts are left in {self.directory}, which stays: {', '.join(left)}")
        shutil.rmtree(self.directory)

    def _remove_cgroups(self):
        """The daemon's empty cgroups, in each hierarchy: named for its root, they would wait for it to start again."""
        for top in Path("/sys/fs/cgroup").glob(f"**/berth/*{self.directory.name}*"):
            try:
                for directory, _, _ in os.walk(top, topdown=False):
                    os.rmdir(directory)
            except OSError as problem:
                raise DaemonError(f"a task is left behind: {problem}") from None
