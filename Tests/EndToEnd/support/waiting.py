"""Waiting for what comes about by itself."""

import time


def until(holds):
    """Waits half a minute at most until it is so."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
