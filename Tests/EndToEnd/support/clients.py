"""Clients of a daemon, and the shortest way to a task."""

import configparser
import functools
import time
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials

from . import shapes

ECS_TARGET = "AmazonEC2ContainerServiceV20141113"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-0123456789abcdef0"]}}


def keys(daemon):
    """Access key, secret and region from the daemon's own credentials file."""
    file = configparser.ConfigParser()
    file.read(daemon.root / "credentials")
    profile = file["default"]
    return profile["aws_access_key_id"], profile["aws_secret_access_key"], profile["region"]


def client(daemon, service, key=None, secret=None, retries=0):
    own_key, own_secret, region = keys(daemon)
    made = boto3.client(
        service, endpoint_url=daemon.endpoint, region_name=region, aws_access_key_id=key or own_key,
        aws_secret_access_key=secret or own_secret,
        config=botocore.config.Config(retries={"max_attempts": retries}, connect_timeout=5, read_timeout=120),
    )
    return shapes.watch(made)


def raw(daemon, target, body, service="ecs", headers=None):
    """A signed POST of any bytes. Returns status, headers and body."""
    key, secret, region = keys(daemon)
    request = botocore.awsrequest.AWSRequest(
        "POST", f"{daemon.endpoint}/", data=body,
        headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target, **(headers or {})},
    )
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), service, region).add_auth(request)
    return send(daemon, "/", body, dict(request.headers))


def send(daemon, path, body, headers):
    """A request exactly as given. Returns status, headers and body."""
    request = urllib.request.Request(f"{daemon.endpoint}{path}", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def definition(command=None, image="busybox", family="test", **changes):
    """A task definition with one container, valid for ECS on Fargate; None removes a member."""
    container = {
        "name": "main", "image": image, "essential": True,
        **({"command": command} if command is not None else {}),
        **changes.pop("container", {}),
    }
    whole = {
        "family": family, "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
        "containerDefinitions": [container], **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def shell(script):
    return ["sh", "-c", script]


class Tasks:
    """Registers, runs and waits, with one ECS client."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.ecs = client(daemon, "ecs")

    @functools.cached_property
    def logs(self):
        """Made when it is first used: a client costs half a minute in the virtual machine of the tests."""
        return client(self.daemon, "logs")

    def run(self, command=None, image="busybox", **changes):
        """Registers a definition and runs it once. Returns the task as RunTask answers it."""
        registered = self.ecs.register_task_definition(**definition(command, image, **changes))
        return self.start(registered["taskDefinition"]["taskDefinitionArn"])

    def start(self, arn, **options):
        reply = self.ecs.run_task(taskDefinition=arn, launchType="FARGATE", networkConfiguration=NETWORK, **options)
        assert reply["failures"] == []
        return reply["tasks"][0]

    def describe(self, task):
        reply = self.ecs.describe_tasks(tasks=[task["taskArn"]])
        assert reply["failures"] == []
        return reply["tasks"][0]

    def wait(self, task, status="STOPPED", seconds=60):
        """Waits until a task has come to a status, or has stopped, which it may never leave."""
        deadline = time.monotonic() + seconds
        while (now := self.describe(task))["lastStatus"] not in (status, "STOPPED"):
            if time.monotonic() > deadline:
                raise AssertionError(f"still {now['lastStatus']} after {seconds} s:\n{self.daemon.last_words()}")
            time.sleep(0.02)
        return now

    def complete(self, command=None, image="busybox", **changes):
        """Runs a task to its end."""
        return self.wait(self.run(command, image, **changes))

    def output(self, task):
        """What it printed on standard output and standard error."""
        result = self.daemon.command("logs", task_id(task))
        return result.stdout.decode(), result.stderr.decode()

    def wait_output(self, task, text, seconds=120):
        """Waits until a running task has printed `text` on standard output."""
        deadline = time.monotonic() + seconds
        while text not in self.output(task)[0]:
            assert time.monotonic() < deadline, f"never printed {text!r}:\n{self.daemon.last_words()}"
            time.sleep(0.02)


def task_id(task):
    return task["taskArn"].rsplit("/", 1)[1]
