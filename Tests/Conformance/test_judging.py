"""The judges themselves: what they hold against a runtime, and what they leave."""

import os
import subprocess
import sys
from pathlib import Path

from judging.checks import cgroups
from judging.report import Report

HERE = Path(__file__).resolve().parent
BOXED = """
import sys
sys.path.insert(0, {here!r})
from judging import box

def judge(scratch):
    import subprocess
    script = "mkdir /sys/fs/cgroup/*/left; touch /run/left /dev/shm/left left; sleep 1000 & echo $PWD; exit 7"
    return subprocess.run(["sh", "-c", script]).returncode

box.inside(judge)
"""


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)


def test_a_failure_counts_when_runc_passes_it_and_is_told_when_it_does_not(capsys):
    report = Report("podman")
    known = min(report.passed_by_runc)

    def fails():
        raise ValueError("why")

    report.check("something that runc does not pass", fails)
    assert report.finish() == 0
    report.check(known, fails)
    assert report.finish() == 1
    lines = capsys.readouterr().out.splitlines()
    assert "not ok something that runc does not pass # runc fails too" in lines
    assert f"not ok {known}" in lines and "    ValueError: why" in lines
    assert lines[-1] == "podman: 0 ok, 1 not ok, 1 not ok with runc either"


def test_a_judge_that_is_not_on_the_machine_is_skipped_with_the_reason():
    judged = run(sys.executable, HERE / "podman", "/bin/true", env={"PATH": "/nonexistent"})
    assert (judged.returncode, judged.stdout) == (0, "SKIPPED podman: not on this machine: podman, conmon, unshare\n")


def test_a_runtime_that_is_not_there_is_an_error_that_says_so():
    judged = run(HERE / "podman", "/nonexistent/berth-oci")
    assert judged.returncode == 2 and 'no program "/nonexistent/berth-oci"' in judged.stderr


def test_a_box_passes_the_status_and_leaves_no_process_mount_cgroup_or_file(tmp_path):
    script = tmp_path / "boxed.py"
    script.write_text(BOXED.format(here=str(HERE)))
    boxed = run(sys.executable, script)
    assert boxed.returncode == 7, boxed.stderr
    scratch = Path(boxed.stdout.strip())
    assert scratch.name.startswith("berth-judge-") and not scratch.exists()
    assert not cgroups(f"*/{scratch.name}")
    assert scratch.name not in Path("/proc/self/mountinfo").read_text()
    assert not os.path.exists("/run/left") and not os.path.exists("/dev/shm/left")


def test_a_suite_is_counted_by_its_checks_and_held_to_what_runc_passes(tmp_path):
    program = tmp_path / "validation/default/default.t"
    program.parent.mkdir(parents=True)
    (tmp_path / "runtimetest").touch()
    program.write_text("#!/bin/sh\necho 'TAP version 13'; echo \"ok 1 - by $RUNTIME\"; echo 'ok 2 # SKIP this'\n"
                       "echo 'not ok 3 - that'; echo '  because'; exit 3\n")
    program.chmod(0o755)
    judged = run(HERE / "runtime-tools", "true", tmp_path)
    lines = judged.stdout.splitlines()
    assert judged.returncode == 1
    assert lines[1:] == [
        "not ok default: ends with status 0", "    status 3", f"ok default: by {os.path.realpath('/usr/bin/true')}",
        "not ok default: that", "    because", "not ok default: as many checks pass as with runc",
        f"    2, not {passed_with_runc('default')}", "ok the judge comes to its end",
        "runtime-tools: 3 ok, 3 not ok, 0 not ok with runc either"]


def passed_with_runc(program):
    lines = (HERE / "runc/runtime-tools").read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith(f"{program}: "))
