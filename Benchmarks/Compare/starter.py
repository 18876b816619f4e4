"""Processes that start others and time them, in a mount namespace of their own where the machine's would not do."""

import ctypes
import json
import os
import pathlib
import resource  # noqa: F401  os.wait4 imports it, and `enter` leaves the library behind
import signal
import subprocess
import sys
import time

UNIFIED = "/sys/fs/cgroup/unified"
ACCOUNTING = pathlib.Path("/sys/fs/cgroup/cpuacct")
PIVOT_ROOT = 155  # x86-64's number; libc has no function for it
DETACHED = 2  # umount2's MNT_DETACH
SUBREAPER = 36  # prctl's PR_SET_CHILD_SUBREAPER
PATIENCE = 60  # seconds that any run may take


class Unable(Exception):
    """A peer that cannot do here what it is asked: a comparison names it and goes on without it."""

    def __init__(self, name, why):
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


class Account:
    """A group whose processor time is counted; commands are started inside it."""

    def __init__(self, name):
        self.path = ACCOUNTING / f"berth-bench-{os.getpid()}-{name}" if ACCOUNTING.is_dir() else None
        if self.path:
            self.path.mkdir()

    def enter(self):
        """For a child between fork and exec."""
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self):
        return int((self.path / "cpuacct.usage").read_text()) / 1e9 if self.path else None

    def close(self):
        """Removes it, and what engines made of its name in other hierarchies."""
        for top in self.path.parent.parent.glob(f"*/{self.path.name}") if self.path else []:
            for group in [*sorted((each for each in top.rglob("*") if each.is_dir()), reverse=True), top]:
                group.rmdir()


class Starter:
    """Starts commands and tells what each took; from several threads, as many at a time.

    Without `unified` they run where the hierarchy of the second cgroup version is out of sight, if the machine has both. With
    `tree` their root is that of another Debian: the same kernel, its own programs and libraries. With `private` their mounts are
    nobody else's and end with them; the other two bring that along.
    """

    def __init__(self, name, tree=None, unified=True, private=False, account=None, environment=None):
        self.name, self.tree, self.account = name, tree and os.path.realpath(tree), account
        self.environment = {**os.environ, **(environment or {})}
        setup = [] if unified or not os.path.ismount(UNIFIED) else [f"umount {UNIFIED}"]
        if self.tree:
            setup += [f'mount --bind "{self.tree}" "{self.tree}"',
                      *(f'mount --rbind /{one} "{self.tree}/{one}"' for one in ("proc", "sys", "dev", "tmp"))]
        script = " && ".join([*setup, 'exec "$@"'])
        self.around = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"] if setup or private else []
        self.free = []

    def ready(self, count):
        """Has as many processes that start commands as may be wanted at a time."""
        while len(self.free) < count:
            self.free.append(self.another())

    def another(self):
        program = [] if self.tree else [sys.executable, __file__, ""]
        return self.spawn(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def spawn(self, command, **streams):
        """A process of the same kind that goes on beside the commands: a daemon."""
        inside = [sys.executable, __file__, self.tree] if self.tree else []
        return subprocess.Popen([*self.around, *inside, *map(str, command)], env=self.environment,
                                preexec_fn=self.account and self.account.enter, **streams)

    def outcome(self, command):
        """Exit status (-9 for one that had to be ended), wall and processor time in ms, and what was said."""
        try:
            process = self.free.pop()
        except IndexError:
            process = self.another()
        process.stdin.write(json.dumps([str(word) for word in command]) + "\n")
        outcome = json.loads(process.stdout.readline())
        self.free.append(process)
        return outcome

    def run(self, command):
        """The outcome of a command that must succeed."""
        outcome = self.outcome(command)
        if outcome["status"] != 0:
            how = f"no end in {PATIENCE} s" if outcome["wall"] > PATIENCE * 1000 else f"status {outcome['status']}"
            raise Unable(self.name, f"{os.path.basename(str(command[0]))}: {how}: {' '.join(outcome['said'].split())[-300:]}")
        return outcome

    def close(self):
        for process in self.free:
            process.stdin.close()
        for process in self.free:
            process.wait()


def enter(tree):
    """Makes a tree, which is a mount, the root of this process's mount namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    old = pathlib.Path(tree, "mnt")
    if libc.syscall(PIVOT_ROOT, os.fsencode(tree), os.fsencode(old)) != 0:
        raise OSError(ctypes.get_errno(), f"pivot_root to {tree}")
    os.chdir("/")
    if libc.umount2(b"/mnt", DETACHED) != 0:
        raise OSError(ctypes.get_errno(), "umount /mnt")


def serve():
    """Reads commands from standard input, a JSON list a line, runs each, and answers what it took."""
    null, said = os.open("/dev/null", os.O_RDWR), os.memfd_create("said")
    streams = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, said, 2)]
    process = 0
    signal.signal(signal.SIGALRM, lambda *_: os.killpg(process, signal.SIGKILL))
    for line in sys.stdin:
        command = json.loads(line)
        begun = time.monotonic_ns()
        try:
            process = os.posix_spawnp(command[0], command, os.environ, file_actions=streams, setpgroup=0)
        except OSError as error:
            print(json.dumps({"status": 127, "wall": 0, "cpu": 0, "said": str(error)}), flush=True)
            continue
        signal.alarm(PATIENCE)
        _, status, usage = os.wait4(process, 0)
        wall = time.monotonic_ns() - begun
        signal.alarm(0)
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "wall": wall / 1e6,
                          "cpu": (usage.ru_utime + usage.ru_stime) * 1000,
                          "said": os.pread(said, 20000, 0).decode(errors="replace")}), flush=True)
        os.truncate(said, 0)
        os.lseek(said, 0, os.SEEK_SET)


def main():
    """`starter.py TREE [COMMAND...]`: becomes the command, or serves, in the tree if one is named."""
    if sys.argv[1]:
        enter(sys.argv[1])
    if sys.argv[2:]:
        os.execvp(sys.argv[2], sys.argv[2:])
    # Engines wait until monitors that nobody is the parent of are gone, which takes seconds with a first process that looks for such
    # only now and then.
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    serving = os.fork()
    if serving == 0:
        serve()
        return
    while os.wait()[0] != serving:
        pass


if __name__ == "__main__":
    main()
