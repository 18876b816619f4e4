"""Images that try to steer the host, each run in a real task (cases 26 to 34 of the malicious images in Docs/security.md)."""

import os
import re
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support import layouts
from support.clients import Tasks, shell
from support.daemon import Daemon

BUSYBOX = "/bin/busybox"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Imports an image made to order and runs a task of it to its end."""
    with Daemon() as daemon:
        yield Hostile(daemon, tmp_path_factory.mktemp("images"))


class Hostile:
    def __init__(self, daemon, directory):
        self.daemon, self.directory, self.count = daemon, directory, 0
        self.tasks = Tasks(daemon)

    def image(self, members=(), config=None):
        """Busybox with more members of a tar and a configuration. Returns its tag."""
        self.count += 1
        base = layouts.layer({"bin/busybox": Path(BUSYBOX).read_bytes()})
        links = layouts.tar([layouts.link(f"bin/{name}", "busybox") for name in ("sh", "id", "cat", "pwd", "env", "ls")])
        layers = [base, links] + ([layouts.tar(members)] if members else [])
        layout = layouts.write(self.directory / str(self.count), layers, config=config)
        self.daemon.import_image(layout, f"hostile:{self.count}")
        return f"hostile:{self.count}"

    def run(self, command, members=(), config=None, **changes):
        """What a task of such an image came to, and printed."""
        task = self.tasks.complete(command, self.image(members, config), **changes)
        return task, self.tasks.output(task)[0]


def failed(task):
    """Why it was not started; it must not have been."""
    container = task["containers"][0]
    assert "exitCode" not in container, container
    return container.get("reason") or task["stoppedReason"]


@pytest.mark.parametrize("user", ["4294967296", "-1", "0x0", "1e3", "+0", " 0", "0:4294967296", "18446744073709551616", "1000:-1"])
def test_a_user_that_is_no_number_of_ours_starts_nothing(hostile, user):
    """Case 26, CVE-2024-40635: such numbers became 0, which is root."""
    task, _ = hostile.run(["id"], config={"User": user})
    assert user.strip(" ").split(":")[0] in failed(task) or "user" in failed(task)


@pytest.mark.parametrize(("user", "ids"), [("1000", "uid=1000 gid=0"), ("1000:1001", "uid=1000 gid=1001"), ("", "uid=0"), ("65534", "uid=65534")])
def test_a_number_is_a_number_whatever_the_image_calls_it(hostile, user, ids):
    """Case 26, CVE-2026-46680: a passwd file that gives the name `1000` to uid 0."""
    passwd = layouts.file("etc/passwd", b"root:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n65534:x:0:0::/:/bin/sh\n")
    _, output = hostile.run(["id"], [passwd], {"User": user})
    assert re.match(ids.replace(" ", r"\S* "), output), output


def test_a_user_that_overrides_the_images_is_read_as_strictly(hostile):
    """At registration when that can be told, else when the task is to start."""
    tasks, image = hostile.tasks, hostile.image()
    for user in ("4294967296", "-1", "0x0", "0:4294967296"):
        try:
            said = failed(tasks.complete(["id"], image, container={"user": user}))
        except ClientError as refused:
            said = refused.response["Error"]["Message"]
        assert "user" in said


@pytest.mark.parametrize("directory", ["/proc/self/fd/7", "/proc/self/fd/3/../../..", "/proc/1/root", "/link"])
def test_a_working_directory_leads_nowhere_but_into_the_image(hostile, directory):
    """Case 27, CVE-2024-21626: a descriptor of the runtime as working directory."""
    task, output = hostile.run(
        shell("pwd; ls"), [layouts.link("link", "/proc/self/fd/7")], {"WorkingDir": directory})
    assert "working directory" in failed(task) and output == ""


def test_a_working_directory_behind_a_link_is_made_in_the_image(hostile):
    """Case 27, GHSA-q6r4-3wmg-fwcq: a link that leads to a directory of the host, read from outside."""
    victim = hostile.daemon.directory / "victim"
    victim.mkdir()
    task, output = hostile.run(["pwd"], [layouts.link("srv", str(victim))], {"WorkingDir": "/srv/made"})
    assert list(victim.iterdir()) == []
    assert output in ("", f"{victim}/made\n"), output


@pytest.mark.parametrize(
    "member",
    [layouts.link("etc/passwd", "/etc/shadow"), layouts.link("etc/passwd", "/proc/self/environ"), layouts.fifo("etc/passwd"),
     layouts.link("etc/passwd", "../../../../../../../etc/passwd")],
    ids=["shadow", "environ", "fifo", "outside"],
)
def test_account_files_are_read_inside_the_image_and_without_waiting(hostile, member):
    """Case 28, CVE-2024-9676: passwd as a link to the host or as a FIFO, on which the reader waits for ever."""
    task, _ = hostile.run(["id"], [member], {"User": "daemon"})
    assert "daemon" in failed(task) or "etc/passwd" in failed(task)
    task, output = hostile.run(["id"], [member], {"User": "7"})
    assert output.startswith("uid=7") or "etc/passwd" in failed(task)


def test_account_files_without_measure_are_refused(hostile):
    """Case 28: a passwd of 64 MiB, of which a name is looked up."""
    before = resident(hostile.daemon)
    task, _ = hostile.run(["id"], [layouts.file("etc/passwd", b"x" * (64 << 20))], {"User": "nobody"})
    assert "etc/passwd" in failed(task) or "nobody" in failed(task)
    assert resident(hostile.daemon) < before + (32 << 20)


# The root file system, and the files of names that each container gets.
OWN_MOUNTS = ("/", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")


@pytest.mark.parametrize("volume", ["/../../../../tmp", "/proc/sys", "../escape", "/data"])
def test_volumes_of_an_image_make_nothing_on_the_host(hostile, volume):
    """Case 29, CVE-2022-23648: `Volumes` with `..` had files of the host copied into the container."""
    task, output = hostile.run(["cat", "/proc/mounts"], config={"Volumes": {volume: {}}})
    assert task["containers"][0]["exitCode"] == 0
    targets = [line.split()[1] for line in output.splitlines()]
    assert all(target in OWN_MOUNTS or target.startswith(("/dev", "/proc", "/sys")) for target in targets), targets


def test_labels_of_an_image_are_no_orders(hostile):
    """Case 30, CVE-2026-53488: labels that imitate those by which a runtime keeps its own books."""
    labels = {
        "berth.task": "0" * 32, "berth.privileged": "true", "io.containerd.image": "unpacked", "com.amazonaws.ecs.cluster": "other",
        "io.cri-containerd.image": "managed", "run.oci.hooks": "/bin/sh", "io.kubernetes.cri.container-type": "sandbox",
    }
    task, output = hostile.run(
        shell("cat /proc/self/uid_map; cat /proc/self/status"), config={"Labels": labels, "OnBuild": ["RUN reboot"], "Shell": ["/evil"]})
    assert task["containers"][0]["exitCode"] == 0 and task["tags"] == []
    assert output.split()[:1] == ["0"] and output.split()[1] != "0"
    assert "NoNewPrivs:\t1" in output and "Seccomp:\t2" in output


@pytest.mark.parametrize("name", ["dev", "proc", "sys"])
def test_a_link_where_the_runtime_mounts_stops_the_task(hostile, name):
    """Case 31, CVE-2026-41579 and CVE-2026-47766."""
    victim = hostile.daemon.directory / f"victim-{name}"
    victim.mkdir()
    task, _ = hostile.run(["id"], [layouts.link(name, str(victim))])
    assert f"/{name}" in failed(task) and "symbolic links" in failed(task)
    assert list(victim.iterdir()) == [] and str(victim) not in Path("/proc/self/mountinfo").read_text()


def test_a_resolver_file_that_is_a_link_is_not_written_through(hostile):
    """Case 31: /etc/resolv.conf as a link to a file of the host. Berth writes none."""
    victim = hostile.daemon.directory / "resolver"
    victim.write_text("kept")
    hostile.run(["id"], [layouts.link("etc/resolv.conf", str(victim)), layouts.link("etc/hosts", str(victim))])
    assert victim.read_text() == "kept"


def test_an_image_that_starts_the_runtimes_executable_changes_nothing(hostile):
    """Case 32, CVE-2019-5736."""
    shim = os.path.join(os.path.dirname(os.path.realpath(hostile.daemon.berth)), "berth-shim")
    before = Path(shim).read_bytes()
    script = layouts.file("bin/script", b"#!/proc/self/exe\n")
    for config in ({"Entrypoint": ["/proc/self/exe"]}, {"Entrypoint": ["/bin/script"]}, {"Entrypoint": ["/proc/1/exe"]}):
        hostile.run(None, [script], config)
    assert Path(shim).read_bytes() == before
    task, output = hostile.run(["id"])
    assert output.startswith("uid=0")


def test_the_environment_of_an_image_reaches_its_task_alone(hostile):
    """Case 33, CVE-2025-23266: LD_PRELOAD of an image in a helper that runs on the host."""
    evil = ["LD_PRELOAD=/evil.so", "LD_LIBRARY_PATH=/evil", "PATH=/evil:/bin", "GCONV_PATH=/evil", "BASH_ENV=/evil"]
    task = hostile.tasks.run(shell("cat /proc/self/environ; sleep 60"), hostile.image(config={"Env": evil}), container={"stopTimeout": 2})
    hostile.tasks.wait_output(task, "BASH_ENV")
    task_id = task["taskArn"].rsplit("/", 1)[1]
    helpers = processes(lambda line: line.startswith(b"berth-shim\0" + task_id.encode()))
    assert helpers and all(Path(f"/proc/{helper}/environ").read_bytes() == b"" for helper in helpers)
    assert b"evil" not in Path(f"/proc/{hostile.daemon.process.pid}/environ").read_bytes()
    hostile.tasks.ecs.stop_task(task=task["taskArn"])
    hostile.tasks.wait(task)
    assert set(evil) <= set(hostile.tasks.output(task)[0].split("\0"))


def test_more_variables_than_execve_carries_are_told(hostile):
    """Case 34: 65,536 variables, then more than the kernel takes."""
    small = [f"V{number}=1" for number in range(65_536)]
    task, output = hostile.run(["env"], config={"Env": small + ["PATH=/bin"]})
    assert task["containers"][0].get("exitCode") == 0 and output.count("\n") >= 65_536 or "Argument list too long" in failed(task)
    large = [f"V{number}={'x' * 1000}" for number in range(4_096)]
    task, _ = hostile.run(["env"], config={"Env": large + ["PATH=/bin"]})
    assert "Argument list too long" in failed(task)


def processes(matching):
    """Processes of the host whose command line matches."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if matching(Path(f"/proc/{name}/cmdline").read_bytes()):
                found.append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def resident(daemon):
    """Bytes of memory that the daemon holds now."""
    status = Path(f"/proc/{daemon.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024
