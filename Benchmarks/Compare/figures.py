"""Measuring by turns, and what is told of many measurements."""

import math
import statistics
import time

# Calls of each before those that count.
WARM = 5


def interleaved(runs, rounds, pause, together=1, warm=WARM):
    """Calls each of `runs` by turns, `together` times before it is the next one's turn, and after `pause` ms each time; the
    first `warm` calls of each do not count.

    Gives `rounds` values, or a few more, of everything that they measured, by its name.
    """
    measured = {}
    for number in range(-1, math.ceil(rounds / together)):
        for run in runs:
            for _ in range(warm if number < 0 else together):
                time.sleep(pause / 1000)
                for what, value in run().items():
                    if number >= 0:
                        measured.setdefault(what, []).append(value)
    return measured


def show(measured, rounds, pause):
    print(f"{rounds} runs by turns, {pause:g} ms pause; milliseconds")
    for what, values in measured.items():
        values = sorted(values)
        print(f"{what:40} p50 {statistics.median(values):7.2f}   p99 {values[int(len(values) * 0.99)]:7.2f}")
