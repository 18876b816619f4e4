"""How much memory a daemon and the processes that unpack for it have had at most."""

import os
import re
import threading
import time
from pathlib import Path

UNPACKER = b"berth-unpack"


class Peak:
    """Within `with`: the daemon's own peak counts from its beginning, that of its unpackers is seen as long as they live.

    Both are the kernel's (`VmHWM`), so nothing is missed of the daemon, and of an unpacker only what came after it was last seen.
    """

    def __init__(self, process):
        self.process = process
        self.unpackers = 0

    def __enter__(self):
        Path(f"/proc/{self.process}/clear_refs").write_text("5")  # proc(5): the peak is what is there now
        self.before = status(self.process, "VmRSS")
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self._watch, daemon=True)
        self.watcher.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.watcher.join()
        self.growth = status(self.process, "VmHWM") - self.before

    def _watch(self):
        while not self.over.is_set():
            for child in children(self.process):
                if name(child).startswith(UNPACKER):
                    self.unpackers = max(self.unpackers, status(child, "VmHWM"))
            time.sleep(0.003)


def children(process):
    found = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            found += Path(f"/proc/{process}/task/{thread}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def name(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def status(process, field):
    """A field of /proc/PID/status in bytes; 0 when the process is gone."""
    try:
        found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) * 1024 if found else 0
