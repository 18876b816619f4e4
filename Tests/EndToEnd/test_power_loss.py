"""What was answered is on the disk: with the power gone at that moment, it would be there."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess

import pytest

from support.clients import Tasks, shell, task_id
from support.daemon import Daemon


class Disk:
    """A file system in a file, which holds what was written to the disk, and not what the kernel still keeps in memory."""

    def __init__(self, file):
        self.file, self.path = file, file.with_name(file.name + ".mounted")

    @contextlib.contextmanager
    def mounted(self):
        self.path.mkdir()
        subprocess.run(["mount", "-o", "loop", self.file, self.path], check=True)
        try:
            yield self.path
        finally:
            subprocess.run(["umount", self.path], check=True)
            self.path.rmdir()

    def rows(self, daemon, database, query):
        """What a machine that starts again would find. The daemon, if not its shims, stands still meanwhile: a copy takes its time."""
        copy = Disk(self.file.with_name("copy"))
        daemon.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED | os.WNOWAIT)
        try:
            shutil.copyfile(self.file, copy.file)
        finally:
            daemon.process.send_signal(signal.SIGCONT)
        with copy.mounted() as there, contextlib.closing(sqlite3.connect(f"file:{there / database}?mode=rw", uri=True)) as opened:
            return opened.execute(query).fetchall()


@pytest.fixture
def disk(tmp_path):
    file = tmp_path / "disk"
    with open(file, "wb") as opened:
        opened.truncate(64 << 20)
    subprocess.run(["mkfs.ext4", "-q", file], check=True)
    return Disk(file)


def test_what_was_answered_is_on_the_disk(disk, busybox):
    with disk.mounted() as mounted, Daemon(root=mounted / "r") as daemon:
        daemon.import_image(busybox, "busybox")
        assert disk.rows(daemon, "r/images/images.db", "SELECT name FROM image_name") == [("docker.io/library/busybox:latest",)]
        tasks = Tasks(daemon)
        task = tasks.run(shell("exit 3"))
        assert disk.rows(daemon, "r/berth.db", "SELECT id FROM tasks") == [(task_id(task),)]
        tasks.wait(task)
        assert disk.rows(daemon, "r/berth.db", "SELECT id, status FROM tasks") == [(task_id(task), "STOPPED")]
        assert disk.rows(daemon, "r/berth.db", "SELECT count(*) > 0 FROM ledger") == [(1,)]
