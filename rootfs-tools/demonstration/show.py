"""The demonstration, act by act."""

import configparser
import contextlib
import json
import os
import signal
import time
from decimal import Decimal

import boto3
import botocore.exceptions

from etl import check as independent
from rootfs import debian
from rootfs.recipes import etl

from . import paper
from .daemon import Daemon, DaemonError

CLUSTER = "demo"
IMAGE = "unicode-etl:latest"
DEFINITION = "Config/examples/etl-task.json"


class Failure(Exception):
    """The demonstration did not show what it should."""


def run(project, berth):
    paper.line(paper.bold("\n  Berth") + " · a real ETL job under limits, and its bill\n")
    layout = build_image(project)
    try:
        with Daemon(berth) as daemon:
            paper.row("daemon", f"{daemon.endpoint} in {paper.span(daemon.start_time)}", str(daemon.root))
            import_image(daemon, layout)
            ecs, logs = clients(daemon)
            task, summary = run_job(project, ecs, logs)
            show_limits_and_bill(daemon, task)
            compare(project, summary)
    except (DaemonError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as problem:
        raise Failure(str(problem)) from None
    paper.check("the daemon is stopped; its directory and cgroups are removed\n")


def build_image(project):
    out = project / "out"
    layout, started = out / "images/etl", time.monotonic()
    try:
        new = etl.build(layout, out / "debian")
    except debian.PackageError as problem:
        raise Failure(str(problem)) from None
    manifest = read_blob(layout, json.loads((layout / "index.json").read_text())["manifests"][0])
    packed = sum(layer["size"] for layer in manifest["layers"])
    text = f"Debian with Python and SQLite, {len(manifest['layers'])} layers, {paper.size(packed)}"
    paper.row("image", text, f"{'built' if new else 'up to date'}, {paper.span(time.monotonic() - started)}")
    return layout


def read_blob(layout, descriptor):
    return json.loads((layout / "blobs" / descriptor["digest"].replace(":", "/")).read_text())


def import_image(daemon, layout):
    started = time.monotonic()
    daemon.command("image", "import", layout, "--tag", IMAGE)
    paper.row("import", f"{IMAGE} in {paper.span(time.monotonic() - started)}", "berth image import")


def clients(daemon):
    """boto3 as anybody would set it up: the daemon's credentials file, and an endpoint URL."""
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(daemon.root / "credentials")
    os.environ["AWS_CONFIG_FILE"] = os.devnull
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        os.environ.pop(name, None)
    credentials = configparser.ConfigParser()
    credentials.read(daemon.root / "credentials")
    region = credentials["default"]["region"]
    return (boto3.client(name, endpoint_url=daemon.endpoint, region_name=region) for name in ("ecs", "logs"))


def run_job(project, ecs, logs):
    """Registers, runs and follows the task; returns its last description and the summary it printed."""
    definition = json.loads((project / DEFINITION).read_text())
    ecs.create_cluster(clusterName=CLUSTER)
    registered = ecs.register_task_definition(**definition)["taskDefinition"]
    name = f"{registered['family']}:{registered['revision']}"
    limits = f"{int(definition['cpu']) / 1024:g} vCPU, {definition['memory']} MiB"
    paper.row("register", f"{name} for Fargate, {limits}", DEFINITION)

    network = {"awsvpcConfiguration": {"subnets": ["subnet-0a1b2c3d4e5f60718"], "assignPublicIp": "DISABLED"}}
    started = time.monotonic()
    answer = ecs.run_task(cluster=CLUSTER, taskDefinition=name, launchType="FARGATE", networkConfiguration=network)
    if answer["failures"] or not answer["tasks"]:
        raise Failure(f"the task was not accepted: {answer['failures']}")
    task = answer["tasks"][0]
    paper.row("run", task["taskArn"], f"accepted in {paper.span(time.monotonic() - started)}")
    paper.line()
    try:
        task, output = follow(ecs, logs, task, started)
    except BaseException:
        # The daemon leaves its tasks running when it stops; a second Ctrl-C must not leave this one.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        # Why it came to this is told, not that stopping failed too.
        with contextlib.suppress(botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            ecs.stop_task(cluster=CLUSTER, task=task["taskArn"], reason="the demonstration was interrupted")
            ecs.get_waiter("tasks_stopped").wait(
                cluster=CLUSTER, tasks=[task["taskArn"]], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        raise

    container = task["containers"][0]
    if container.get("exitCode") != 0:
        reason = container.get("reason") or task.get("stoppedReason")
        raise Failure(f"the job's exit code is {container.get('exitCode')} and should be 0: {reason}")
    try:
        return task, json.loads(output[-1])
    except (IndexError, ValueError):
        raise Failure("the job's last line of output is no summary") from None


def follow(ecs, logs, task, started):
    """Shows state changes and log lines as they come, until the task has stopped and all is read."""
    definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
    container = definition["containerDefinitions"][0]
    options = container["logConfiguration"]["options"]
    stream = {
        "logGroupName": options["awslogs-group"],
        "logStreamName": f"{options['awslogs-stream-prefix']}/{container['name']}/{task['taskArn'].split('/')[-1]}",
    }
    seen, output, token = None, [], {}
    while True:
        task = ecs.describe_tasks(cluster=CLUSTER, tasks=[task["taskArn"]])["tasks"][0]
        stopped = task["lastStatus"] == "STOPPED"
        if task["lastStatus"] != seen and not stopped:
            show_state(task["lastStatus"], started)
        seen = task["lastStatus"]
        while True:
            page = read_log(logs, stream, token)
            for event in page["events"]:
                output.append(event["message"])
                show_output(event["message"])
            if not page["events"]:
                break
            token = {"nextToken": page["nextForwardToken"]}
        if stopped:
            code = task["containers"][0].get("exitCode")
            show_state("STOPPED", started, f"exit code {code}, {task.get('stoppedReason', '')}".rstrip(", "))
            return task, output
        time.sleep(0.02)


def read_log(logs, stream, token):
    try:
        return logs.get_log_events(startFromHead=True, **stream, **token)
    except logs.exceptions.ResourceNotFoundException:
        return {"events": []}  # nothing printed yet


def show_state(state, started, note=""):
    colour = {"RUNNING": paper.green, "STOPPED": paper.bold}.get(state, paper.yellow)
    paper.line(f"  {time.monotonic() - started:7.3f} s  {colour(state)}{'  ' + note if note else ''}")


def show_output(message):
    text = message if len(message) <= 96 else message[:93] + "..."
    paper.line(f"  {paper.dim('          │')} {text}")


def show_limits_and_bill(daemon, task):
    bill = json.loads(daemon.command("bill", "--task", task["taskArn"], "--format", "json"))
    reserved, used = bill["reserved"], bill["used"]
    ran = (task["stoppedAt"] - task["startedAt"]).total_seconds()
    allowed = reserved["cpuUnits"] / 1024 * ran
    spent = used["cpuUsec"] / 1e6
    peak, limit = used["memoryPeakBytes"], reserved["memoryMiB"] * 2**20
    waited = (task["startedAt"] - task["createdAt"]).total_seconds()

    paper.heading(f"used of reserved, in the {ran:.2f} s it ran ({paper.span(waited)} after it was accepted)")
    share = f"{reserved['cpuUnits'] / 1024:g} vCPU"
    paper.row("CPU", f"{paper.bar(spent / allowed)} {spent:.2f} of {allowed:.2f} s", share)
    paper.row("memory", f"{paper.bar(peak / limit)} {paper.size(peak)} of {paper.size(limit)}")

    paper.heading(f"the bill, {bill['currency']}")
    for line in (line for line in bill["lines"] if Decimal(line["amount"])):
        paper.amount(line["amount"], f"{line['quantity']} {line['unit']} × {line['unitPrice']}", line["sku"])
    basis = f"{reserved['billedSeconds']} s at the prices of {bill['priceSheet']}"
    paper.amount(bill["total"], paper.bold("total"), basis)

    if not used["cpuUsec"] or not peak or peak > limit:
        raise Failure(f"the counters make no sense: {used}")
    if sum(Decimal(line["quantity"]) * Decimal(line["unitPrice"]) for line in bill["lines"]) != Decimal(bill["total"]):
        raise Failure("the bill's lines do not add up to its total")


def compare(project, summary):
    """Holds every figure of the job against the same one computed here, from the Debian package itself."""
    expected = independent.figures(etl.data_package(project / "out/debian"))
    paper.line()
    wrong = [name for name in {**expected, **summary} if expected.get(name) != summary.get(name)]
    for name in wrong:
        paper.line(f"  {paper.red('✗')} {name}: the job says {summary.get(name)}, the package {expected.get(name)}")
    if wrong:
        raise Failure(f"{len(wrong)} figures of the job are wrong")
    paper.check(
        f"all {len(expected)} figures agree with a count of the Debian package outside the task"
        f" ({expected['characters']:,} characters, {expected['scripts']} scripts)")
