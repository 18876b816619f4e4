"""StopTask, and the kernel's own end of a task."""

import pytest
from botocore.exceptions import ClientError

from support.clients import shell

LISTENS = 'trap "echo asked; exit 7" TERM; echo ready; while :; do sleep 0.05; done'
IGNORES = 'trap "echo asked" TERM; echo ready; while :; do sleep 0.05; done'


def test_stop_asks_with_sigterm_and_the_program_chooses_its_exit_code(tasks, ecs):
    task = tasks.run(shell(LISTENS))
    tasks.wait_output(task, "ready")
    stopping = ecs.stop_task(task=task["taskArn"], reason="enough")["task"]
    assert stopping["desiredStatus"] == "STOPPED"
    ended = tasks.wait(task)
    assert ended["containers"][0]["exitCode"] == 7
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    assert tasks.output(task)[0] == "ready\nasked\n"


def test_what_ignores_sigterm_is_killed_after_its_stop_timeout(tasks, ecs):
    task = tasks.run(shell(IGNORES), container={"stopTimeout": 8})
    tasks.wait_output(task, "ready")
    ecs.stop_task(task=task["taskArn"])
    ended = tasks.wait(task)
    assert ended["containers"][0]["exitCode"] == 137
    assert ended["stopCode"] == "UserInitiated"
    assert (ended["executionStoppedAt"] - ended["stoppingAt"]).total_seconds() >= 8
    assert tasks.output(task)[0] == "ready\nasked\n"


def test_children_end_with_their_task(tasks):
    # A grandchild that left its session and its parent is still in the task's cgroup.
    ended = tasks.complete(shell("setsid sh -c 'sleep 600 & sleep 600' & exit 4"))
    assert ended["containers"][0]["exitCode"] == 4


def test_stopping_twice_and_stopping_what_has_stopped_succeeds(tasks, ecs):
    task = tasks.run(shell(LISTENS))
    tasks.wait_output(task, "ready")
    ecs.stop_task(task=task["taskArn"], reason="first")
    ecs.stop_task(task=task["taskArn"], reason="second")
    ended = tasks.wait(task)
    assert ended["stoppedReason"] == "first"
    assert ecs.stop_task(task=task["taskArn"])["task"]["lastStatus"] == "STOPPED"


def test_stopping_an_unknown_task_is_refused(ecs):
    with pytest.raises(ClientError, match="The referenced task was not found.") as refusal:
        ecs.stop_task(task="f" * 32)
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterException"


def test_memory_beyond_the_limit_ends_in_137_and_out_of_memory_error(tasks):
    ended = tasks.complete(["dd", "if=/dev/zero", "of=/dev/null", "bs=700M", "count=1"])
    assert ended["containers"][0]["exitCode"] == 137
    assert ended["containers"][0]["reason"].startswith("OutOfMemoryError")
    assert ended["stopCode"] == "EssentialContainerExited"


def test_a_container_that_is_not_essential_ends_alone(tasks):
    ended = tasks.complete(
        containerDefinitions=[
            {"name": "side", "image": "busybox", "essential": False, "command": shell("echo side; exit 9")},
            {"name": "main", "image": "busybox", "essential": True, "command": shell("sleep 1; echo main; exit 0"),
             "dependsOn": [{"containerName": "side", "condition": "COMPLETE"}]},
        ]
    )
    codes = {container["name"]: container["exitCode"] for container in ended["containers"]}
    assert codes == {"side": 9, "main": 0}
    assert tasks.output(ended)[0] == "side\nmain\n"
