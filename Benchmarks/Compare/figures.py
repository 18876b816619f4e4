"""Measuring by turns, and what is told of many measurements."""

import math
import statistics
import time

from starter import Unable

# Calls of each before those that count.
WARM = 5


def interleaved(runs, rounds, pause, together=1, warm=WARM, missing=None):
    """Calls each of `runs` by turns, `together` times before it is the next one's turn, and after `pause` ms each time; the
    first `warm` calls of each do not count.

    Gives `rounds` values, or a few more, of everything that they measured, by its name. With `missing`, a peer that fails has
    no further turn, and why is noted there.
    """
    measured, given_up = {}, []
    for number in range(-1, math.ceil(rounds / together)):
        for run in runs:
            if run in given_up:
                continue
            try:
                for _ in range(warm if number < 0 else together):
                    time.sleep(pause / 1000)
                    for what, value in run().items():
                        if number >= 0:
                            measured.setdefault(what, []).append(value)
            except Unable as error:
                if missing is None:
                    raise
                missing[error.name] = error.why
                given_up.append(run)
    return measured


def able(subjects, missing):
    """Those that manage a first run; the others are closed, and why is noted in `missing`."""
    found = []
    for subject in subjects:
        try:
            subject.run()
            found.append(subject)
        except Unable as error:
            missing[error.name] = error.why
            subject.close()
    return found


def show(measured, rounds, pause):
    print(f"{rounds} runs by turns, {pause:g} ms pause; milliseconds")
    for what, values in measured.items():
        values = sorted(values)
        print(f"{what:40} p50 {statistics.median(values):7.2f}   p99 {values[int(len(values) * 0.99)]:7.2f}")


def table(heads, rows):
    """Markdown."""
    return ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]
