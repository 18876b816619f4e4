"""clientToken: a call that is repeated is one call."""

import pytest
from botocore.exceptions import ClientError

from support.clients import NETWORK, Tasks, client, definition


@pytest.fixture(scope="module")
def arn(ecs):
    return ecs.register_task_definition(**definition(["true"], family="once"))["taskDefinition"]["taskDefinitionArn"]


def run(ecs, arn, token, **options):
    return ecs.run_task(
        taskDefinition=arn, clientToken=token, launchType="FARGATE", networkConfiguration=NETWORK, **options
    )["tasks"]


def test_the_same_call_again_gives_the_same_tasks(ecs, arn, tasks):
    first = run(ecs, arn, "token-1", count=2)
    again = run(ecs, arn, "token-1", count=2)
    assert [task["taskArn"] for task in again] == [task["taskArn"] for task in first]
    for task in first:
        tasks.wait(task)
    later = run(ecs, arn, "token-1", count=2)
    assert [task["taskArn"] for task in later] == [task["taskArn"] for task in first]


def test_the_token_with_other_parameters_is_a_conflict(ecs, arn, tasks):
    first = run(ecs, arn, "token-2")
    with pytest.raises(ClientError) as refusal:
        run(ecs, arn, "token-2", startedBy="somebody else")
    assert refusal.value.response["Error"]["Code"] == "ConflictException"
    assert refusal.value.response["resourceIds"] == [task["taskArn"] for task in first]
    tasks.wait(first[0])


def test_another_token_gives_another_task(ecs, arn, tasks):
    first, second = run(ecs, arn, "token-3")[0], run(ecs, arn, "token-4")[0]
    assert first["taskArn"] != second["taskArn"]
    tasks.wait(first)
    tasks.wait(second)


def test_a_token_outlives_the_daemon(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    arn = tasks.ecs.register_task_definition(**definition(["true"]))["taskDefinition"]["taskDefinitionArn"]
    first = run(tasks.ecs, arn, "durable")[0]
    fresh_daemon.kill()
    fresh_daemon.start()
    again = run(client(fresh_daemon, "ecs"), arn, "durable")[0]
    assert again["taskArn"] == first["taskArn"]
    Tasks(fresh_daemon).wait(first)
