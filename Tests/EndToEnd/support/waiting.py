"""Waiting for what comes about by itself."""

import time


def until(holds):
    """Waits half a minute at most until it is so. Returns what it is."""
    deadline = time.monotonic() + 30
    while not (found := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return found
