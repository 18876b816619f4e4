"""Container engines as subjects of a comparison, each with daemons and state of its own that end with it.

Every engine is started in a v1 `cpuacct` group of its own, and so are its commands: what a run costs in processor time is then
the whole of it, client, daemon, shim and container. On a host without that hierarchy only the command's own time is told.
"""

import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from runtimes import OTHER
from starter import Account, Starter, Unable

LIMITS = ["--memory", "256m", "--cpus", "1", "--pids-limit", "4096"]
IMAGE = "docker.io/library/bench:latest"
UP = 30  # seconds that a daemon may take to be there


class Engine:
    """What all engines share: a command that runs the image once, timed. `tree` is another Debian whose engine is meant."""

    program = None  # its daemon, or the engine itself
    environment = {}
    unified = True

    def __init__(self, work, tree=None):
        self.work, self.daemon, self.numbers = work, None, itertools.count()
        # As /run is elsewhere: in memory, and of a short name. Sockets fit into 107 bytes, and podman's clean-up after a run
        # refuses a directory of more than 50, for which podman then waits 20 s.
        memory = pathlib.Path("/dev/shm")
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="berth-", dir=memory if memory.is_dir() else None))
        self.name = type(self).__name__.lower() + (OTHER if tree else "")
        self.account = Account(self.name.replace(" ", "-"))
        self.starter = Starter(self.name, tree, self.unified, private=True, account=self.account,
                               environment={name: value.format(work=work, state=self.state) for name, value in self.environment.items()})

    def start(self, *command, until):
        """Starts the engine's daemon and waits until `until`, a path, is there."""
        with open(self.work / "log", "wb") as log:
            self.daemon = self.starter.spawn(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        patience = time.monotonic() + UP
        while not until.exists():
            if self.daemon.poll() is not None or time.monotonic() > patience:
                how = f"no socket in {UP} s" if self.daemon.poll() is None else f"status {self.daemon.poll()}"
                raise Unable(self.name, f"{command[0]}: {how}: {(self.work / 'log').read_text()[-300:]}")
            time.sleep(0.05)

    def call(self, *command):
        """What a command took; it must succeed."""
        before = self.account.seconds()
        outcome = self.starter.run(command)
        return outcome | ({"cpu": (self.account.seconds() - before) * 1000} if self.account.path else {})

    def run(self):
        """What one run of the image took, in ms."""
        outcome = self.call(*self.command(f"bench-{os.getpid()}-{next(self.numbers)}"))
        return {f"{self.name} run": outcome["wall"], f"{self.name} run, processor time": outcome["cpu"]}

    def close(self):
        if self.daemon and self.daemon.poll() is None:
            self.daemon.terminate()
            try:
                self.daemon.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.daemon.pid, signal.SIGKILL)
                self.daemon.wait()
        self.starter.close()
        try:
            self.account.close()
        except OSError:
            pass  # a shim that still ends; the group is empty soon, and harmless
        shutil.rmtree(self.state, ignore_errors=True)


class Docker(Engine):
    """docker.io, which leaves the host's firewall and routes alone here."""

    program = "dockerd"
    environment = {"DOCKER_HOST": "unix://{state}/docker.sock"}

    def up(self):
        state, socket = self.state, self.state / "docker.sock"
        self.start(
            "dockerd", "--data-root", self.work / "docker", "--exec-root", state / "exec", "--pidfile", state / "docker.pid",
            "--host", f"unix://{socket}", "--iptables=false", "--ip6tables=false", "--ip-forward=false",
            "--ip-masq=false", "--bridge", "none", "--cgroup-parent", f"/{self.account.path.name}" if self.account.path else "/bench",
            "--exec-opt", "native.cgroupdriver=cgroupfs", "--log-level", "warn", until=socket)

    def load(self, archive):
        self.call("docker", "load", "--input", archive)

    def command(self, name):
        return ["docker", "run", "--rm", "--name", name, "--network", "none", *LIMITS, "bench:latest", "true"]

    def idle(self, name):
        return ["docker", "run", "--detach", "--name", name, "--network", "none", "bench:latest", "sleep", "100000"]

    def end(self, name):
        return [["docker", "rm", "--force", name]]

    def pull(self, reference):
        return ["docker", "pull", reference]


class Containerd(Engine):
    """containerd with `ctr`, which takes Docker's seccomp policy when it is told to."""

    program = "containerd"
    environment = {"CONTAINERD_ADDRESS": "{state}/containerd.sock"}

    def up(self):
        settings, socket = self.state / "containerd.toml", self.state / "containerd.sock"
        settings.write_text(
            f'version = 2\nroot = "{self.work}/containerd"\nstate = "{self.state}/containerd"\n'
            f'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\n  address = "{socket}"\n')
        self.start("containerd", "--config", settings, "--log-level", "warn", until=socket)

    def load(self, archive):
        self.call("ctr", "images", "import", "--index-name", IMAGE, archive.with_suffix(".oci"))

    def group(self, name):
        return ["--cgroup", f"/{self.account.path.name}/{name}" if self.account.path else f"/{name}"]

    def command(self, name):
        return ["ctr", "run", "--rm", "--seccomp", "--memory-limit", str(256 << 20), "--cpus", "1", *self.group(name), IMAGE, name,
                "true"]

    def idle(self, name):
        return ["ctr", "run", "--detach", *self.group(name), IMAGE, name, "sleep", "100000"]

    def end(self, name):
        return [["ctr", "tasks", "rm", "--force", name], ["ctr", "containers", "rm", name]]

    def pull(self, reference):
        return ["ctr", "images", "pull", "--plain-http", reference]


class Podman(Engine):
    """Podman with crun, which refuses a hybrid cgroup host: both run where the second version is out of sight."""

    program = "podman"
    environment = {"CONTAINERS_CONF": "{state}/containers.conf", "CONTAINERS_STORAGE_CONF": "{state}/storage.conf"}
    unified = False

    def up(self):
        (self.state / "containers.conf").write_text(
            '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
            '[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\nruntime = "crun"\n')
        (self.state / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self.work}/podman"\nrunroot = "{self.state}/run"\n')

    def load(self, archive):
        self.call("podman", "load", "--input", archive)

    def group(self):
        return ["--cgroup-parent", f"/{self.account.path.name}"] if self.account.path else []

    def command(self, name):
        return ["podman", "run", "--rm", "--name", name, "--network", "none", *self.group(), *LIMITS, IMAGE, "true"]

    def idle(self, name):
        return ["podman", "run", "--detach", "--name", name, "--network", "none", *self.group(), IMAGE, "sleep", "100000"]

    def end(self, name):
        return [["podman", "rm", "--force", "--time", "0", name]]

    def pull(self, reference):
        return ["podman", "pull", "--tls-verify=false", reference]


class Tool:
    """A program that runs a directory as a container without an image or a daemon; some do less than others."""

    def __init__(self, name, *words):
        self.name, self.words, self.starter = name, words, Starter(name)

    def run(self):
        outcome = self.starter.run(self.words)
        return {f"{self.name} run": outcome["wall"], f"{self.name} run, processor time": outcome["cpu"]}

    def close(self):
        self.starter.close()


def tools(rootfs):
    """Those on this machine; and why others are not among them."""
    known = {
        "unshare": ["unshare", "--pid", "--net", "--ipc", "--uts", "--mount", "--cgroup", "--fork", f"--root={rootfs}",
                    "--mount-proc", "/bin/true"],
        "bwrap": ["bwrap", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup", "--bind",
                  rootfs, "/", "--proc", "/proc", "--dev", "/dev", "--ro-bind", "/sys", "/sys", "--cap-drop", "ALL",
                  "--die-with-parent", "/bin/true"],
        "systemd-nspawn": ["systemd-nspawn", "--quiet", "--directory", rootfs, "--register=no", "--keep-unit",
                           "--private-network", "--pipe", "/bin/true"],
    }
    return ([Tool(name, *words) for name, words in known.items() if shutil.which(name)],
            {name: f"{name} is not installed" for name in known if not shutil.which(name)})


def kinds(tree=None):
    """Engines that can be asked for: kind and tree."""
    return [(kind, where) for kind in (Docker, Containerd, Podman) for where in ((None, tree) if tree else (None,))]


def engines(work, layout, tree=None):
    """All engines that come up and run the image of a layout; and why others are not among them."""
    archive = work / "image.tar"
    for target in (f"docker-archive:{archive}:bench:latest", f"oci-archive:{archive.with_suffix('.oci')}:latest"):
        subprocess.run(["skopeo", "copy", "--quiet", "--insecure-policy", f"oci:{layout}", target], check=True)
    running, missing = [], {}
    for kind, where in kinds(tree):
        directory = work / (kind.program + ("-other" if where else ""))
        directory.mkdir()
        engine = kind(directory, where)
        try:
            engine.up()
            engine.load(archive)
            engine.run()
            running.append(engine)
        except (Unable, OSError) as error:
            missing[engine.name] = getattr(error, "why", str(error))
            engine.close()
    return running, missing
