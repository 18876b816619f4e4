"""Attacks on the daemon by what its tasks do, and by what is asked of it."""

import re
import subprocess
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support.clients import NETWORK, definition, shell, task_id

MEBIBYTE = 1 << 20


def resident(process):
    """Bytes of memory that a process holds now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024


def shim_of(task):
    wanted = f"berth-shim\0{task_id(task)}\0".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cmdline").read_bytes().startswith(wanted):
                return int(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    raise AssertionError("the task has no shim")


def test_endless_output_takes_no_memory(tasks, daemon):
    """CVE-2025-64329, CVE-2022-31030: 512 MiB, four of them in one line, while somebody reads it page by page."""
    script = "sleep 0.3; dd if=/dev/zero bs=1M count=4 >&2; yes 0123456789abcdef | head -c 532676608; echo; echo last"
    task = tasks.run(shell(script), container={"logConfiguration": AWSLOGS}, executionRoleArn=ROLE)
    tasks.wait(task, "RUNNING")
    shim, server = shim_of(task), daemon.process.pid
    before, shim_before = resident(server), resident(shim)
    most, shim_most, deadline = before, shim_before, time.monotonic() + 600
    while tasks.describe(task)["lastStatus"] != "STOPPED":
        assert time.monotonic() < deadline
        for process, name in ((server, "server"), (shim, "shim")):
            try:
                size = resident(process)
            except (FileNotFoundError, ProcessLookupError, TypeError):
                continue
            if name == "server":
                most = max(most, size)
            else:
                shim_most = max(shim_most, size)
        page(tasks, task)
    page(tasks, task)
    most = max(most, resident(server))
    assert tasks.describe(task)["containers"][0]["exitCode"] == 0
    assert most < before + 48 * MEBIBYTE
    assert shim_most < shim_before + MEBIBYTE


ROLE = "arn:aws:iam::000000000000:role/execution"
AWSLOGS = {
    "logDriver": "awslogs",
    "options": {
        "awslogs-group": "/attacks", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "flood", "awslogs-create-group": "true",
    },
}


def page(tasks, task):
    """A page from the head and one from the tail of what a task printed."""
    stream = f"flood/main/{task_id(task)}"
    for head in (True, False):
        try:
            tasks.logs.get_log_events(logGroupName="/attacks", logStreamName=stream, startFromHead=head)
        except tasks.logs.exceptions.ResourceNotFoundException:
            continue


def test_no_socket_of_ours_has_an_abstract_name(tasks, daemon):
    """CVE-2020-15257: whoever shares the network namespace reaches an abstract socket, whatever his user."""
    task = tasks.run(["sleep", "60"], container={"stopTimeout": 2})
    tasks.wait(task, "RUNNING")
    own = {inode for process in (daemon.process.pid, shim_of(task)) for inode in sockets(process)}
    rows = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    names = [row[7] for row in rows if len(row) > 7 and row[6] in own]
    assert names and all(name.startswith("/") or name.endswith(".sock") for name in names), names
    assert not [name for name in names if name.startswith("@")]
    tasks.ecs.stop_task(task=task["taskArn"])
    tasks.wait(task)


def sockets(process):
    """The inode numbers of a process's sockets."""
    for link in Path(f"/proc/{process}/fd").iterdir():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except FileNotFoundError:
            continue
        if match:
            yield match[1]


@pytest.mark.parametrize("command", ["cp", "copy", "build", "commit", "attach", "checkpoint", "restore", "export"])
def test_what_read_containers_from_outside_elsewhere_is_no_command_here(daemon, command):
    """CVE-2019-14271, CVE-2018-15664 (copy), CVE-2024-23651 to -23653 (build), CVE-2026-53492 (checkpoint data)."""
    result = subprocess.run([daemon.berth, command, "a:b", "/tmp"], capture_output=True, timeout=60, check=False)
    assert result.returncode != 0
    assert command in result.stderr.decode()


HOST_PATH = {"volumes": [{"name": "v", "host": {"sourcePath": "/"}}], "container": {"mountPoints": [{"sourceVolume": "v", "containerPath": "/v"}]}}
ON_PROC = {"volumes": [{"name": "v"}], "container": {"mountPoints": [{"sourceVolume": "v", "containerPath": "/proc"}]}}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (HOST_PATH, "sourcePath"),
        (ON_PROC, "volumes"),
        ({"container": {"privileged": True}}, "privileged"),
        ({"container": {"linuxParameters": {"devices": [{"hostPath": "/dev/sda"}]}}}, "devices"),
        ({"container": {"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}}, "SYS_ADMIN"),
        ({"container": {"dockerSecurityOptions": ["seccomp=unconfined"]}}, "dockerSecurityOptions"),
        ({"networkMode": "host"}, "etwork"),
        ({"pidMode": "host"}, "pidMode"),
        ({"ipcMode": "host"}, "ipcMode"),
        ({"container": {"systemControls": [{"namespace": "kernel.core_pattern", "value": "|/evil"}]}}, "kernel.core_pattern|systemControls"),
        ({"container": {"systemControls": [{"namespace": "net.ipv4.ip_forward", "value": "1+kernel.core_pattern=|/evil"}]}}, "net.ipv4.ip_forward"),
    ],
    ids=["host-path", "on-proc", "privileged", "devices", "capability", "security-options", "network", "pid", "ipc", "core-pattern", "joined"],
)
def test_a_door_to_the_host_is_refused_by_name(ecs, tasks, changes, named):
    """What other runtimes were escaped through is refused before anything is made, at registration or when it is run."""
    try:
        registered = ecs.register_task_definition(**definition(["true"], family="door", **changes))
        arn = registered["taskDefinition"]["taskDefinitionArn"]
        with pytest.raises(ClientError) as refused:
            ecs.run_task(taskDefinition=arn, launchType="FARGATE", networkConfiguration=NETWORK)
        error = refused.value
    except ClientError as refused:
        error = refused
    assert re.search(named, error.response["Error"]["Message"]), error
