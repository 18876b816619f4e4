"""A program at a terminal, driven as a person would."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time


class Terminal:
    """Runs a program at a new terminal of `rows` × `columns`; a context manager that ends it."""

    def __init__(self, arguments, rows=24, columns=80, env=None):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.process = subprocess.Popen(
            arguments, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def type(self, text):
        os.write(self.master, text.encode())

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, text, seconds=120):
        """What the program prints, up to and with `text`, which may come later."""
        wanted, deadline = text.encode(), time.monotonic() + seconds
        while wanted not in self.seen:
            self._read(deadline, f"{text!r} never came")
        end = self.seen.index(wanted) + len(wanted)
        found, self.seen = self.seen[:end], self.seen[end:]
        return found.decode()

    def _read(self, deadline, complaint):
        ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise AssertionError(f"{complaint}; there is {self.seen.decode(errors='replace')!r}")
        self.seen += os.read(self.master, 65536)

    def wait(self, seconds=120):
        """The program's exit code; what it prints meanwhile is read."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not end; there is {self.seen.decode(errors='replace')!r}")
            if select.select([self.master], [], [], 0.02)[0]:
                self.seen += os.read(self.master, 65536)
        while select.select([self.master], [], [], 0)[0]:
            self.seen += os.read(self.master, 65536)
        return self.process.returncode

    def signal(self, number):
        self.process.send_signal(signal.Signals(number))

    @property
    def is_restored(self):
        """Whether the terminal is as it was before the program."""
        return termios.tcgetattr(self.slave) == self.before
