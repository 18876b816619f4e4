"""`berth exec`: a further program in a running container."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.clients import Tasks, task_id
from support.leftovers import host_pids
from support.terminals import Terminal
from support.waiting import until

FOREVER = ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 0.2; done"]


@pytest.fixture(scope="module")
def task(tasks):
    return tasks.wait(tasks.run(FOREVER, container={"environment": [{"name": "MINE", "value": "1"}]}), "RUNNING")


def call(daemon, task, *command, options=()):
    return [str(daemon.berth), "exec", "--root", str(daemon.root), *options, task_id(task), "--", *command]


def run(daemon, task, *command, options=(), stdin=subprocess.DEVNULL, **others):
    return subprocess.run(
        call(daemon, task, *command, options=options), capture_output=True, timeout=60, check=False,
        **({} if "input" in others else {"stdin": stdin}), **others)


def test_output_errors_and_exit_code(daemon, task):
    result = run(daemon, task, "sh", "-c", "echo out; echo err >&2; exit 7")
    assert (result.stdout, result.stderr, result.returncode) == (b"out\n", b"err\n", 7)


def test_a_signal_is_told_as_a_shell_tells_it(daemon, task):
    assert run(daemon, task, "sh", "-c", "kill -9 $$").returncode == 137


def test_input_is_passed_on_to_its_end(daemon, task):
    data = os.urandom(3 << 20)
    result = run(daemon, task, "sh", "-c", "cat; exit 3", options=["-i"], input=data)
    assert result.returncode == 3
    assert result.stdout == data
    assert run(daemon, task, "cat", input=data).stdout == b"", "input was passed on unasked"


def test_it_is_who_and_where_the_container_is(daemon, task):
    inside = run(daemon, task, "sh", "-c", "id -u; pwd; echo $MINE $AWS_REGION; cat /proc/1/comm; hostname").stdout.decode()
    assert inside.splitlines() == ["0", "/", "1 us-east-1", "sh", task_id(task)[:12]]
    confined = "grep -E '^(CapEff|CapBnd|Seccomp|NoNewPrivs|CapInh)' /proc/%s/status"
    own = run(daemon, task, "sh", "-c", confined % "self").stdout
    assert own == run(daemon, task, "sh", "-c", confined % "1").stdout
    assert b"Seccomp:\t2" in own and b"NoNewPrivs:\t1" in own
    namespaces = "cd /proc/%s/ns; for n in *; do readlink $n; done"
    assert run(daemon, task, "sh", "-c", namespaces % "self").stdout == run(daemon, task, "sh", "-c", namespaces % "1").stdout


def test_another_user_directory_and_variables(daemon, task):
    result = run(
        daemon, task, "sh", "-c", "id -u; id -g; pwd; echo $A $MINE", options=["-u", "1000:2000", "-w", "/tmp", "-e", "A=b c", "-e", "MINE=2"])
    assert result.stdout.decode().splitlines() == ["1000", "2000", "/tmp", "b c 2"]
    assert run(daemon, task, "true", options=["-u", "nobody-knows"]).returncode == 125


def test_it_brings_no_descriptor_with_it(daemon, task):
    listed = run(daemon, task, "sh", "-c", "readlink /proc/$$/fd/*").stdout.decode().split()
    assert all(name.startswith(("pipe:", "/dev/null", "/proc/")) for name in listed), listed


def test_what_cannot_be_executed(daemon, task):
    assert run(daemon, task, "/etc").returncode == 126
    result = run(daemon, task, "/no/such/program")
    assert result.returncode == 127
    assert b"cannot execute /no/such/program: No such file or directory" in result.stderr
    result = run(daemon, task, "true", options=["--container", "other"])
    assert result.returncode == 125 and b"no container 'other'; it has main" in result.stderr


def test_a_task_that_has_stopped(daemon, tasks):
    stopped = tasks.complete(["true"])
    result = run(daemon, stopped, "true")
    assert result.returncode == 125
    assert b"does not run" in result.stderr


def test_it_runs_in_the_containers_cgroup_and_is_billed(daemon, tasks):
    task = tasks.wait(tasks.run(["sleep", "1000"]), "RUNNING")
    before = host_pids(daemon, task)
    script = "read go; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done"
    spin = subprocess.Popen(call(daemon, task, "sh", "-c", script, options=["-i"]), stdin=subprocess.PIPE)
    until(lambda: len(host_pids(daemon, task)) > len(before), "it is not in the container's cgroup")
    spin.communicate(b"\n", timeout=120)
    assert spin.returncode == 0
    tasks.ecs.stop_task(task=task["taskArn"])
    tasks.wait(task)
    used = json.loads(daemon.command("bill", "--task", task_id(task), "--format", "json").stdout)["used"]
    assert used["cpuUsec"] > 100_000, "the program's time is not on the bill"


def test_a_terminal_its_size_and_its_end(daemon, task):
    with Terminal(call(daemon, task, "sh", options=["-it"]), rows=31, columns=101) as terminal:
        terminal.type("tty; stty size; echo end-of-$((1+1))\n")
        shown = terminal.read_until("end-of-2")
        assert "/dev/pts/" in shown and "31 101" in shown
        assert not terminal.is_restored
        terminal.resize(40, 120)
        terminal.type("while [ \"$(stty size)\" != '40 120' ]; do sleep 0.05; done; echo resized-$((1+1))\n")
        terminal.read_until("resized-2")
        # Ctrl-C is the program's, and not the client's.
        terminal.type("sh -c 'echo asleep-$((1+1)); exec sleep 1000'\n")
        terminal.read_until("asleep-2")
        terminal.type("\x03")
        terminal.type("echo still-$((1+1)); exit 9\n")
        terminal.read_until("still-2")
        assert terminal.wait() == 9
        assert terminal.is_restored


def test_the_terminal_is_restored_when_a_signal_ends_the_client(daemon, task):
    script = "trap 'echo first-$((1+1))' TERM; echo up-$((1+1)); while :; do sleep 0.05; done"
    with Terminal(call(daemon, task, "sh", "-c", script, options=["-it"])) as terminal:
        terminal.read_until("up-2")
        terminal.signal(signal.SIGTERM)
        terminal.read_until("first-2")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 128 + signal.SIGTERM
        assert terminal.is_restored


def test_a_terminal_needs_one_here(daemon, task):
    result = run(daemon, task, "true", options=["-it"])
    assert result.returncode == 125 and b"is no terminal" in result.stderr


def test_signals_are_passed_on(daemon, task):
    client = subprocess.Popen(
        call(daemon, task, "sh", "-c", "trap 'echo got it; exit 4' INT; echo up; while true; do sleep 0.05; done"),
        stdout=subprocess.PIPE)
    assert client.stdout.readline() == b"up\n"
    client.send_signal(signal.SIGINT)
    assert client.stdout.readline() == b"got it\n"
    assert client.wait(30) == 4
    client.stdout.close()


def test_the_program_ends_with_its_client(daemon, tasks):
    task = tasks.wait(tasks.run(["sleep", "1000"]), "RUNNING")
    alone = host_pids(daemon, task)
    for options, command in ((["-i"], ["sleep", "1001"]), ([], ["cat", "/dev/zero"])):
        client = subprocess.Popen(
            call(daemon, task, *command, options=options), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        until(lambda: host_pids(daemon, task) > alone, "it never ran")
        client.kill()
        client.wait()
        client.stdin.close()
        client.stdout.close()
        until(lambda: host_pids(daemon, task) == alone, "it outlived its client")


def test_it_ends_with_its_task(daemon, tasks):
    task = tasks.wait(tasks.run(["sleep", "1000"], container={"stopTimeout": 2}), "RUNNING")
    client = subprocess.Popen(call(daemon, task, "sh", "-c", "echo up; sleep 1000"), stdout=subprocess.PIPE)
    assert client.stdout.readline() == b"up\n"
    tasks.ecs.stop_task(task=task["taskArn"])
    assert client.wait(60) in (125, 137)
    client.stdout.close()


def test_a_flood_stays_in_the_program(daemon, task):
    """CVE-2025-64329: what nobody reads must not pile up, in the daemon or in the client."""

    def resident(process):
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))

    count = int(os.environ.get("BERTH_FLOOD_MIB", "512"))
    before = resident(daemon.process)
    client = subprocess.Popen(
        call(daemon, task, "dd", "if=/dev/zero", "bs=1M", f"count={count}"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(1)  # nobody reads
    stalled, read, most = resident(daemon.process), len(client.stdout.read(1 << 20)), 0
    begun, most_of_client = resident(client), 0
    while chunk := client.stdout.read(1 << 20):
        read += len(chunk)
        most = max(most, resident(daemon.process))
        if read < count << 20:
            most_of_client = max(most_of_client, resident(client))
    assert client.wait(30) == 0
    client.stdout.close()
    assert read == count << 20
    assert stalled - before < 32 << 10 and most - before < 64 << 10, "KiB piled up in the daemon"
    assert most_of_client - begun < 64 << 10, "KiB piled up in the client"
    print(f"{count} MiB; KiB of the daemon: {before}, then at most {most}; of the client: {begun}, then at most {most_of_client}")


def test_a_child_that_goes_on_printing_keeps_no_session_open(daemon, task):
    result = run(daemon, task, "sh", "-c", "while :; do echo more; done & echo mine; exit 7")
    assert result.returncode == 7
    assert b"mine\n" in result.stdout


def test_a_daemon_that_was_killed_executes_in_the_tasks_it_took_up(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    task = tasks.wait(tasks.run(FOREVER, container={"user": "1234"}), "RUNNING")
    before = host_pids(fresh_daemon, task)
    client = subprocess.Popen(call(fresh_daemon, task, "sh", "-c", "echo up; sleep 1000"), stdout=subprocess.PIPE)
    assert client.stdout.readline() == b"up\n"
    fresh_daemon.kill()
    assert client.wait(30) == 125
    client.stdout.close()
    fresh_daemon.start()
    until(lambda: Tasks(fresh_daemon).describe(task)["lastStatus"] == "RUNNING", "it was not taken up")
    result = run(fresh_daemon, task, "sh", "-c", "id -u; cat /proc/1/comm; exit 6")
    assert (result.stdout, result.returncode) == (b"1234\nsh\n", 6)
    assert before & host_pids(fresh_daemon, task)


def test_a_daemon_that_stops_ends_its_sessions_and_leaves_the_task(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    task = tasks.wait(tasks.run(FOREVER), "RUNNING")
    client = subprocess.Popen(call(fresh_daemon, task, "sh", "-c", "echo up; sleep 1000"), stdout=subprocess.PIPE)
    assert client.stdout.readline() == b"up\n"
    assert fresh_daemon.stop() == 0
    assert client.wait(30) == 125
    client.stdout.close()
    fresh_daemon.start()
    assert run(fresh_daemon, task, "true").returncode == 0
