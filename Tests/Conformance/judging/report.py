"""What a judge found: one line a check, and a last line with the counts.

A check that runc does not pass either is told and not held against the runtime. Which ones runc passes stands in
`runc/JUDGE`, one name a line; `JUDGE runc --record` writes it.
"""

import subprocess
from pathlib import Path

# How much of what is said about a failure is shown.
LINES, COLUMNS = 12, 400
RECORDS = Path(__file__).resolve().parents[1] / "runc"


class Report:
    def __init__(self, judge):
        self.judge = judge
        self.record = RECORDS / judge
        names = self.record.read_text().splitlines() if self.record.exists() else []
        self.passed_by_runc = {name for name in names if not name.startswith("#")}
        self.passed, self.failed, self.excused = [], [], []

    def check(self, name, function, *arguments, excusable=True):
        """Calls `function`, which fails by raising; what is not excusable is held against any runtime."""
        try:
            function(*arguments)
        except (AssertionError, OSError, LookupError, ValueError, subprocess.SubprocessError) as problem:
            self.fail(name, excusable and name not in self.passed_by_runc, told(problem))
        else:
            self.succeed(name)

    def succeed(self, name):
        self.passed.append(name)
        print(f"ok {name}")

    def fail(self, name, excused, detail=""):
        (self.excused if excused else self.failed).append(name)
        print(f"not ok {name}{' # runc fails too' if excused else ''}")
        for line in detail.strip().splitlines()[:LINES]:
            print(f"    {line[:COLUMNS]}")

    def save(self):
        self.record.parent.mkdir(exist_ok=True)
        lines = [f"# What runc passes: Tests/Conformance/{self.judge} runc --record", *self.passed]
        self.record.write_text("\n".join(lines) + "\n")

    def finish(self):
        """Prints the counts. The status to end with: 1 when something fails that runc passes."""
        counts = len(self.passed), len(self.failed), len(self.excused)
        print("{}: {} ok, {} not ok, {} not ok with runc either".format(self.judge, *counts))
        return 1 if self.failed else 0


def told(problem):
    """An exception in words; a command's is what the command said."""
    if isinstance(problem, subprocess.CalledProcessError):
        said = "\n".join(text.strip() for text in (problem.stdout, problem.stderr) if text)
        return f"{' '.join(map(str, problem.cmd))}: status {problem.returncode}\n{said}"
    return f"{type(problem).__name__}: {problem}"
