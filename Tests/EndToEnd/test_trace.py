"""`berth serve --trace FILE`: what a viewer finds in it."""

import subprocess

import pytest

from support.clients import Tasks, shell, task_id
from support.daemon import Daemon
from support.paths import BERTH
from support.trace import REQUESTS, TASKS, THREADS, Trace
from support.waiting import until


@pytest.fixture
def traced(busybox, tmp_path):
    with Daemon(options=["--trace", tmp_path / "trace.json"]) as running:
        running.trace = tmp_path / "trace.json"
        running.import_image(busybox, "busybox")
        yield running


def shows(daemon, step, times=1):
    """Whether its file has a step so often: the last ones of a task come after its end is told."""
    return daemon.trace.read_text().count(f'"name":"{step}"') >= times


def test_it_holds_the_whole_way_of_each_task_nested_and_in_order(traced):
    tasks = Tasks(traced)
    ran = [task_id(tasks.complete(shell("exit 3"))) for _ in range(3)]
    until(lambda: shows(traced, "trash", 3))
    traced.stop()
    trace = Trace(traced.trace)
    assert not trace.dropped()
    for identifier in ran:
        accept, start, run, end, settle = trace.task(identifier)
        assert [phase.name for phase in (accept, start, run, end, settle)] == ["accept", "start", "run", "end", "settle"]
        assert accept.end == start.start and start.end == run.start and run.end == end.start and end.end == settle.start
        assert accept.names == ["reserve", "network", "commit"]
        assert accept.child("commit").names == ["wait for turn", "write rows", "sync"]
        assert start.names == ["wait for launch"]
        assert settle.names == ["commit", "give network back"]
        assert settle.child("commit").names == ["wait for turn", "write rows", "sync"]

        assert [span.name for span in trace.containers(identifier)["main"]] == ["shim starts", "program", "empty", "record"]
        work = trace.work(identifier)
        assert work["prepare"].names == ["images", "resolve", "directories", "cgroups"]
        assert work["launch"].names == ["plan", "spawn"]
        assert "trash" in work


def test_a_request_leads_to_its_task(traced):
    tasks = Tasks(traced)
    task = task_id(tasks.complete(shell("true")))
    until(lambda: shows(traced, "trash"))
    traced.stop()
    trace = Trace(traced.trace)
    (request,) = trace.requests("RunTask")
    assert request.names == ["authenticate", "decode", "operate", "encode"]
    assert request.child("operate").names == ["look up", "validate"]
    assert trace.requests("DescribeTasks") and trace.requests("RegisterTaskDefinition")

    arrows = [event for event in trace.events if event.get("cat") == "flow"]
    assert len({arrow["id"] for arrow in arrows}) == 1
    arrows.sort(key=lambda arrow: arrow["ts"])
    assert [arrow["ph"] for arrow in arrows][0] == "s" and [arrow["ph"] for arrow in arrows][-1] == "f"
    assert {arrow["pid"] for arrow in arrows} == {REQUESTS, TASKS, THREADS}
    accept = trace.task(task)[0]
    assert request.start < accept.start and accept.end < request.end
    names = set(trace.names.values())
    assert {"requests 1", f"task {task[:8]}", f"task {task[:8]} · main", "berth-worker", "berth-commit", "berth-sweep"} <= names


def test_containers_of_a_task_have_tracks_of_their_own(traced):
    tasks = Tasks(traced)
    containers = [
        {"name": "first", "image": "busybox", "essential": False, "command": ["true"]},
        {"name": "last", "image": "busybox", "command": ["true"], "dependsOn": [{"containerName": "first", "condition": "COMPLETE"}]},
    ]
    task = task_id(tasks.complete(containerDefinitions=containers))
    until(lambda: shows(traced, "settle"))
    traced.stop()
    steps = {name: [span.name for span in spans] for name, spans in Trace(traced.trace).containers(task).items()}
    assert steps == {"first": ["shim starts", "program"], "last": ["shim starts", "program", "empty", "record"]}


def test_a_task_that_cannot_start_is_in_it_too(traced):
    tasks = Tasks(traced)
    missing = task_id(tasks.complete(["/nothing"]))
    until(lambda: shows(traced, "settle"))
    traced.stop()
    trace = Trace(traced.trace)
    assert [phase.name for phase in trace.task(missing)] == ["accept", "start", "end", "settle"]
    assert [span.name for span in trace.containers(missing)["main"]] == ["shim starts", "empty", "record"]


def test_a_killed_daemon_leaves_whole_json_and_the_next_one_follows_what_it_adopts(traced):
    tasks = Tasks(traced)
    task = tasks.run(["sleep", "600"], container={"stopTimeout": 2})
    tasks.wait(task, "RUNNING")
    traced.kill()
    Trace(traced.trace)

    traced.start()
    tasks.ecs.stop_task(task=task["taskArn"])
    tasks.wait(task)
    until(lambda: shows(traced, "settle"))
    traced.stop()
    trace = Trace(traced.trace)
    phases = [span.name for (process, _), top in trace.tracks.items() if process == TASKS for span in top
              if " · " not in trace.names[process, span.track]]
    assert phases == ["start", "run", "end", "settle"]
    # Its beginning is the trace's: it ran before.
    program = trace.containers(task_id(task))["main"][0]
    assert program.name == "program" and program.start == 0


def test_a_full_disk_ends_the_trace_with_one_line_and_nothing_else(busybox, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", disk], check=True)
    try:
        with Daemon(options=["--trace", disk / "trace.json"]) as daemon:
            daemon.import_image(busybox, "busybox")
            tasks = Tasks(daemon)
            for _ in range(6):
                assert tasks.complete(shell("true"))["containers"][0]["exitCode"] == 0
            daemon.stop()
            lines = [line for line in daemon.log.read_text().splitlines() if "trace" in line]
            assert len(lines) == 1 and "No space left on device" in lines[0], lines
        Trace(disk / "trace.json")
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_file_that_cannot_be_made_is_refused_at_once(tmp_path):
    result = subprocess.run(
        [BERTH, "serve", "--root", tmp_path / "root", "--listen", "127.0.0.1:0", "--trace", tmp_path / "no" / "trace.json"],
        capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False,
    )
    assert result.returncode == 1
    assert "no trace can be written: cannot open" in result.stderr
