"""Fixtures: images once a run, a daemon for each module, and one of its own for a test that breaks it."""

import os
import subprocess

import pytest

import support.machine
from support.clients import Tasks, client
from support.daemon import Daemon
from support.paths import BERTH, TOOLS


def pytest_configure():
    if os.geteuid() != 0:
        pytest.exit("tasks get namespaces, cgroups and mounts: run the end-to-end tests as root", 1)
    if not os.access(BERTH, os.X_OK):
        pytest.exit(f"there is no {BERTH}: run `swift build` first, or name another with BERTH", 1)


@pytest.fixture(scope="session")
def busybox():
    """An OCI layout of busybox."""
    built = subprocess.run([TOOLS / "build-image", "busybox"], check=True, stdout=subprocess.PIPE, text=True)
    return built.stdout.strip()


@pytest.fixture(scope="module")
def daemon(busybox):
    """A daemon with the image `busybox`, shared by the tests of a module."""
    with Daemon() as running:
        running.import_image(busybox, "busybox")
        yield running


@pytest.fixture
def fresh_daemon():
    """A daemon of this test's own, without an image."""
    with Daemon() as running:
        yield running


@pytest.fixture
def machine(tmp_path):
    """A host of this test's own, in a network namespace, with an outside."""
    lacking = support.machine.missing()
    if lacking:
        pytest.skip(f"there is no {' and no '.join(lacking)} here (Debian packages iproute2, util-linux)")
    made = support.machine.Machine(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="module")
def tasks(daemon):
    return Tasks(daemon)


@pytest.fixture(scope="module")
def ecs(daemon):
    return client(daemon, "ecs")


@pytest.fixture(scope="module")
def logs(daemon):
    return client(daemon, "logs")
