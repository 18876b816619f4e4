"""Waiting for what comes about by itself."""

import time


def until(holds, what="it did not come about", seconds=60):
    """Waits until it is so. Returns what it is."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.01)
    return found
