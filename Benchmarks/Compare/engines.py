"""Container engines as subjects of a comparison, each with daemons and state of its own that end with it.

Every engine is started in a v1 `cpuacct` group of its own, and so are its commands: what a run costs in processor time is then
the whole of it, client, daemon, shim and container. On a host without that hierarchy only the command's own time is told.
"""

import itertools
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

ACCOUNTING = pathlib.Path("/sys/fs/cgroup/cpuacct")
UNIFIED = "/sys/fs/cgroup/unified"
LIMITS = ["--memory", "256m", "--cpus", "1", "--pids-limit", "4096"]
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}


class Account:
    """A group whose processor time is counted; commands are started inside it."""

    def __init__(self, name):
        self.path = ACCOUNTING / f"berth-bench-{os.getpid()}-{name}" if ACCOUNTING.is_dir() else None
        if self.path:
            self.path.mkdir()

    def enter(self):
        """For the child between fork and exec."""
        if self.path:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def seconds(self):
        return int((self.path / "cpuacct.usage").read_text()) / 1e9 if self.path else None

    def close(self):
        """Removes it, and what engines made of its name in other hierarchies."""
        for top in self.path.parent.parent.glob(f"*/{self.path.name}") if self.path else []:
            for group in [*sorted((each for each in top.rglob("*") if each.is_dir()), reverse=True), top]:
                group.rmdir()


class Engine:
    """What all engines share: a command that runs the image once, timed."""

    def __init__(self, name, work=None, environment=None):
        self.name, self.work, self.daemon = name, work, None
        self.account, self.numbers = Account(name), itertools.count()
        self.environment = {**os.environ, **(environment or {})}

    def start(self, *command, until):
        """Starts the engine's daemon and waits until `until`, a path, is there."""
        self.log = open(self.work / f"{self.name}.log", "wb")
        self.daemon = subprocess.Popen([str(word) for word in command], preexec_fn=self.account.enter, **{
            **QUIET, "stdout": self.log, "stderr": self.log}, start_new_session=True)
        for _ in range(300):
            if until.exists():
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} did not come up: {(self.work / f'{self.name}.log').read_text()[-500:]}")

    def call(self, *command):
        done = subprocess.run([str(word) for word in command], env=self.environment, preexec_fn=self.account.enter, **QUIET,
                              stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {command[0]}: {done.stderr.decode(errors='replace')[-500:]}")

    def run(self):
        """What one run took, in ms; it must succeed."""
        before, own, begun = self.account.seconds(), resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic_ns()
        self.call(*self.command(f"bench-{os.getpid()}-{next(self.numbers)}"))
        wall = (time.monotonic_ns() - begun) / 1e6
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = (self.account.seconds() - before if self.account.path
               else after.ru_utime + after.ru_stime - own.ru_utime - own.ru_stime)
        return {f"{self.name} run": wall, f"{self.name} run, processor time": cpu * 1000}

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.daemon.pid, signal.SIGKILL)
                self.daemon.wait()
        try:
            self.account.close()
        except OSError:
            pass  # a shim that still ends; the group is empty soon, and harmless


class Docker(Engine):
    """Debian's docker.io, which leaves the host's firewall and routes alone here."""

    def __init__(self, work):
        super().__init__("docker", work, {"DOCKER_HOST": f"unix://{work}/docker.sock"})

    def up(self, archive):
        work = self.work
        self.start(
            "dockerd", "--data-root", work / "docker", "--exec-root", work / "docker-exec", "--pidfile", work / "docker.pid",
            "--host", f"unix://{work}/docker.sock", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
            "--ip-masq=false", "--bridge", "none", "--cgroup-parent", f"/{self.account.path.name}" if self.account.path else "/bench",
            "--exec-opt", "native.cgroupdriver=cgroupfs", "--log-level", "warn", until=work / "docker.sock")
        self.call("docker", "load", "--input", archive)

    def command(self, name):
        return ["docker", "run", "--rm", "--name", name, "--network", "none", *LIMITS, "bench:latest", "true"]


class Containerd(Engine):
    """Debian's containerd with `ctr`, which takes Docker's seccomp policy when it is told to."""

    def __init__(self, work):
        super().__init__("containerd", work, {"CONTAINERD_ADDRESS": f"{work}/containerd.sock"})

    def up(self, archive):
        work = self.work
        (work / "containerd.toml").write_text(
            f'version = 2\nroot = "{work}/containerd"\nstate = "{work}/containerd-state"\n'
            f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "{work}/containerd.sock"\n')
        self.start("containerd", "--config", work / "containerd.toml", "--log-level", "warn", until=work / "containerd.sock")
        self.call("ctr", "images", "import", "--index-name", "docker.io/library/bench:latest", archive.with_suffix(".oci"))

    def command(self, name):
        group = f"/{self.account.path.name}/{name}" if self.account.path else f"/{name}"
        return ["ctr", "run", "--rm", "--seccomp", "--memory-limit", str(256 << 20), "--cpus", "1", "--cgroup", group,
                "docker.io/library/bench:latest", name, "true"]


class Podman(Engine):
    """Podman with crun, which refuses a hybrid cgroup host: both run where the second version is out of sight."""

    def __init__(self, work):
        super().__init__("podman", work, {"CONTAINERS_CONF": f"{work}/containers.conf",
                                          "CONTAINERS_STORAGE_CONF": f"{work}/storage.conf"})

    def up(self, archive):
        work = self.work
        (work / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
            '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "crun"\n')
        (work / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{work}/podman"\nrunroot = "{work}/podman-run"\n')
        self.call("podman", "load", "--input", archive)

    def call(self, *command):
        if os.path.ismount(UNIFIED):
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f'umount {UNIFIED} && exec "$@"', "sh",
                       *command]
        super().call(*command)

    def command(self, name):
        group = ["--cgroup-parent", f"/{self.account.path.name}"] if self.account.path else []
        return ["podman", "run", "--rm", "--name", name, "--network", "none", *group, *LIMITS, "docker.io/library/bench:latest", "true"]

    def close(self):
        subprocess.run(["umount", "--quiet", self.work / "podman/overlay"], check=False, **QUIET, stderr=subprocess.DEVNULL)
        super().close()


class Tool(Engine):
    """A program that runs a directory as a container without an image or a daemon; some do less than others."""

    def __init__(self, name, *command):
        super().__init__(name)
        self.words = command

    def command(self, name):
        return self.words


def tools(rootfs):
    """Those on this machine, by their names."""
    found = {
        "unshare": ["unshare", "--pid", "--net", "--ipc", "--uts", "--mount", "--cgroup", "--fork", f"--root={rootfs}",
                    "--mount-proc", "/bin/true"],
        "bwrap": ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--bind",
                  rootfs, "/", "--proc", "/proc", "--dev", "/dev", "--ro-bind", "/sys", "/sys", "--cap-drop", "ALL",
                  "--die-with-parent", "/bin/true"],
        "systemd-nspawn": ["systemd-nspawn", "--quiet", "--directory", rootfs, "--register=no", "--keep-unit",
                           "--private-network", "--pipe", "/bin/true"],
    }
    return [Tool(name, *command) for name, command in found.items() if shutil.which(name)]


def engines(work, layout):
    """All engines on this machine with the image of a layout as `bench:latest`; and why others are not among them."""
    archive = work / "image.tar"
    for target in (f"docker-archive:{archive}:bench:latest", f"oci-archive:{archive.with_suffix('.oci')}:latest"):
        subprocess.run(["skopeo", "copy", "--quiet", "--insecure-policy", f"oci:{layout}", target], check=True)
    running, missing = [], {}
    for kind, program in ((Docker, "dockerd"), (Containerd, "containerd"), (Podman, "podman")):
        name = kind.__name__.lower()
        if not shutil.which(program):
            missing[name] = f"{program} is not installed"
            continue
        directory = work / name
        directory.mkdir()
        engine = kind(directory)
        try:
            engine.up(archive)
            running.append(engine)
        except (RuntimeError, OSError) as error:
            missing[name] = str(error)
            engine.close()
    return running, missing
