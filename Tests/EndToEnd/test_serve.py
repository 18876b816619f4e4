"""`berth serve`: start, stop, and what it refuses to start on, each in one clear line."""

import os
import shutil
import socket
import stat
import subprocess

import pytest

from support.daemon import Daemon, free_port, read_line
from support.paths import BERTH


def serve(*arguments, environment=None):
    """A `berth serve` that is expected to refuse. Returns exit code and what it said on standard error."""
    result = subprocess.run(
        [BERTH, "serve", *map(str, arguments)], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})}, check=False,
    )
    assert result.stdout == ""
    said = [line for line in result.stderr.splitlines() if line.startswith(("berth: ", "Error: "))]
    assert len(said) == 1, result.stderr
    return result.returncode, said[0]


def test_it_says_when_it_is_ready_and_ends_on_sigterm_with_0(fresh_daemon):
    # `start` has compared the line.
    assert stat.S_IMODE(os.stat(fresh_daemon.root).st_mode) == 0o700
    assert fresh_daemon.stop() == 0
    assert not (fresh_daemon.root / "berth.sock").exists()


def test_it_tells_systemd(fresh_daemon):
    fresh_daemon.stop()
    path = fresh_daemon.directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(30)
        os.environ["NOTIFY_SOCKET"] = str(path)
        try:
            fresh_daemon.start()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        assert b"READY=1" in manager.recv(4096).splitlines()


def test_a_second_daemon_on_one_root_is_refused(fresh_daemon):
    code, said = serve("--root", fresh_daemon.root, "--listen", "127.0.0.1:0")
    assert code != 0
    assert str(fresh_daemon.root) in said and str(fresh_daemon.process.pid) in said
    assert b"TASK" in fresh_daemon.command("ps").stdout


def test_a_port_in_use_is_named(fresh_daemon, tmp_path):
    code, said = serve("--config", other_cgroup(tmp_path), "--root", tmp_path / "r", "--listen", f"127.0.0.1:{fresh_daemon.port}")
    assert code != 0
    assert str(fresh_daemon.port) in said and "in use" in said.lower()


def other_cgroup(tmp_path):
    """A configuration whose cgroups are removed again by nobody but `rmdir` below."""
    file = tmp_path / "berth.yaml"
    file.write_text("cgroupRoot: /berth-test/refused\nnetwork:\n  enabled: false\n")
    return file


@pytest.fixture(autouse=True, scope="module")
def removes_cgroups():
    yield
    from support import leftovers

    leftovers.remove("/nonexistent", "/berth-test/refused")


def test_a_root_that_cannot_be_written_is_named(tmp_path):
    # Root passes every permission check: only the filesystem itself can refuse.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", tmp_path], check=True)
    try:
        code, said = serve("--root", tmp_path / "r", "--listen", "127.0.0.1:0")
        assert code != 0 and str(tmp_path / "r") in said and "Read-only file system" in said
        code, said = serve("--root", tmp_path, "--listen", "127.0.0.1:0")
        assert code != 0 and str(tmp_path) in said
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_root_that_is_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    code, said = serve("--root", tmp_path / "file")
    assert code != 0 and str(tmp_path / "file") in said


@pytest.mark.parametrize(
    "text, line, words",
    [
        ("root: /x\nlisten: nowhere\n", 2, "HOST:PORT"),
        ("\nlisen: 127.0.0.1:0\n", 2, 'unknown key "lisen"'),
        ("tasks:\n  processes: -1\n", 2, "a number from 1"),
        ("root: /x\nlisten: [\n", 3, ""),
        ("priceSheet: prices.json\n", 1, "absolute path"),
    ],
)
def test_a_fault_in_the_configuration_is_told_with_its_line(tmp_path, text, line, words):
    file = tmp_path / "berth.yaml"
    file.write_text(text)
    code, said = serve("--config", file, "--root", tmp_path / "r")
    assert code != 0
    assert f"{file}:{line}" in said and words in said
    assert not (tmp_path / "r").exists()


def test_a_configuration_that_is_not_there_is_named(tmp_path):
    code, said = serve("--config", tmp_path / "none.yaml")
    assert code != 0 and str(tmp_path / "none.yaml") in said


def test_a_price_sheet_with_a_fault_is_named(tmp_path):
    (tmp_path / "prices.json").write_text("{}")
    file = tmp_path / "berth.yaml"
    file.write_text(f"priceSheet: {tmp_path}/prices.json\ncgroupRoot: /berth-test/refused\nnetwork:\n  enabled: false\n")
    code, said = serve("--config", file, "--root", tmp_path / "r", "--listen", "127.0.0.1:0")
    assert code != 0 and "prices.json" in said


def test_a_missing_shim_is_named(tmp_path):
    berth = tmp_path / "berth"
    shutil.copy(BERTH, berth)
    file = other_cgroup(tmp_path)
    result = subprocess.run(
        [berth, "serve", "--config", file, "--root", tmp_path / "r", "--listen", "127.0.0.1:0"], capture_output=True, text=True,
        timeout=60, check=False,
    )
    assert result.returncode != 0 and f"{tmp_path}/berth-shim" in result.stderr


def test_credentials_that_others_can_read_are_refused(fresh_daemon):
    fresh_daemon.stop()
    (fresh_daemon.root / "credentials").chmod(0o644)
    code, said = serve("--config", fresh_daemon.configuration, "--root", fresh_daemon.root, "--listen", "127.0.0.1:0")
    assert code != 0 and "credentials" in said
    (fresh_daemon.root / "credentials").chmod(0o600)


def test_port_0_is_any_free_port_and_the_line_names_it():
    with Daemon() as daemon:
        daemon.stop()
        daemon.process = subprocess.Popen(
            [BERTH, "serve", "--config", daemon.configuration, "--root", daemon.root, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        line = read_line(daemon.process.stdout, 60)
        assert line.startswith("berth: ready on http://127.0.0.1:")
        assert 0 < int(line.rsplit(":", 1)[1]) != free_port()


def test_it_does_not_serve_under_chroot(tmp_path):
    tree = tmp_path / "tree"
    tree.mkdir()
    # A root on a mount of its own, which pivot_root(2) would take, with the host's mounts above it.
    script = 'mount --make-rprivate / && mount --rbind / "$0" && exec chroot "$0" "$@"'
    ended = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, tree, BERTH, "serve", "--root", tmp_path / "r", "--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "under chroot(2): tasks could reach what lies above" in ended.stderr, ended.stderr
