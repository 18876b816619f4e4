"""What a task is told about itself at 169.254.170.2, and what it may do with the keys that it finds there."""

import json
import uuid

import boto3
import botocore.config
import botocore.credentials
import botocore.exceptions
import pytest

import support.machine
from support.clients import NETWORK, Tasks, definition, keys, shell, task_id
from support.inside import Inside

ROLES = """\
arn:aws:iam::000000000000:role/jobs/lister: [ecs:ListTasks, "ecs:Describe*"]
arn:aws:iam::000000000000:role/starter: [ecs:RunTask, ecs:ExecuteCommand]
"""
STARTER = "arn:aws:iam::000000000000:role/starter"
LISTER, POOR = "arn:aws:iam::000000000000:role/jobs/lister", "arn:aws:iam::000000000000:role/poor"


@pytest.fixture(scope="module")
def net(busybox, tmp_path_factory):
    """A daemon with a network in a machine of these tests' own."""
    lacking = support.machine.missing()
    if lacking:
        pytest.skip(f"there is no {' and no '.join(lacking)} here (Debian packages iproute2, util-linux)")
    directory = tmp_path_factory.mktemp("machine")
    roles = directory / "roles.yaml"
    roles.write_text(ROLES)
    machine = support.machine.Machine(directory)
    try:
        with support.machine.MachineDaemon(machine, f"  roles: {roles}\n  hostMode: true\n") as daemon:
            daemon.import_image(busybox, "busybox")
            yield daemon
    finally:
        machine.end()


@pytest.fixture
def runs(net):
    tasks = Tasks(net)
    yield tasks
    net.stop_tasks()


def two_containers(**changes):
    """A definition of two containers; each knows its number."""
    whole = definition(shell("exec sleep 600"), **changes)
    first = {**whole["containerDefinitions"][0], "environment": [{"name": "BERTH_TEST", "value": "0"}], "stopTimeout": 2}
    second = {**first, "name": "side", "environment": [{"name": "BERTH_TEST", "value": "1"}]}
    whole["containerDefinitions"] = [first, second]
    return whole


def start(runs, role=None, **changes):
    registered = runs.ecs.register_task_definition(**two_containers(taskRoleArn=role, **changes))
    return runs.wait(runs.start(registered["taskDefinition"]["taskDefinitionArn"]), "RUNNING")


def session(net, inside):
    """boto3 as a program in the task has it: keys from the endpoint, by botocore's own provider."""
    variables = {
        name: value for name, value in inside.environment.items() if name == "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"}
    found = inside.call(
        lambda: botocore.credentials.ContainerProvider(environ=variables).load().get_frozen_credentials())

    def client(service):
        return boto3.client(
            service, endpoint_url=net.endpoint, region_name=keys(net)[2], aws_access_key_id=found.access_key,
            aws_secret_access_key=found.secret_key, aws_session_token=found.token,
            config=botocore.config.Config(retries={"max_attempts": 0}))

    return client


def test_the_documents_say_what_describe_tasks_says(runs):
    task = start(runs, family="documents", tags=[{"key": "team", "value": "data"}])
    described = runs.describe(task)
    inside = Inside(task)
    document = inside.get(inside.metadata + "/task")
    assert document["TaskARN"] == described["taskArn"] and document["Cluster"] == described["clusterArn"]
    assert f"{document['Family']}:{document['Revision']}" == described["taskDefinitionArn"].rsplit("/", 1)[1]
    assert document["KnownStatus"] == document["DesiredStatus"] == "RUNNING"
    assert document["Limits"] == {"CPU": 0.25, "Memory": 512} and document["LaunchType"] == "FARGATE"
    assert document["PullStartedAt"] <= document["PullStoppedAt"]
    assert document["EphemeralStorageMetrics"]["Reserved"] == 20480
    address = next(d["value"] for d in described["attachments"][0]["details"] if d["name"] == "privateIPv4Address")
    for index, container in enumerate(described["containers"]):
        own = Inside(task, index)
        main = own.get(own.metadata)
        assert main == {**main, "Name": container["name"], "DockerId": container["runtimeId"],
                        "ContainerARN": container["containerArn"], "ImageID": container["imageDigest"]}
        assert main["Labels"]["com.amazonaws.ecs.task-arn"] == task["taskArn"]
        network = main["Networks"][0]
        assert network["NetworkMode"] == "awsvpc" and network["IPv4Addresses"] == [address]
        assert network["DomainNameServers"] == ["169.254.169.253"]
    # The older form, by the older variable.
    older = inside.environment["ECS_CONTAINER_METADATA_URI"].removeprefix("http://169.254.170.2")
    assert inside.get(older)["Name"] == "main"
    assert inside.get(inside.metadata + "/taskWithTags").get("TaskTags", {}) == {
        tag["key"]: tag["value"] for tag in runs.ecs.describe_tasks(
            tasks=[task["taskArn"]], include=["TAGS"])["tasks"][0]["tags"]}


def test_a_program_finds_out_who_it_is(runs):
    """The way of dagster's launcher: /task and the container's name, then the definition by the API."""
    inside = Inside(start(runs, family="who-am-i"), 1)
    document = inside.get(inside.metadata + "/task")
    name = inside.get(inside.metadata)["Name"]
    [task] = runs.ecs.describe_tasks(tasks=[document["TaskARN"]], cluster=document["Cluster"])["tasks"]
    described = runs.ecs.describe_task_definition(taskDefinition=f"{document['Family']}:{document['Revision']}")
    assert described["taskDefinition"]["taskDefinitionArn"] == task["taskDefinitionArn"]
    assert name in [container["name"] for container in described["taskDefinition"]["containerDefinitions"]]


def test_busybox_reads_its_metadata(runs):
    done = runs.complete(shell('wget -qO- "$ECS_CONTAINER_METADATA_URI_V4"'))
    assert json.loads(runs.output(done)[0])["Name"] == "main"


def test_statistics_are_the_kernels(runs):
    inside = Inside(start(runs))
    first = inside.get(inside.metadata + "/stats")
    second = inside.get(inside.metadata + "/stats")
    assert second["networks"]["eth0"]["rx_bytes"] > first["networks"]["eth0"]["rx_bytes"] > 0
    assert second["networks"]["eth0"]["tx_bytes"] > first["networks"]["eth0"]["tx_bytes"] > 0
    assert second["network_rate_stats"]["rx_bytes_per_sec"] > 0 and "network_rate_stats" not in first
    assert second["preread"] == first["read"] and second["precpu_stats"]["cpu_usage"] == first["cpu_stats"]["cpu_usage"]
    assert 0 < second["memory_stats"]["usage"] < second["memory_stats"]["limit"] == 512 << 20
    assert second["pids_stats"]["current"] >= 1 and second["cpu_stats"]["cpu_usage"]["total_usage"] > 0
    whole = inside.get(inside.metadata + "/task/stats")
    assert sorted(entry["name"] for entry in whole.values()) == ["main", "side"]


def test_another_tasks_ids_are_not_answered(runs):
    mine, other = Inside(start(runs, role=LISTER)), Inside(start(runs, role=LISTER))
    credentials = other.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]
    never = mine.request("/v4/00000000-0000-0000-0000-000000000000")
    for document in ("", "/task", "/taskWithTags", "/stats", "/task/stats"):
        assert mine.request(other.metadata + document) == never
        assert other.request(other.metadata + document)[0] == 200
    assert never[0] == 404
    assert mine.request(other.agent + "/task-protection/v1/state") == never
    status, text = mine.request(credentials)
    assert status == 400 and json.loads(text)["code"] == "InvalidIdInRequest"
    assert other.request(credentials)[0] == 200
    # Nor by the host, nor by the outside, for whom there is no such address.
    assert runs.daemon.machine.host.run(
        "sh", "-c", f"busybox wget -T 3 -qO- http://169.254.170.2{other.metadata} || echo no", check=False).strip() == "no"


def test_a_role_may_do_what_is_listed_and_nothing_else(net, runs):
    task = start(runs, role=LISTER)
    client = session(net, Inside(task))
    arn = f"arn:aws:sts::000000000000:assumed-role/lister/{task_id(task)}"
    assert client("sts").get_caller_identity()["Arn"] == arn
    ecs = client("ecs")
    assert task["taskArn"] in ecs.list_tasks()["taskArns"]
    assert ecs.describe_tasks(tasks=[task["taskArn"]])["tasks"][0]["taskArn"] == task["taskArn"]
    for call in (
        lambda: ecs.stop_task(task=task["taskArn"]), lambda: ecs.run_task(taskDefinition="x"),
        lambda: client("logs").describe_log_groups(), lambda: client("ecr").get_authorization_token(),
    ):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
        assert refused.value.response["Error"]["Message"].startswith(f"User: {arn} is not authorized to perform: ")
    runs.ecs.stop_task(task=task["taskArn"])
    runs.wait(task)
    with pytest.raises(botocore.exceptions.ClientError) as over:
        ecs.list_tasks()
    assert over.value.response["Error"]["Code"] == "ExpiredTokenException"


def test_a_role_that_is_not_listed_may_only_ask_who_it_is(net, runs):
    client = session(net, Inside(start(runs, role=POOR)))
    assert "/poor/" in client("sts").get_caller_identity()["Arn"]
    with pytest.raises(botocore.exceptions.ClientError, match="ecs:ListTasks on resource: \\*"):
        client("ecs").list_tasks()


def test_who_may_run_tasks_may_not_give_them_any_role(net, runs):
    ecs = session(net, Inside(start(runs, role=STARTER)))("ecs")

    def run(role):
        definition = two_containers(family="passed", taskRoleArn=role)
        arn = runs.ecs.register_task_definition(**definition)["taskDefinition"]["taskDefinitionArn"]
        return ecs.run_task(taskDefinition=arn, launchType="FARGATE", networkConfiguration=NETWORK)

    assert run(None)["failures"] == run(STARTER)["failures"] == []
    with pytest.raises(botocore.exceptions.ClientError, match=f"iam:PassRole on resource: {LISTER}") as refused:
        run(LISTER)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_who_may_run_programs_in_tasks_may_not_in_those_of_another_role(net, runs):
    ecs = session(net, Inside(start(runs, role=STARTER)))("ecs")

    def execute(role):
        arn = runs.ecs.register_task_definition(**two_containers(family="entered", taskRoleArn=role))["taskDefinition"]
        task = runs.wait(runs.start(arn["taskDefinitionArn"], enableExecuteCommand=True), "RUNNING")
        return ecs.execute_command(task=task["taskArn"], container="main", command="true", interactive=True)

    assert execute(None)["session"]["tokenValue"] and execute(STARTER)["session"]["tokenValue"]
    with pytest.raises(botocore.exceptions.ClientError, match=f"iam:PassRole on resource: {LISTER}") as refused:
        execute(LISTER)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_without_a_role_there_are_no_credentials(runs):
    inside = Inside(start(runs))
    assert "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" not in inside.environment
    assert inside.request("/v2/credentials/")[0] == 400


def test_keys_and_protection_outlive_the_daemon(net, runs):
    task = start(runs, role=LISTER)
    inside = Inside(task)
    path = inside.agent + "/task-protection/v1/state"
    client = session(net, inside)
    status, text = inside.request(path, "PUT", '{"ProtectionEnabled": true, "ExpiresInMinutes": 5}')
    assert status == 200 and json.loads(text)["protection"]["ProtectionEnabled"] is True
    net.kill()
    net.start()
    protection = inside.get(path)["protection"]
    assert protection == json.loads(text)["protection"] and protection["TaskArn"] == task["taskArn"]
    assert inside.get(inside.metadata + "/task")["TaskARN"] == task["taskArn"]
    assert client("ecs").list_tasks()["taskArns"] == [task["taskArn"]]
    # A user's stop is a user's stop.
    runs.ecs.stop_task(task=task["taskArn"])
    assert runs.wait(task)["stopCode"] == "UserInitiated"


def run_on_host_flavour(runs, mode, role=None):
    whole = two_containers(
        networkMode=mode, requiresCompatibilities=["EC2"], taskRoleArn=role, family=f"mode-{mode}")
    arn = runs.ecs.register_task_definition(**whole)["taskDefinition"]["taskDefinitionArn"]
    reply = runs.ecs.run_task(taskDefinition=arn, launchType="EC2")
    assert reply["failures"] == []
    return runs.wait(reply["tasks"][0], "RUNNING")


def test_a_bridge_task_asks_like_any_other(runs):
    inside = Inside(run_on_host_flavour(runs, "bridge", LISTER))
    assert inside.get(inside.metadata)["Networks"][0]["NetworkMode"] == "bridge"
    assert inside.environment["AWS_EXECUTION_ENV"] == "AWS_ECS_EC2"


def test_a_task_in_the_hosts_network_is_known_by_its_id(net, runs):
    whole = definition(
        shell("exec sleep 600"), family="on-host", networkMode="host", requiresCompatibilities=["EC2"], taskRoleArn=LISTER)
    mark = uuid.uuid4().hex
    whole["containerDefinitions"][0].update(environment=[{"name": "BERTH_TEST", "value": mark}], stopTimeout=2)
    arn = runs.ecs.register_task_definition(**whole)["taskDefinition"]["taskDefinitionArn"]
    reply = runs.ecs.run_task(taskDefinition=arn, launchType="EC2")
    assert reply["failures"] == []
    task = runs.wait(reply["tasks"][0], "RUNNING")
    inside = Inside.marked(mark)
    assert inside.get(inside.metadata + "/task")["TaskARN"] == task["taskArn"]
    assert task_id(task) in session(net, inside)("sts").get_caller_identity()["Arn"]
    # A task with an address of its own cannot use the id, should it come to know it.
    assert Inside(start(runs)).request(inside.metadata)[0] == 404


def test_a_task_without_a_network_is_told_nothing(runs):
    task = run_on_host_flavour(runs, "none", LISTER)
    assert not [name for name in Inside(task).environment if name.startswith("ECS_") or "CREDENTIALS" in name]
