"""ECS ExecuteCommand, by boto3 and the stock AWS command line."""

import os
import struct
import subprocess

import pytest
from botocore.exceptions import ClientError

from support import streams
from support.clients import send, task_id
from support.paths import AWS
from support.streams import Refused, Stream
from support.terminals import Terminal


@pytest.fixture(scope="module")
def task(tasks):
    arn = tasks.ecs.register_task_definition(
        family="exec", requiresCompatibilities=["FARGATE"], networkMode="awsvpc", cpu="256", memory="512",
        containerDefinitions=[
            {"name": name, "image": "busybox", "command": ["sleep", "1000"], "stopTimeout": 2} for name in ("main", "side")
        ])["taskDefinition"]["taskDefinitionArn"]
    return tasks.wait(tasks.start(arn, enableExecuteCommand=True), "RUNNING")


def execute(ecs, subject, command="/bin/sh", **changes):
    return ecs.execute_command(**{
        "task": subject["taskArn"], "container": "main", "command": command, "interactive": True, **changes})


def test_the_task_shows_what_clients_look_for(tasks, task):
    assert task["enableExecuteCommand"] is True
    for container in tasks.describe(task)["containers"]:
        assert container["runtimeId"]
        (agent,) = container["managedAgents"]
        assert (agent["name"], agent["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING")
        assert agent["lastStartedAt"]


def test_a_session_by_hand(ecs, task, daemon):
    reply = execute(ecs, task, "sh -c 'stty size; read line; echo \"got $line\"; exit 5'", container="side")
    assert reply["interactive"] and reply["containerName"] == "side" and reply["taskArn"] == task["taskArn"]
    session = reply["session"]
    assert session["streamUrl"].startswith(f"ws://127.0.0.1:{daemon.port}/")
    with Stream(session["streamUrl"], session["tokenValue"], "?rows=20&columns=70") as stream:
        stream.send(streams.RESIZE, struct.pack("!HH", 20, 70))
        stream.send(streams.INPUT, b"hello\n")
        output, code = stream.finish()
    assert code == 5
    assert "20 70" in output and "got hello" in output


def test_a_token_holds_once_and_for_its_own_session(ecs, task, daemon):
    session, other = execute(ecs, task, "true")["session"], execute(ecs, task, "true")["session"]
    for token in (None, "", "x" * 64, other["tokenValue"]):
        with pytest.raises(Refused, match="403"):
            Stream(session["streamUrl"], token)
    with Stream(session["streamUrl"], session["tokenValue"]) as stream:
        assert stream.finish()[1] == 0
    with pytest.raises(Refused, match="403"):
        Stream(session["streamUrl"], session["tokenValue"])
    log = daemon.log.read_text()
    assert session["tokenValue"] not in log and other["tokenValue"] not in log


def test_other_upgrades_are_ordinary_requests(daemon):
    status, _, body = send(daemon, "/healthz", None, {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": ""})
    assert (status, body) == (200, b'{"status":"ok"}')


def test_refusals_are_in_the_words_of_ecs(ecs, tasks, task):
    plain = tasks.wait(tasks.run(["sleep", "1000"], container={"stopTimeout": 2}), "RUNNING")
    stopped = tasks.complete(["true"])
    cases = [
        (plain, {}, "InvalidParameterException", "execute command was not enabled when the task was run"),
        (stopped, {}, "InvalidParameterException", "the execute command agent isn’t running"),
        (task, {"interactive": False}, "InvalidParameterException", "Interactive is the only mode supported currently."),
        (task, {"cluster": "nowhere"}, "ClusterNotFoundException", "Cluster not found."),
        (task, {"container": ""}, "InvalidParameterException", "name one of main, side"),
        (task, {"container": "third"}, "InvalidParameterException", "no container 'third'"),
        (task, {"command": "sh -c 'x"}, "InvalidParameterException", "single quote"),
        (task, {"task": "0" * 32}, "InvalidParameterException", "The referenced task was not found."),
    ]
    for subject, changes, code, text in cases:
        with pytest.raises(ClientError) as refusal:
            execute(ecs, subject, **{"command": "true", **changes})
        assert refusal.value.response["Error"]["Code"] == code, changes
        assert text in refusal.value.response["Error"]["Message"], changes


@pytest.fixture(scope="module")
def environment(daemon, tmp_path_factory):
    """The AWS command line's, with berth as its plugin."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "session-manager-plugin").symlink_to(daemon.berth)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return variables | {
        "AWS_SHARED_CREDENTIALS_FILE": str(daemon.root / "credentials"), "AWS_ENDPOINT_URL": daemon.endpoint,
        "AWS_CONFIG_FILE": "/nonexistent", "AWS_PAGER": "", "PATH": f"{folder}:{os.environ['PATH']}",
    }


def aws(task, command):
    return [
        str(AWS), "ecs", "execute-command", "--cluster", "default", "--task", task_id(task), "--container", "main",
        "--interactive", "--command", command,
    ]


def test_the_stock_command_line_opens_a_shell(environment, task):
    with Terminal(aws(task, "/bin/sh"), rows=33, columns=99, env=environment) as terminal:
        terminal.type("stty size; hostname; echo end-$((1+1))\n")
        shown = terminal.read_until("end-2", seconds=60)
        assert "33 99" in shown and task_id(task)[:12] in shown
        terminal.type("exit\n")
        assert terminal.wait() == 0
        assert terminal.is_restored


def test_the_plugin_says_that_it_is_there(environment, daemon):
    for arguments in ([], ["--version"]):
        result = subprocess.run(["session-manager-plugin", *arguments], env=environment, capture_output=True, text=True, check=True)
        assert result.stdout.strip() and not result.stderr
    wrong = subprocess.run(["session-manager-plugin", "{}", "us-east-1", "StartSession"], env=environment, capture_output=True, text=True, check=False)
    assert wrong.returncode == 1 and "not ExecuteCommand's" in wrong.stderr
