"""A task's way through the ECS API, as boto3 sees it."""

import contextlib
import os
import time

import pytest
from botocore.exceptions import ClientError

from support.clients import NETWORK, definition, shell, task_id
from support.waiting import until


def test_a_task_runs_from_registration_to_its_exit_code(tasks, ecs):
    registered = ecs.register_task_definition(**definition(shell("echo out; echo err >&2; exit 3"), family="whole"))
    arn = registered["taskDefinition"]["taskDefinitionArn"]
    assert arn.endswith(":task-definition/whole:1")
    assert registered["taskDefinition"]["status"] == "ACTIVE"

    task = tasks.start(arn, startedBy="somebody", group="a-group", tags=[{"key": "team", "value": "data"}])
    assert task["lastStatus"] in ("PROVISIONING", "PENDING")
    assert task["desiredStatus"] == "RUNNING"
    assert (task["cpu"], task["memory"], task["launchType"]) == ("256", "512", "FARGATE")

    ended = tasks.wait(task)
    assert ended["stopCode"] == "EssentialContainerExited"
    assert ended["stoppedReason"] == "Essential container in task exited"
    assert ended["containers"][0]["exitCode"] == 3
    assert ended["containers"][0]["imageDigest"].startswith("sha256:")
    assert ended["startedBy"] == "somebody"
    times = ["createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "executionStoppedAt", "stoppedAt"]
    assert [ended[name] for name in times] == sorted(ended[name] for name in times)
    assert tasks.output(task) == ("out\n", "err\n")


def test_the_waiters_of_boto3_pass(tasks, ecs):
    task = tasks.run(shell("sleep 15"))
    quick = {"Delay": 1, "MaxAttempts": 60}
    ecs.get_waiter("tasks_running").wait(tasks=[task["taskArn"]], WaiterConfig=quick)
    assert tasks.describe(task)["startedAt"]
    ecs.get_waiter("tasks_stopped").wait(tasks=[task["taskArn"]], WaiterConfig=quick)
    assert tasks.describe(task)["containers"][0]["exitCode"] == 0


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_the_exit_code_is_the_programs_own(tasks, code):
    ended = tasks.complete(shell(f"exit {code}"))
    assert ended["containers"][0]["exitCode"] == code


def test_a_program_that_a_signal_ends_has_128_and_its_number(tasks):
    # The program is its namespace's init: only its own default action, as for a fault, ends it.
    ended = tasks.complete(shell("sh -c 'kill -KILL $$'; exit $?"))
    assert ended["containers"][0]["exitCode"] == 137


def test_the_definition_and_the_image_make_the_process(tasks):
    script = 'echo "$HOME|$A|$B"; pwd; id -u; id -g; hostname | wc -c; cat /proc/1/comm; ls /sys/class/net'
    ended = tasks.complete(
        None,
        container={
            "entryPoint": ["sh", "-c"], "command": [script], "environment": [{"name": "A", "value": "a b"}, {"name": "B", "value": "$x"}],
            "workingDirectory": "/tmp", "user": "nobody",
        },
    )
    assert ended["containers"][0]["exitCode"] == 0, tasks.output(ended)
    lines = tasks.output(ended)[0].splitlines()
    assert lines[0].split("|")[1:] == ["a b", "$x"]
    assert lines[1:4] == ["/tmp", "65534", "65534"]
    assert lines[5:] == ["sh", "lo"]


def test_an_override_changes_command_and_environment_of_one_run(tasks, ecs):
    arn = ecs.register_task_definition(
        **definition(shell("echo $A $B"), family="overridden", container={"environment": [{"name": "A", "value": "1"}]})
    )["taskDefinition"]["taskDefinitionArn"]
    task = tasks.start(
        arn,
        overrides={"containerOverrides": [
            {"name": "main", "command": shell("echo other $A $B"), "environment": [{"name": "B", "value": "2"}]}
        ]},
    )
    tasks.wait(task)
    assert tasks.output(task)[0] == "other 1 2\n"


def test_tasks_are_listed_by_status_family_and_who_started_them(tasks, ecs):
    arn = ecs.register_task_definition(**definition(shell("sleep 60"), family="listed"))["taskDefinition"]["taskDefinitionArn"]
    task = tasks.start(arn, startedBy="lister")
    assert ecs.list_tasks(family="listed")["taskArns"] == [task["taskArn"]]
    assert ecs.list_tasks(startedBy="lister")["taskArns"] == [task["taskArn"]]
    ecs.stop_task(task=task["taskArn"])
    tasks.wait(task)
    assert ecs.list_tasks(family="listed")["taskArns"] == []
    assert ecs.list_tasks(family="listed", desiredStatus="STOPPED")["taskArns"] == [task["taskArn"]]


def test_a_task_of_many_is_a_task_each(tasks, ecs):
    arn = ecs.register_task_definition(**definition(["true"], family="many"))["taskDefinition"]["taskDefinitionArn"]
    reply = ecs.run_task(taskDefinition=arn, count=10, launchType="FARGATE", networkConfiguration=NETWORK)
    assert len({task["taskArn"] for task in reply["tasks"]}) == 10
    for task in reply["tasks"]:
        assert tasks.wait(task)["containers"][0]["exitCode"] == 0


def test_an_unknown_task_is_missing_and_no_error(ecs):
    reply = ecs.describe_tasks(tasks=["0" * 32])
    assert reply["tasks"] == []
    assert [failure["reason"] for failure in reply["failures"]] == ["MISSING"]


def test_more_than_the_machine_has_is_a_failure_and_no_error(tasks, ecs):
    # 100 of these are more than the million CPU units of the test's configuration.
    arn = ecs.register_task_definition(
        **definition(["sleep", "60"], family="large", cpu="16384", memory="122880")
    )["taskDefinition"]["taskDefinitionArn"]
    started, reason = [], None
    while reason is None:
        reply = ecs.run_task(taskDefinition=arn, count=10, launchType="FARGATE", networkConfiguration=NETWORK)
        started += reply["tasks"]
        reason = reply["failures"][0]["reason"] if reply["failures"] else None
        assert len(started) < 200
    assert reason in ("RESOURCE:CPU", "RESOURCE:MEMORY")
    for task in started:
        ecs.stop_task(task=task["taskArn"])
    for task in started:
        tasks.wait(task)


def test_clusters_are_made_described_and_listed(ecs):
    made = ecs.create_cluster(clusterName="research", tags=[{"key": "a", "value": "b"}])["cluster"]
    assert ecs.create_cluster(clusterName="research")["cluster"]["clusterArn"] == made["clusterArn"]
    described = ecs.describe_clusters(clusters=["research", "nowhere"])
    assert [cluster["status"] for cluster in described["clusters"]] == ["ACTIVE"]
    assert [failure["reason"] for failure in described["failures"]] == ["MISSING"]
    assert made["clusterArn"] in ecs.list_clusters()["clusterArns"]


def test_task_definitions_have_revisions(ecs):
    for revision in (1, 2, 3):
        reply = ecs.register_task_definition(**definition(["true"], family="revised"))
        assert reply["taskDefinition"]["revision"] == revision
    assert ecs.describe_task_definition(taskDefinition="revised")["taskDefinition"]["revision"] == 3
    assert ecs.describe_task_definition(taskDefinition="revised:2")["taskDefinition"]["revision"] == 2
    arns = ecs.list_task_definitions(familyPrefix="revised", sort="DESC")["taskDefinitionArns"]
    assert [arn.rsplit(":", 1)[1] for arn in arns] == ["3", "2", "1"]
    with pytest.raises(ClientError, match="Unable to describe task definition"):
        ecs.describe_task_definition(taskDefinition="revised:4")


def test_what_was_accepted_is_there_after_a_restart(fresh_daemon, busybox):
    from support.clients import Tasks

    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    ended = tasks.complete(shell("echo before; exit 5"))
    running = tasks.run(shell("echo early; sleep 2; echo late; exit 6"))
    tasks.wait(running, "RUNNING")
    assert fresh_daemon.stop() == 0
    fresh_daemon.start()
    tasks = Tasks(fresh_daemon)
    assert tasks.describe(ended)["containers"][0]["exitCode"] == 5
    assert tasks.output(ended)[0] == "before\n"
    assert tasks.wait(running)["containers"][0]["exitCode"] == 6
    assert tasks.output(running)[0] == "early\nlate\n"
    assert task_id(running) != task_id(ended)


def test_tasks_that_ended_leave_no_descriptor_and_no_thread_in_the_daemon(fresh_daemon, busybox):
    from support.clients import Tasks

    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    process = f"/proc/{fresh_daemon.process.pid}"
    arn = tasks.ecs.register_task_definition(**definition(["true"]))["taskDefinition"]["taskDefinitionArn"]

    def run(count):
        for task in [tasks.start(arn) for _ in range(count)]:
            assert tasks.wait(task)["containers"][0]["exitCode"] == 0

    def descriptors():
        return len(os.listdir(f"{process}/fd"))

    def links():
        for number in os.listdir(f"{process}/fd"):
            with contextlib.suppress(FileNotFoundError):
                yield os.readlink(f"{process}/fd/{number}")

    def threads():
        return len(os.listdir(f"{process}/task"))

    run(30)  # whatever is made once, is made now
    time.sleep(1)
    # Namespaces that wait ready for tasks are a descriptor each, and come and go: 16 of them (`network.pool`).
    before, threads_before = descriptors() + 16, threads()
    run(60)
    # Removals go on behind.
    until(lambda: descriptors() <= before, "descriptors stay")
    # Pools may still grow by a thread or two, but not with every task.
    until(lambda: threads() <= threads_before + 8, "threads stay")
    until(lambda: not [link for link in links() if link.startswith(("user:", "pid:")) or "/tasks/" in link], "a task's stay")
    # The empty one, of which every task's is a copy.
    until(lambda: len([link for link in links() if link.startswith("mnt:")]) == 1, "mount namespaces stay")
    # The host's, and those that wait.
    until(lambda: len([link for link in links() if link.startswith("net:")]) <= 17, "network namespaces stay")
