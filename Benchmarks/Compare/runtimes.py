"""OCI runtimes as subjects of a comparison: each is started from a process of its own that times it."""

import ctypes
import json
import os
import pathlib
import resource  # noqa: F401  os.wait4 imports it, and `enter` leaves the library behind
import subprocess
import sys
import time

UNIFIED = "/sys/fs/cgroup/unified"
PIVOT_ROOT = 155  # x86-64's number; libc has no function for it
DETACHED = 2  # umount2's MNT_DETACH


class Runtime:
    """A runtime that runs a bundle, as a command.

    crun refuses a hybrid cgroup host: it is started where the hierarchy of the second version is out of sight. With
    `tree`, the runtime is that of another Debian, and started with it as the root: the same kernel, its own libraries.
    """

    def __init__(self, name, program, bundle, state, tree=None):
        self.name, self.program, self.bundle, self.state, self.count = name, program, bundle, state, 0
        setup, roots = [], ("proc", "sys", "dev", "tmp")
        if os.path.basename(program) == "crun" and os.path.ismount(UNIFIED):
            setup.append(f"umount {UNIFIED}")
        if tree:
            setup += [f'mount --bind "{tree}" "{tree}"',
                      *(f'mount --rbind /{name} "{tree}/{name}"' for name in roots)]
        script = " && ".join([*setup, 'exec "$@"'])
        command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"] if setup else []
        self.process = subprocess.Popen([*command, sys.executable, __file__, *([str(tree)] if tree else [])],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def run(self):
        """What one run took, in ms; it must succeed."""
        outcome = self.outcome(self.bundle)
        if outcome["status"] != 0:
            raise SystemExit(f"{self.name}: status {outcome['status']}: {outcome['said']}")
        return {f"{self.name} run": outcome["wall"], f"{self.name} run, processor time": outcome["cpu"]}

    def outcome(self, bundle, under=()):
        """Runs a bundle as a command of `under`: exit status, wall and processor time in ms, what was said."""
        self.count += 1
        command = [*under, self.program, "--root", self.state, "run", "--bundle", bundle,
                   f"bench-{os.getpid()}-{self.count}"]
        self.process.stdin.write(json.dumps([str(word) for word in command]) + "\n")
        return json.loads(self.process.stdout.readline())

    def peak(self):
        """The resident memory in MiB of the largest process of a run.

        Asked of GNU time, which is small: a process starts with the peak of the one that it is a copy of.
        """
        report = f"{self.state}.peak"
        self.outcome(self.bundle, under=("/usr/bin/time", "--format", "%M", "--output", report))
        return int(pathlib.Path(report).read_text().split()[-1]) / 1024

    def close(self):
        self.process.stdin.close()
        self.process.wait()


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
    if len(sys.argv) > 1:
        enter(sys.argv[1])
    null, said = os.open("/dev/null", os.O_RDWR), os.memfd_create("said")
    streams = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, said, 2)]
    for line in sys.stdin:
        command = json.loads(line)
        begun = time.monotonic_ns()
        process = os.posix_spawnp(command[0], command, os.environ, file_actions=streams)
        _, status, usage = os.wait4(process, 0)
        wall = time.monotonic_ns() - begun
        print(json.dumps({"status": os.waitstatus_to_exitcode(status), "wall": wall / 1e6,
                          "cpu": (usage.ru_utime + usage.ru_stime) * 1000,
                          "said": os.pread(said, 2000, 0).decode(errors="replace")}), flush=True)
        os.truncate(said, 0)
        os.lseek(said, 0, os.SEEK_SET)


if __name__ == "__main__":
    serve()
