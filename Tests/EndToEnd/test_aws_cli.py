"""The stock AWS command line, pointed at the daemon by two variables."""

import json
import os
import subprocess

import pytest

from support.clients import definition, shell
from support.paths import AWS


@pytest.fixture(scope="module")
def aws(daemon):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_SHARED_CREDENTIALS_FILE": str(daemon.root / "credentials"), "AWS_ENDPOINT_URL": daemon.endpoint,
        "AWS_CONFIG_FILE": "/nonexistent", "AWS_PAGER": "",
    }

    def call(*arguments):
        result = subprocess.run([AWS, *arguments, "--output", "json"], env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout) if result.stdout.strip() else None

    return call


def test_a_task_from_identity_to_log(aws, tmp_path):
    assert aws("sts", "get-caller-identity")["Account"] == "000000000000"
    document = definition(
        shell("echo by aws; exit 2"), family="by-aws", executionRoleArn="arn:aws:iam::000000000000:role/execution",
        container={"logConfiguration": {"logDriver": "awslogs", "options": {
            "awslogs-group": "/by/aws", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "cli"}}},
    )
    (tmp_path / "task.json").write_text(json.dumps(document))
    aws("ecs", "register-task-definition", "--cli-input-json", f"file://{tmp_path}/task.json")
    task = aws(
        "ecs", "run-task", "--task-definition", "by-aws", "--launch-type", "FARGATE",
        "--network-configuration", "awsvpcConfiguration={subnets=[subnet-1]}",
    )["tasks"][0]
    aws("ecs", "wait", "tasks-stopped", "--tasks", task["taskArn"])
    ended = aws("ecs", "describe-tasks", "--tasks", task["taskArn"])["tasks"][0]
    assert ended["containers"][0]["exitCode"] == 2
    stream = f"cli/main/{task['taskArn'].rsplit('/', 1)[1]}"
    events = aws("logs", "get-log-events", "--log-group-name", "/by/aws", "--log-stream-name", stream)["events"]
    assert [event["message"] for event in events] == ["by aws"]
