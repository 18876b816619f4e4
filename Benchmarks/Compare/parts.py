"""The parts of a benchmark run: which script, with which options in full and in short, and how long it may take."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

from bundle import ROOT, busybox

COMPARE = pathlib.Path(__file__).resolve().parent
PATIENCE = 25 * 60  # seconds; the longest takes about ten minutes


class Failed(Exception):
    """A part that came to no result; its text is the end of what it said."""


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Part(NamedTuple):
    """One run of a script of Compare. `peers`: it takes the tree of newer ones. `short` is nil for what is left out of --quick."""

    name: str
    group: str
    script: str
    full: tuple = ()
    short: tuple | None = None
    peers: bool = False
    berth: bool = True

    def arguments(self, quick):
        return self.short if quick else self.full

    def run(self, disk, berth, tree, quick):
        """What it measured, and the command as somebody else would type it."""
        if self.script == "floor":
            return floor(disk, self.arguments(quick))
        if self.script == "pull":
            (ROOT / "out/images").mkdir(parents=True, exist_ok=True)
            spoken([ROOT / "rootfs-tools/build-image", "pandas"])
        # A pull makes disks of its own. The name is short: a socket's whole path has to fit into 107 bytes.
        with tempfile.TemporaryDirectory(prefix="p", dir="/dev/shm" if self.script == "pull" else disk,
                                         ignore_cleanup_errors=True) as work:
            file = pathlib.Path(work, "result.json")
            words = [COMPARE / f"{self.script}.py", *(("--berth", berth) if self.berth else ()), *self.arguments(quick),
                     *(("--debian-13", tree) if self.peers and tree else ())]
            spoken([sys.executable, *words, "--work", work, "--json", file])
            return {"command": shown(words), **json.loads(file.read_text())}


def shown(words):
    return " ".join(str(word).replace(f"{ROOT}/", "") for word in words)


def spoken(words):
    """Runs a command whose output is shown; tells the end of it when it fails."""
    say(shown(words).removeprefix(f"{sys.executable} "))
    process = subprocess.Popen([str(word) for word in words], stdout=sys.stderr, stderr=subprocess.PIPE, text=True)
    try:
        _, said = process.communicate(timeout=PATIENCE)
    except BaseException as error:
        # What Python makes of it lets the script put away what it has begun.
        process.send_signal(signal.SIGINT)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise Failed(f"no end in {PATIENCE} s") from None
        raise
    sys.stderr.write(said)
    if process.returncode:
        raise Failed(" ".join(said.split())[-500:])


def floor(disk, options):
    """What the kernel alone takes, by step, p50 and p99 in ms."""
    with tempfile.TemporaryDirectory(prefix="floor-", dir=disk) as work:
        work = pathlib.Path(work)
        # Its containers look up their layers as a user of their own.
        work.chmod(0o711)
        _, rootfs = busybox(work)
        command = [ROOT / "out/peers/floor", rootfs, work / "floor", *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failed(done.stderr[-500:])
    steps = {line[:32].strip(): [float(word) / 1000 for word in (line.split()[-3], line.split()[-1])]
             for line in done.stdout.splitlines() if " p50 " in line}
    return {"command": " ".join(["out/peers/floor ROOTFS WORK", *options]), "steps": steps}


# In the order in which they run. What --quick has takes less than three minutes together.
PARTS = [
    Part("floor", "floor", "floor", ("--runs", "500"), ("--runs", "60")),
    Part("floor, 100 ms pauses", "floor", "floor", ("--runs", "100", "--pause", "100"), ("--runs", "40", "--pause", "100")),
    Part("launch", "launch", "launch", ("--rounds", "150", "--engines"), ("--rounds", "20"), peers=True),
    Part("launch, 100 ms pauses", "launch", "launch", ("--rounds", "50", "--pause", "100", "--engines"),
         ("--rounds", "12", "--pause", "100"), peers=True),
    Part("steps", "steps", "steps", ("--launches", "300"), ("--launches", "60")),
    Part("steps, 100 ms pauses", "steps", "steps", ("--launches", "60", "--pause", "100")),
    Part("steps, parked sandbox", "steps", "steps", ("--launches", "100", "--pause", "100", "--parked"),
         ("--launches", "40", "--pause", "50", "--parked")),
    Part("throughput", "throughput", "throughput", (), ("--tasks", "100", "--at-a-time", "16", "--rounds", "1", "--without-engines",
                                                     "--turns", "5", "--without-lull", "0"), peers=True),
    Part("stalled", "stalled", "stalled", ("--rounds", "100"), ("--rounds", "10")),
    Part("metering", "metering", "metering", (), ("--tasks", "20")),
    Part("memory", "memory", "memory", (), ("--tasks", "0", "50", "--without-engines"), peers=True),
    Part("load", "load", "load", (), ("--seconds", "2", "--connections", "16")),
    Part("history", "history", "history", (), ("--tasks", "1", "10000", "--running", "20", "--rounds", "20", "--pause", "20")),
    Part("network", "network", "network", (), ("--rounds", "1", "--seconds", "1", "--launches", "40")),
    Part("network, without big TCP", "network", "network", ("--big-tcp", "never", "--launches", "1", "--rounds", "3")),
    Part("pull", "pull", "pull", ("--image", str(ROOT / "out/images/pandas"), "--rounds", "4"), peers=True),
    Part("inner", "inner", "inner", berth=False),
]


class Disk:
    """An ext4 with a journal in a file, which is what a user's machine has; mounted for as long as it is needed."""

    def __init__(self, size):
        memory = pathlib.Path("/dev/shm")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="berth-bench-", dir=memory if memory.is_dir() else None))
        self.directory.chmod(0o711)
        self.path = self.directory / "mounted"
        self.path.mkdir()
        with open(self.directory / "disk", "wb") as file:
            file.truncate(size)
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", self.directory / "disk"], check=True)
        subprocess.run(["mount", "-o", "loop", self.directory / "disk", self.path], check=True)

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        for _ in range(20):
            if subprocess.run(["umount", self.path], stderr=subprocess.DEVNULL, check=False).returncode == 0:
                break
            time.sleep(0.5)
        else:
            say(f"{self.path} is still in use: unmounted where nobody finds it")
            subprocess.run(["umount", "--lazy", self.path], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)
