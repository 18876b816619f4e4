"""CloudWatch Logs: what a task printed, as events."""

from support.clients import shell, task_id

AWSLOGS = {
    "executionRoleArn": "arn:aws:iam::000000000000:role/execution",
}


def awslogs(group, prefix="p"):
    return {
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": prefix},
        }
    }


def read_all(logs, group, stream):
    """Pages forward until the token repeats, which is how GetLogEvents says that there is no more."""
    events, token = [], None
    while True:
        options = {"nextToken": token} if token else {"startFromHead": True}
        page = logs.get_log_events(logGroupName=group, logStreamName=stream, limit=7, **options)
        events += page["events"]
        if page["nextForwardToken"] == token:
            return events
        token = page["nextForwardToken"]


def test_awslogs_options_name_group_and_stream(tasks, logs):
    ended = tasks.complete(shell("for i in 1 2 3; do echo line $i; done"), container=awslogs("/etl/named", "pre"), **AWSLOGS)
    stream = f"pre/main/{task_id(ended)}"
    groups = logs.describe_log_groups(logGroupNamePrefix="/etl/named")["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/etl/named"]
    streams = logs.describe_log_streams(logGroupName="/etl/named")["logStreams"]
    assert [each["logStreamName"] for each in streams] == [stream]
    events = read_all(logs, "/etl/named", stream)
    assert [event["message"] for event in events] == ["line 1", "line 2", "line 3"]
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_pages_give_every_line_once(tasks, logs):
    ended = tasks.complete(shell("i=0; while [ $i -lt 100 ]; do echo $i; i=$((i+1)); done"), container=awslogs("/etl/pages"), **AWSLOGS)
    events = read_all(logs, "/etl/pages", f"p/main/{task_id(ended)}")
    assert [event["message"] for event in events] == [str(i) for i in range(100)]


def test_filter_finds_lines_across_streams(tasks, logs):
    ids = [
        task_id(tasks.complete(shell(f"echo ERROR {i}; echo fine {i}"), container=awslogs("/etl/filter"), **AWSLOGS))
        for i in range(3)
    ]
    found = logs.filter_log_events(logGroupName="/etl/filter", filterPattern="ERROR")["events"]
    assert sorted(event["message"] for event in found) == ["ERROR 0", "ERROR 1", "ERROR 2"]
    assert {event["logStreamName"] for event in found} == {f"p/main/{id}" for id in ids}
    assert len({event["eventId"] for event in found}) == 3
    everything = [
        event for page in logs.get_paginator("filter_log_events").paginate(logGroupName="/etl/filter") for event in page["events"]
    ]
    assert len(everything) == 6


def test_a_task_without_a_log_driver_still_has_its_output(tasks):
    ended = tasks.complete(shell("echo kept; printf 'no newline'"))
    assert tasks.output(ended) == ("kept\nno newline", "")


def test_output_is_kept_byte_for_byte(tasks, daemon):
    ended = tasks.complete(shell(r"printf '\000\377\r\n\033[1m'; head -c 300000 /dev/zero | tr '\0' x"))
    assert daemon.command("logs", task_id(ended)).stdout == b"\0\xff\r\n\x1b[1m" + b"x" * 300_000


def test_following_ends_with_the_task(tasks, daemon):
    task = tasks.run(shell("echo a; sleep 1; echo b"))
    assert daemon.command("logs", "-f", task_id(task)).stdout == b"a\nb\n"
    assert tasks.describe(task)["lastStatus"] == "STOPPED"
