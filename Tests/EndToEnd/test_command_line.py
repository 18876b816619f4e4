"""`berth` as a person uses it."""

import json
import os
import re
import signal
import subprocess

import pytest

from support.clients import definition, keys, shell, task_id
from support.daemon import read_line
from support.paths import BERTH


def test_run_prints_what_the_task_prints_and_returns_its_exit_code(daemon):
    result = daemon.command("run", "busybox", "--", "sh", "-c", "echo out; echo err >&2; exit 7", check=False)
    assert result.returncode == 7
    assert result.stdout == b"out\n"
    lines = result.stderr.decode().splitlines()
    assert lines[0] == "err"
    words = [line.split()[0] for line in lines[2:]]
    assert words == ["task", "used", "reserved", "price"]
    assert re.search(r"price +0\.00020571 USD", lines[-1])


def test_run_of_what_cannot_start_returns_125_and_says_why(daemon):
    result = daemon.command("run", "busybox", "--", "no-such-program", check=False)
    assert result.returncode == 125 and b"no-such-program" in result.stderr
    result = daemon.command("run", "127.0.0.1:1/no-such-image", check=False)
    assert result.returncode == 125 and b"no-such-image" in result.stderr
    result = subprocess.run([BERTH, "run", "--root", "/nonexistent", "x"], capture_output=True, check=False)
    assert result.returncode == 125 and b"/nonexistent" in result.stderr


def test_run_takes_sizes_of_fargate_and_of_the_host(daemon):
    show = "cat /sys/fs/cgroup/memory.max 2>/dev/null || true"
    for cpu, memory in (("512", "1024"), ("128", "64")):
        daemon.command("run", "--cpu", cpu, "--memory", memory, "busybox", "--", "sh", "-c", show)
    bills = json.loads(daemon.command("bill", "--format", "json").stdout)
    assert {(bill["reserved"]["cpuUnits"], bill["reserved"]["memoryMiB"]) for bill in bills} >= {(512, 1024), (128, 64)}


def test_a_second_run_registers_nothing_new(daemon, ecs):
    daemon.command("run", "busybox", "--", "true")
    before = ecs.list_task_definitions()["taskDefinitionArns"]
    daemon.command("run", "busybox", "--", "echo", "again")
    assert ecs.list_task_definitions()["taskDefinitionArns"] == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_task_and_its_exit_code_comes_back(daemon, number):
    script = 'trap "echo asked; exit 9" TERM; echo ready; while :; do sleep 0.05; done'
    process = subprocess.Popen(
        [BERTH, "run", "--root", daemon.root, "busybox", "--", "sh", "-c", script], bufsize=0, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert read_line(process.stdout, 120) == "ready\n"
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert (output, process.returncode) == (b"asked\n", 9)


def test_run_outlives_a_restart_of_the_daemon(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    script = "for i in 1 2 3 4 5 6; do echo $i; sleep 0.5; done; exit 3"
    process = subprocess.Popen(
        [BERTH, "run", "--root", fresh_daemon.root, "busybox", "--", "sh", "-c", script], bufsize=0, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert read_line(process.stdout, 120) == "1\n"
    fresh_daemon.kill()
    fresh_daemon.start()
    output, _ = process.communicate(timeout=60)
    assert (output, process.returncode) == (b"2\n3\n4\n5\n6\n", 3)


def test_ps_lists_what_runs_and_with_a_everything(daemon, tasks):
    ended, running = tasks.complete(["true"]), tasks.run(["sleep", "60"])
    tasks.wait(running, "RUNNING")

    def shown(*flags):
        return [row.split()[0] for row in daemon.command("ps", *flags).stdout.decode().splitlines()[1:]]

    assert task_id(running)[:12] in shown() and task_id(ended)[:12] not in shown()
    assert {task_id(running)[:12], task_id(ended)[:12]} <= set(shown("-a"))
    daemon.command("stop", task_id(running))
    tasks.wait(running)


def test_a_task_is_named_by_arn_id_or_prefix(daemon, tasks):
    ended = tasks.complete(shell("echo named"))
    for name in (ended["taskArn"], task_id(ended), task_id(ended)[:10]):
        assert daemon.command("logs", name).stdout == b"named\n"


def test_an_ambiguous_prefix_lists_its_candidates(daemon, ecs, tasks):
    arn = ecs.register_task_definition(**definition(["true"], family="prefix"))["taskDefinition"]["taskDefinitionArn"]
    # Of 17 ids two begin with the same hexadecimal digit.
    ids = [task_id(tasks.wait(tasks.start(arn))) for _ in range(17)]
    first = next(digit for digit in "0123456789abcdef" if sum(each[0] == digit for each in ids) > 1)
    result = daemon.command("logs", first, check=False)
    assert result.returncode == 1
    said = result.stderr.decode()
    assert "may mean any of these" in said and any(each in said for each in ids if each[0] == first)


def test_an_unknown_task_says_where_to_look(daemon):
    result = daemon.command("stop", "ffffffffffff", check=False)
    assert result.returncode == 1 and b"berth ps -a" in result.stderr


def test_another_endpoint_is_spoken_to_with_signed_requests(daemon):
    key, secret, _ = keys(daemon)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BERTH_"))}
    plain["BERTH_ENDPOINT"] = daemon.endpoint

    def run(**environment):
        return subprocess.run(
            [BERTH, "run", "busybox", "--", "echo", "a b"], env={**plain, **environment}, capture_output=True, check=False, timeout=60
        )

    with_file = run(AWS_SHARED_CREDENTIALS_FILE=str(daemon.root / "credentials"))
    assert (with_file.returncode, with_file.stdout) == (0, b"a b\n"), with_file.stderr
    assert run(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret).returncode == 0
    wrong = run(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY="x" * 40)
    assert wrong.returncode == 125 and b"InvalidSignatureException" in wrong.stderr
    none = run(HOME="/nonexistent")
    assert none.returncode == 1 and b"AWS_SHARED_CREDENTIALS_FILE" in none.stderr


def test_the_root_directory_comes_from_the_environment(daemon):
    environment = {**os.environ, "BERTH_ROOT": str(daemon.root)}
    assert subprocess.run([BERTH, "ps"], env=environment, capture_output=True, check=True).stdout.startswith(b"TASK")


@pytest.mark.parametrize("command", ["serve", "run", "ps", "logs", "stop", "image", "image import", "image ls", "network",
                                     "network show", "network reset", "bill"])
def test_every_command_explains_itself(command):
    shown = subprocess.run([BERTH, *command.split(), "--help"], capture_output=True, check=True, text=True).stdout
    assert "OVERVIEW" in shown
    if command not in ("image", "network"):
        assert "EXAMPLES" in shown and "berth " + command in shown


def test_a_reader_that_has_enough_is_no_error(daemon, tasks):
    ended = tasks.complete(shell("head -c 5000000 /dev/zero | tr '\\0' '\\n'"))
    logs = subprocess.Popen([BERTH, "logs", "--root", daemon.root, task_id(ended)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    read_line(logs.stdout, 120)
    logs.stdout.close()
    assert logs.stderr.read() == b""
    logs.stderr.close()
    logs.wait(120)
    assert daemon.process.poll() is None
