"""A kernel that lacks what the tasks' network is made of: what is said, and what works all the same."""

import shutil
import sys

import pytest

from support import lacking
from support.clients import Tasks, shell
from support.machine import MachineDaemon
from test_network import complete, start


class Lacking(MachineDaemon):
    """A daemon whose kernel lacks something."""

    def __init__(self, machine, feature, directory):
        super().__init__(machine, network="  hostMode: true\n")
        self.before = {
            "netfilter": lambda: [sys.executable, lacking.__file__, "netfilter"],
            "veth": lambda: ["env", f"LD_PRELOAD={lacking.build(directory)}"],
        }[feature]()

    def prefix(self):
        return [*super().prefix(), *self.before]


@pytest.fixture(params=["netfilter", "veth"])
def without(request, machine, busybox, tmp_path):
    if request.param == "veth" and not shutil.which("cc"):
        pytest.skip("SKIPPED: there is no C compiler here (Debian package gcc)")
    before = machine.snapshot()
    with Lacking(machine, request.param, tmp_path) as daemon:
        daemon.import_image(busybox, "busybox")
        yield request.param, daemon
    # Nothing is left half done.
    assert machine.snapshot() == before


def test_tasks_that_need_it_are_refused_by_name_and_others_run(without):
    feature, daemon = without
    said = {
        "netfilter": "cannot make netlink socket: Protocol not supported",
        "veth": "Operation not supported (Unknown device type)",
    }[feature]
    tasks = Tasks(daemon)
    log = daemon.log.read_text()
    assert "no task gets a network: " in log and said in log
    assert "network.enabled: false" in log
    for mode in ("awsvpc", "bridge"):
        reply = start(tasks, ["true"], mode=mode)
        assert reply["tasks"] == []
        assert reply["failures"][0]["reason"] == "RESOURCE:ENI"
        assert said in reply["failures"][0]["detail"]
    assert complete(tasks, shell("ls /sys/class/net"), mode="none")[1] == "lo\n"
    assert "up0" in complete(tasks, shell("ls /sys/class/net"), mode="host")[1]
