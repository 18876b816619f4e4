"""What is wrong is refused by name, and the daemon goes on."""

import json

import pytest
from botocore.exceptions import ClientError

from support.clients import ECS_TARGET, NETWORK, definition, raw, send, shell


@pytest.fixture(autouse=True)
def goes_on(daemon):
    """After each of these the daemon still answers."""
    yield
    assert daemon.process.poll() is None
    assert send(daemon, "/healthz", None, {})[0] == 200


def refusal(daemon, operation, body):
    status, headers, answer = raw(daemon, f"{ECS_TARGET}.{operation}", body)
    document = json.loads(answer)
    assert headers["x-amzn-requestid"]
    assert headers["content-type"] == "application/x-amz-json-1.1"
    return status, document["__type"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"nonsense", b'{"cluster":', b'"text"', b"\xff\xfe", b'{"a":1}}'])
def test_malformed_json_is_a_serialization_exception(daemon, body):
    status, code = refusal(daemon, "DescribeTasks", body)
    # An empty body stands for {}, in which the tasks are missing.
    assert (status, code) == (400, "InvalidParameterException" if body == b"" else "SerializationException")


@pytest.mark.parametrize(
    "operation, document",
    [
        ("DescribeTasks", {"tasks": "one"}),
        ("DescribeTasks", {"tasks": [1]}),
        ("RunTask", {"taskDefinition": 7}),
        ("RunTask", {"taskDefinition": "x", "count": "many"}),
        ("RegisterTaskDefinition", {"family": "x", "containerDefinitions": {}}),
        ("RegisterTaskDefinition", {"family": "x", "containerDefinitions": [{"name": ["a"]}]}),
        ("CreateCluster", {"clusterName": True}),
    ],
)
def test_a_member_of_the_wrong_type_is_a_serialization_exception(daemon, operation, document):
    assert refusal(daemon, operation, json.dumps(document).encode()) == (400, "SerializationException")


def test_deeply_nested_json_is_refused(daemon):
    status, _ = refusal(daemon, "DescribeTasks", b"[" * 100_000)
    assert status == 400


def test_an_unknown_member_is_ignored_as_aws_does(daemon):
    status, _, _ = raw(daemon, f"{ECS_TARGET}.ListClusters", b'{"noSuchMember": {"a": [1]}}')
    assert status == 200


@pytest.mark.parametrize("operation", ["MakeCoffee", "", "Listclusters"])
def test_an_unknown_operation_is_refused(daemon, operation):
    assert refusal(daemon, operation, b"{}") == (400, "UnknownOperationException")


def test_an_operation_that_is_not_there_yet_is_refused(ecs):
    with pytest.raises(ClientError) as error:
        ecs.create_service(serviceName="web", taskDefinition="x")
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"


def test_another_service_is_refused(daemon):
    status, _, answer = raw(daemon, "DynamoDB_20120810.ListTables", b"{}", service="dynamodb")
    assert (status, json.loads(answer)["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    "changes, code, text",
    [
        ({"cpu": "300"}, "ClientException", "No Fargate configuration exists for given values"),
        ({"cpu": "256", "memory": "4096"}, "ClientException", "No Fargate configuration exists for given values"),
        ({"cpu": None}, "ClientException", "'cpu'"),
        ({"networkMode": "bridge"}, "ClientException", "Fargate only supports network mode"),
        ({"container": {"name": None}}, "ClientException", "Container.name should not be null or empty."),
        ({"container": {"image": None}}, "ClientException", "Container.image should not be null or empty."),
        ({"container": {"privileged": True}}, "ClientException", "privileged"),
        ({"container": {"essential": False}}, "ClientException", "essential container"),
        ({"container": {"logConfiguration": {"logDriver": "syslog"}}}, "ClientException", "syslog is not a valid log driver"),
        ({"container": {"dependsOn": [{"containerName": "b", "condition": "START"}]}}, "ClientException", "does not exist"),
        ({"family": "no spaces"}, "ClientException", ""),
        ({"containerDefinitions": []}, "ClientException", ""),
    ],
)
def test_a_definition_that_breaks_a_rule_is_refused_in_awss_words(daemon, changes, code, text):
    document = definition(["true"], **changes)
    for container in document["containerDefinitions"]:
        for name in [name for name, value in container.items() if value is None]:
            del container[name]
    status, _, answer = raw(daemon, f"{ECS_TARGET}.RegisterTaskDefinition", json.dumps(document).encode())
    error = json.loads(answer)
    assert (status, error["__type"]) == (400, code)
    assert text in error["message"]


@pytest.mark.parametrize(
    "options, code, text",
    [
        ({"taskDefinition": "nowhere"}, "ClientException", "TaskDefinition not found."),
        ({"cluster": "nowhere"}, "ClusterNotFoundException", "Cluster not found."),
        ({"networkConfiguration": None}, "InvalidParameterException", "Network Configuration must be provided"),
        ({"count": 11}, "InvalidParameterException", ""),
        ({"overrides": {"containerOverrides": [{"name": "other", "command": ["x"]}]}}, "InvalidParameterException",
         "Override for container named other is not a container in the TaskDefinition."),
        ({"overrides": {"containerOverrides": [{"name": "main", "command": ["x" * 9000]}]}}, "InvalidParameterException",
         "Container Overrides length must be at most 8192"),
    ],
)
def test_a_run_that_breaks_a_rule_is_refused_in_awss_words(ecs, options, code, text):
    ecs.register_task_definition(**definition(["true"], family="refused"))
    call = {"taskDefinition": "refused", "launchType": "FARGATE", "networkConfiguration": NETWORK, **options}
    with pytest.raises(ClientError) as error:
        ecs.run_task(**{name: value for name, value in call.items() if value is not None})
    assert error.value.response["Error"]["Code"] == code
    assert text in error.value.response["Error"]["Message"]


def test_an_unknown_image_stops_the_task_and_names_itself(tasks):
    ended = tasks.complete(["true"], image="127.0.0.1:1/no-such-image:7")
    assert ended["stopCode"] == "TaskFailedToStart"
    assert ended["stoppedReason"].startswith("CannotPullContainerError")
    assert "no-such-image:7" in ended["stoppedReason"]
    assert "exitCode" not in ended["containers"][0]


@pytest.mark.parametrize("command, named", [(["no-such-program"], "no-such-program"), (["/etc/passwd"], "/etc/passwd")])
def test_a_command_that_cannot_be_executed_is_named(tasks, command, named):
    ended = tasks.complete(command)
    assert ended["stopCode"] == "TaskFailedToStart"
    assert ended["containers"][0]["reason"].startswith("CannotStartContainerError")
    assert named in ended["containers"][0]["reason"]
    assert "exitCode" not in ended["containers"][0]


def test_an_unknown_user_is_named(tasks):
    ended = tasks.complete(["true"], container={"user": "nobody-knows"})
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "nobody-knows" in ended["containers"][0]["reason"] + ended["stoppedReason"]


def test_a_large_output_of_one_task_does_not_stop_another(tasks):
    loud = tasks.run(shell("head -c 20000000 /dev/zero | tr '\\0' 'y'"))
    quiet = tasks.complete(shell("echo quiet"))
    assert tasks.output(quiet)[0] == "quiet\n"
    assert tasks.wait(loud, seconds=300)["containers"][0]["exitCode"] == 0
    assert len(tasks.output(loud)[0]) == 20_000_000
