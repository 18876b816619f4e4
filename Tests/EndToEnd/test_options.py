"""The options of a container, each seen from inside a real task."""

import json
import os
import resource
import subprocess
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from support.clients import Tasks, definition, shell, task_id
from support.paths import AWS

MSGMAX = Path("/proc/sys/kernel/msgmax")
SYS_PTRACE, NET_RAW, NET_ADMIN, MKNOD = 1 << 19, 1 << 13, 1 << 12, 1 << 27


def host(command=None, **changes):
    """A definition of host flavour, which may ask for what Fargate refuses."""
    return definition(command, requiresCompatibilities=None, networkMode=None, **changes)


def run(tasks, document):
    """Runs a definition of either flavour to its end; what it printed, if it ended well."""
    arn = tasks.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    ended = tasks.wait(start(tasks, arn, document))
    output, errors = tasks.output(ended)
    assert [container["exitCode"] for container in ended["containers"]] == [0] * len(ended["containers"]), (ended, errors)
    return output


def start(tasks, arn, document):
    if "requiresCompatibilities" in document:
        return tasks.start(arn)
    reply = tasks.ecs.run_task(taskDefinition=arn)
    assert reply["failures"] == []
    return reply["tasks"][0]


def inside(tasks, script, flavour=definition, **container):
    return run(tasks, flavour(shell(script), container=container))


def refusal(call):
    with pytest.raises(ClientError) as error:
        call()
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def linux(**parameters):
    return {"linuxParameters": parameters}


# Capabilities


def capabilities(tasks, flavour=definition, **lists):
    """The five sets of a shell in a container, by their name."""
    output = inside(tasks, "grep ^Cap /proc/self/status", flavour, **linux(capabilities=lists))
    return {line.split()[0][3:-1]: int(line.split()[1], 16) for line in output.splitlines()}


def test_capabilities_are_added_and_dropped(tasks):
    standard = capabilities(tasks)
    assert standard["Eff"] & NET_RAW and not standard["Bnd"] & SYS_PTRACE and standard["Inh"] == standard["Amb"] == 0
    changed = capabilities(tasks, add=["SYS_PTRACE"], drop=["NET_RAW", "MKNOD"])
    for name in ("Prm", "Eff", "Bnd"):
        assert changed[name] == (standard[name] | SYS_PTRACE) & ~(NET_RAW | MKNOD)
    assert set(capabilities(tasks, drop=["ALL"]).values()) == {0}
    assert capabilities(tasks, add=["SYS_PTRACE"], drop=["ALL"])["Bnd"] == SYS_PTRACE


def test_what_was_dropped_cannot_be_used(tasks):
    assert "Operation not permitted" in inside(
        tasks, "touch /tmp/f; chown 5 /tmp/f 2>&1 || true", **linux(capabilities={"drop": ["CHOWN"]}))


def test_the_host_flavour_adds_what_the_operator_allows(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    document = host(shell("grep ^CapEff /proc/self/status"), container=linux(capabilities={"add": ["NET_ADMIN"]}))
    code, text = refusal(lambda: tasks.ecs.register_task_definition(**document))
    assert code == "ClientException" and "does not allow capability NET_ADMIN of container 'main'" in text
    restart_with(fresh_daemon, "allowedCapabilities: NET_ADMIN")
    tasks = Tasks(fresh_daemon)
    assert capabilities(tasks, host, add=["NET_ADMIN"])["Eff"] & NET_ADMIN
    # It is one over what belongs to the task's own user namespace: the network does not.
    inside(tasks, "! ip link set lo mtu 1400 && ! ip link show lo | grep -q 1400", host, **linux(capabilities={"add": ["NET_ADMIN"]}))


def restart_with(daemon, setting):
    daemon.stop()
    with open(daemon.configuration, "a", encoding="utf-8") as file:
        file.write(f"tasks:\n  {setting}\n")
    daemon.start()


# File systems


def test_a_read_only_root_takes_writes_where_there_is_memory_only(tasks):
    output = inside(
        tasks, "touch /new 2>&1; touch /etc/passwd 2>&1; echo kept > /scratch/new && cat /scratch/new; touch /dev/shm/x && echo shm",
        readonlyRootFilesystem=True, **linux(tmpfs=[{"containerPath": "/scratch", "size": 8}]),
    )
    assert output.count("Read-only file system") == 2
    assert output.endswith("kept\nshm\n")


def test_a_tmpfs_has_its_size_and_its_options(tasks):
    mounts = [
        {"containerPath": "/plain", "size": 8},
        {"containerPath": "/deep/er", "size": 4, "mountOptions": ["defaults", "exec", "mode=0750", "uid=1000", "gid=1001", "noatime"]},
        {"containerPath": "/ro", "size": 1, "mountOptions": ["ro"]},
    ]
    script = """
        df -k /plain /deep/er | tail -n 2
        grep -E ' /(plain|deep/er|ro) ' /proc/mounts
        stat -c '%a %u %g' /deep/er
        dd if=/dev/zero of=/plain/full bs=1M count=9 2>&1; stat -c %s /plain/full
        cp /bin/busybox /deep/er/echo && /deep/er/echo runs
        touch /ro/x 2>&1; true
    """
    output = inside(tasks, script, **linux(tmpfs=mounts))
    lines = output.splitlines()
    assert [line.split()[1] for line in lines[:2]] == ["8192", "4096"]
    options = {line.split()[1]: set(line.split()[3].split(",")) for line in lines[2:5]}
    assert options["/plain"] >= {"rw", "nosuid", "nodev", "noexec"}
    assert options["/deep/er"] >= {"nosuid", "nodev", "noatime"} and "noexec" not in options["/deep/er"]
    assert "ro" in options["/ro"]
    assert lines[5] == "750 1000 1001"
    assert "No space left on device" in output
    assert str(8 << 20) in lines
    assert "runs" in lines
    assert lines[-1].endswith("Read-only file system")


def test_a_tmpfs_is_counted_as_the_tasks_memory(tasks, daemon):
    ended = tasks.complete(
        shell("head -c 60000000 /dev/zero > /scratch/file"), container=linux(tmpfs=[{"containerPath": "/scratch", "size": 64}]))
    bill = json.loads(daemon.command("bill", "--task", task_id(ended), "--format", "json").stdout)
    assert bill["used"]["memoryPeakBytes"] >= 60_000_000


def test_shared_memory_has_the_size_asked_for(tasks):
    assert inside(tasks, "df -k /dev/shm | tail -n 1").split()[1] == str(64 << 10)
    assert inside(tasks, "df -k /dev/shm | tail -n 1", host, **linux(sharedMemorySize=128)).split()[1] == str(128 << 10)
    own = {"containerPath": "/dev/shm", "size": 16, "mountOptions": ["mode=1777"]}
    assert inside(tasks, "df -k /dev/shm | tail -n 1", **linux(tmpfs=[own])).split()[1] == str(16 << 10)


# Processes


def may_raise_limits():
    """Whether this process, and so the daemon, holds CAP_SYS_RESOURCE."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("CapEff")), 16) >> 24 & 1


def test_limits_of_processes(tasks):
    limits = [
        {"name": "nofile", "softLimit": 100, "hardLimit": 200}, {"name": "stack", "softLimit": 1 << 20, "hardLimit": -1},
        {"name": "core", "softLimit": 0, "hardLimit": 4096}, {"name": "nproc", "softLimit": 50, "hardLimit": 50},
    ]
    shown = inside(tasks, "cat /proc/self/limits; ulimit -n; ulimit -Hn", ulimits=limits)
    values = {line[:26].strip(): line[26:].split()[:2] for line in shown.splitlines() if line.startswith("Max")}
    assert values["Max open files"] == ["100", "200"]
    assert values["Max stack size"] == [str(1 << 20), "unlimited"]
    assert values["Max core file size"] == ["0", "4096"]
    assert values["Max processes"] == ["50", "50"]
    assert shown.endswith("\n100\n200\n")
    # The default is Fargate's, as far as the host lets its root go.
    files = min(65535, resource.getrlimit(resource.RLIMIT_NOFILE)[1]) if not may_raise_limits() else 65535
    assert inside(tasks, "ulimit -n; ulimit -Hn; ulimit -c") == f"{files}\n{files}\n0\n"


@pytest.mark.parametrize(
    "user, shown",
    [("1000", "1000 0"), ("1000:1001", "1000 1001"), ("nobody", "65534 65534"), ("nobody:root", "65534 0"), ("7:nogroup", "7 65534")],
)
def test_a_user_by_name_or_number(tasks, user, shown):
    assert inside(tasks, "echo $(id -u) $(id -g)", user=user) == f"{shown}\n"


def test_a_user_that_is_not_there_is_told(tasks, ecs):
    ended = tasks.complete(["true"], container={"user": "somebody"})
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "somebody" in ended["containers"][0]["reason"]
    code, text = refusal(lambda: ecs.register_task_definition(**definition(["true"], container={"user": "4294967296"})))
    assert code == "ClientException" and "larger than 4294967294" in text
    code, text = refusal(lambda: tasks.run(["true"], container={"user": "70000"}))
    assert code == "ClientException" and "user '70000' of container 'main'" in text


def test_containers_see_each_other_with_pid_mode_task_only(tasks):
    def document(**changes):
        made = definition(shell("ps -o args | grep -c '[s]leep 4711'; true"), family="pids", **changes)
        made["containerDefinitions"][0]["dependsOn"] = [{"containerName": "other", "condition": "START"}]
        made["containerDefinitions"].append(
            {"name": "other", "image": "busybox", "essential": False, "command": ["sleep", "4711"], "stopTimeout": 2})
        return made

    def seen(document):
        arn = tasks.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
        ended = tasks.wait(tasks.start(arn))
        assert ended["containers"][0]["exitCode"] == 0
        return tasks.output(ended)[0]

    assert seen(document()).strip() == "0"
    assert seen(document(pidMode="task")).strip() == "1"


def test_an_init_reaps_orphans_and_passes_the_exit_code_on(tasks):
    # The orphan ends after its parent: without an init that waits for it, it stays a zombie of process 1.
    script = (
        "sh -c 'sleep 0.1 & exit 0'; sleep 0.5; zombies() { grep -l 'State:.Z' /proc/[0-9]*/status | wc -l; }; "
        "for i in $(seq 100); do [ $(zombies) = 0 ] && break; sleep 0.1; done; zombies; exit 7")
    ended = tasks.complete(shell(script), container=linux(initProcessEnabled=True))
    assert ended["containers"][0]["exitCode"] == 7
    assert tasks.output(ended)[0].splitlines()[0] == "0"
    ended = tasks.complete(shell("kill -9 $$"), container=linux(initProcessEnabled=True))
    assert ended["containers"][0]["exitCode"] == 137


def test_an_init_is_process_1_and_forwards_signals(tasks, ecs):
    script = 'trap "echo asked; exit 9" TERM; echo $$; while :; do sleep 0.05; done'
    task = tasks.run(shell(script), container=linux(initProcessEnabled=True))
    tasks.wait_output(task, "\n")
    ecs.stop_task(task=task["taskArn"])
    assert tasks.wait(task)["containers"][0]["exitCode"] == 9
    first, *rest = tasks.output(task)[0].splitlines()
    assert first != "1" and rest == ["asked"]


def test_a_pseudo_terminal(tasks):
    ended = tasks.complete(shell("tty; test -t 0 && test -t 1 && test -t 2 && echo yes; echo err >&2"), container={"pseudoTerminal": True})
    output, errors = tasks.output(ended)
    # A terminal ends its lines with both, and has one output only.
    assert output.replace("\r\n", "\n").splitlines() == ["/dev/pts/0", "yes", "err"]
    assert errors == ""
    assert inside(tasks, "tty; true") == "not a tty\n"


def test_interactive_keeps_the_standard_input_open(tasks):
    script = "readlink /proc/self/fd/0 | cut -d: -f1; timeout %d cat; echo $?"
    assert inside(tasks, script % 30).splitlines() == ["/dev/null", "0"]
    kind, code = inside(tasks, script % 1, interactive=True).splitlines()
    assert kind == "pipe" and code != "0"


# System controls


def test_system_controls_are_the_tasks_own(tasks):
    before = MSGMAX.read_text(encoding="ascii")
    controls = [
        {"namespace": "net.core.somaxconn", "value": "1234"}, {"namespace": "net.ipv4.ip_local_port_range", "value": "2000 3000"},
        {"namespace": "kernel.msgmax", "value": "4321"}, {"namespace": "fs.mqueue.msg_max", "value": "11"},
    ]
    paths = " ".join("/proc/sys/" + control["namespace"].replace(".", "/") for control in controls)
    assert inside(tasks, f"cat {paths}", systemControls=controls).split() == ["1234", "2000", "3000", "4321", "11"]
    assert MSGMAX.read_text(encoding="ascii") == before
    assert inside(tasks, "cat /proc/sys/kernel/msgmax") == before


@pytest.mark.parametrize(
    "name, value",
    [
        ("kernel.core_pattern", "|/bin/sh"), ("vm.overcommit_memory", "1"), ("kernel.shm_rmid_forced", "1+kernel.core_pattern=|/x"),
        ("kernel.msgmax", "1\nx"), ("net/../kernel/core_pattern", "x"), ("net.ipv4/../../kernel.core_pattern", "x"),
    ],
)
def test_a_system_control_of_the_host_is_refused_by_its_name(ecs, name, value):
    document = definition(["true"], container={"systemControls": [{"namespace": name, "value": value}]})
    code, text = refusal(lambda: ecs.register_task_definition(**document))
    assert code == "ClientException" and f"Invalid system control '{name}' of container 'main'" in text


def test_a_system_control_that_the_kernel_does_not_have_is_told(tasks):
    ended = tasks.complete(["true"], container={"systemControls": [{"namespace": "net.ipv4.no_such_control", "value": "1"}]})
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "no_such_control" in ended["containers"][0]["reason"]
    assert "exitCode" not in ended["containers"][0]


# What stays refused


@pytest.mark.parametrize(
    "flavour, container, text",
    [
        (definition, {"privileged": True}, "Fargate requires that the 'privileged' setting be 'false'"),
        (definition, linux(devices=[{"hostPath": "/dev/kvm"}]), "Fargate compatible task definitions do not support devices"),
        (definition, linux(sharedMemorySize=64), "Fargate compatible task definitions do not support sharedMemorySize"),
        (definition, linux(maxSwap=0), "Fargate compatible task definitions do not support maxSwap"),
        (definition, linux(swappiness=10), "Fargate compatible task definitions do not support swappiness"),
        (definition, linux(capabilities={"add": ["SYS_ADMIN"]}), "SYS_ADMIN is not allowed on Fargate."),
        (host, {"privileged": True}, "The policy of this host does not allow privileged of container 'main'."),
        (host, linux(devices=[{"hostPath": "/dev/kvm"}]), "The policy of this host does not allow linuxParameters.devices"),
        (host, linux(capabilities={"add": ["ALL"]}), "The policy of this host does not allow capability ALL of container"),
        (definition, linux(tmpfs=[{"containerPath": "/a", "size": 1, "mountOptions": ["huge=always"]}]), "unknown mount option 'huge=always'"),
        (definition, linux(tmpfs=[{"containerPath": "/proc/sys", "size": 1}]), "'/proc/sys' is part of what every container has"),
    ],
)
def test_what_reaches_into_the_host_is_refused_by_name(ecs, flavour, container, text):
    code, said = refusal(lambda: ecs.register_task_definition(**flavour(["true"], container=container)))
    assert code == "ClientException" and text in said


def test_the_hosts_processes_are_refused(ecs):
    code, text = refusal(lambda: ecs.register_task_definition(**definition(["true"], pidMode="host")))
    assert (code, text) == ("ClientException", "Tasks using the Fargate launch type do not support pidMode 'host'")
    code, text = refusal(lambda: ecs.register_task_definition(**host(["true"], pidMode="host")))
    assert code == "ClientException" and "does not allow pidMode 'host'" in text


# Ids


def test_an_operator_may_keep_one_users_ids(fresh_daemon, busybox):
    restart_with(fresh_daemon, "userNamespace: keep-id:uid=1000,gid=1001")
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    maps = inside(tasks, "cat /proc/self/uid_map; echo; cat /proc/self/gid_map").split("\n\n")
    for content, kept in zip(maps, (1000, 1001)):
        rows = [[int(word) for word in line.split()] for line in content.splitlines()]
        assert [kept, kept, 1] in rows
        assert sum(count for _, _, count in rows) == 65536
        assert all(outside >= 65536 for first, outside, _ in rows if first != kept)
    task = tasks.run(shell("echo mine > /tmp/file; echo done; sleep 60"), container={"user": "1000:1001", "stopTimeout": 2})
    tasks.wait_output(task, "done")
    status = os.stat(fresh_daemon.root / "tasks" / task_id(task) / "containers/main/upper/tmp/file")
    assert (status.st_uid, status.st_gid) == (1000, 1001)


# Through the stock command line


def test_all_of_it_through_the_aws_command_line(daemon, tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_SHARED_CREDENTIALS_FILE": str(daemon.root / "credentials"), "AWS_ENDPOINT_URL": daemon.endpoint,
        "AWS_CONFIG_FILE": "/nonexistent", "AWS_PAGER": "",
    }

    def aws(*arguments):
        result = subprocess.run([AWS, *arguments, "--output", "json"], env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout) if result.stdout.strip() else None

    container = {
        "readonlyRootFilesystem": True, "interactive": True, "pseudoTerminal": True, "user": "1000:1000",
        "ulimits": [{"name": "nofile", "softLimit": 64, "hardLimit": 128}],
        "systemControls": [{"namespace": "net.core.somaxconn", "value": "99"}],
        "linuxParameters": {
            "capabilities": {"add": ["SYS_PTRACE"], "drop": ["ALL"]}, "initProcessEnabled": True,
            "tmpfs": [{"containerPath": "/scratch", "size": 4, "mountOptions": ["rw", "mode=1777"]}],
        },
    }
    script = "set -e; test -t 0; test $(ulimit -n) = 64; test $(cat /proc/sys/net/core/somaxconn) = 99; echo ok > /scratch/f; ! touch /x; exit 5"
    document = definition(shell(script), family="by-aws-options", pidMode="task", container=container)
    (tmp_path / "task.json").write_text(json.dumps(document))
    aws("ecs", "register-task-definition", "--cli-input-json", f"file://{tmp_path}/task.json")
    shown = aws("ecs", "describe-task-definition", "--task-definition", "by-aws-options")["taskDefinition"]
    assert shown["pidMode"] == "task"
    assert {"name": "ecs.capability.pid-ipc-namespace-sharing"} in shown["requiresAttributes"]
    assert {name: shown["containerDefinitions"][0][name] for name in container} == container
    task = aws(
        "ecs", "run-task", "--task-definition", "by-aws-options", "--launch-type", "FARGATE",
        "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}",
    )["tasks"][0]
    aws("ecs", "wait", "tasks-stopped", "--tasks", task["taskArn"])
    ended = aws("ecs", "describe-tasks", "--tasks", task["taskArn"])["tasks"][0]
    assert ended["containers"][0]["exitCode"] == 5, (ended, daemon.command("logs", task_id(task)).stdout)


def test_a_wait_ends_with_its_start_timeout(tasks):
    document = definition(["true"], family="waits", container={"dependsOn": [{"containerName": "prepare", "condition": "SUCCESS"}]})
    document["containerDefinitions"].append({
        "name": "prepare", "image": "busybox", "essential": False, "command": ["sleep", "600"], "startTimeout": 2, "stopTimeout": 2})
    arn = tasks.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    ended = tasks.wait(tasks.start(arn))
    assert ended["stopCode"] == "TaskFailedToStart"
    assert ended["containers"][0]["reason"] == (
        "TaskDependencyError: container 'prepare' did not reach SUCCESS within its startTimeout of 2 s")
