"""A judge's list of checks, and the commands they run."""

import fnmatch
import os
import pty
import subprocess
import termios
import time

LONGEST = 60
# A command for `on_terminal`, and what comes of it; the size arrives a moment after the start.
TERMINAL = ("sh", "-c", "tty; until [ \"$(stty size 2>/dev/null)\" = '30 100' ]; do sleep 0.05; done; stty size")
ON_TERMINAL = (0, ["/dev/pts/0", "30", "100"])


class Checks:
    """Functions in the order they are written in, each under the sentence that it checks."""

    def __init__(self):
        self.all = []

    def __call__(self, sentence):
        def added(function):
            self.all.append((sentence, function))
            return function
        return added

    def run(self, report, subject, only, after):
        """Runs those in whose sentence `only` is; `after` each, whatever came of it, makes room for the next."""
        for sentence, function in self.all:
            if only in sentence:
                report.check(sentence, function, subject)
                after()


class Tool:
    """A container tool with the options that every call of it needs."""

    def __init__(self, *command, environment=None):
        self.command, self.environment = [str(word) for word in command], environment

    def outcome(self, *words, stdin=""):
        """What a call ended with, whatever it was."""
        return subprocess.run([*self.command, *map(str, words)], env=self.environment, input=stdin, text=True,
                              capture_output=True, timeout=LONGEST, errors="replace")

    def __call__(self, *words, stdin=""):
        """What a call printed; it must succeed."""
        outcome = self.outcome(*words, stdin=stdin)
        outcome.check_returncode()
        return outcome.stdout.strip()

    def on_terminal(self, *words):
        """The status and the lines of a call whose standard streams are a terminal of 30 rows and 100 columns."""
        leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (30, 100))
        with subprocess.Popen([*self.command, *map(str, words)], env=self.environment, stdin=follower, stdout=follower,
                              stderr=follower) as process:
            os.close(follower)
            printed = b""
            try:
                while piece := os.read(leader, 4096):
                    printed += piece
            except OSError:  # the other side is closed
                pass
            os.close(leader)
        return process.returncode, printed.decode(errors="replace").split()

    def status(self, *words):
        return self.outcome(*words).returncode


def equal(found, expected):
    assert found == expected, f"expected {expected!r}, found {found!r}"


def eventually(question, expected, seconds=60):
    """Asks until the answer is the expected one."""
    deadline = time.monotonic() + seconds
    while (found := question()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    equal(found, expected)


def cgroups(pattern):
    """The paths of the machine's cgroups that match; others come and go meanwhile."""
    return [path for path, _, _ in os.walk("/sys/fs/cgroup") if fnmatch.fnmatch(path, pattern)]
