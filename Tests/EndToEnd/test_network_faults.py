"""The network when things go wrong: addresses that run out, daemons that die, what a reset leaves."""

import json
import os
import sqlite3
import subprocess

import pytest

from support.clients import Tasks, shell, task_id
from support.daemon import DaemonError
from support.leftovers import first_process
from support.machine import HOST4, OUTSIDE4, Datagrams, MachineDaemon, Server
from support.waiting import until
from test_network import address, answer, ask, bill, complete, one, serving, start, stop


@pytest.fixture
def run(machine, busybox):
    """Starts daemons in the machine; each ends with the test."""
    started = []

    def make(network="  pool: 2\n", **options):
        daemon = MachineDaemon(machine, network=network, **options)
        started.append(daemon)
        daemon.start()
        daemon.import_image(busybox, "busybox")
        return daemon, Tasks(daemon)

    yield make
    for daemon in started:
        daemon.__exit__(None)


def test_addresses_run_out_by_name(run):
    daemon, tasks = run("  subnet: 10.213.0.0/29\n  subnet6: \"\"\n  pool: 0\n")
    reply = start(tasks, ["sleep", "60"], count=8)
    assert len(reply["tasks"]) == 5
    assert {failure["reason"] for failure in reply["failures"]} == {"RESOURCE:ENI"}
    assert "network.subnet" in reply["failures"][0]["detail"]
    # A place that becomes free is the next one's, and the only one.
    stop(tasks, reply["tasks"][2])
    again = start(tasks, ["sleep", "60"], count=2)
    assert [address(task) for task in again["tasks"]] == [address(reply["tasks"][2])]
    assert [failure["reason"] for failure in again["failures"]] == ["RESOURCE:ENI"]
    stop(tasks, *(task for task in reply["tasks"] + again["tasks"] if task is not reply["tasks"][2]))
    ended, _ = complete(tasks, ["true"])
    assert ended["containers"][0]["exitCode"] == 0


def test_a_daemon_that_was_killed_finds_the_network_of_its_tasks_again(run, machine):
    daemon, tasks = run("  pool: 2\n  hostMode: true\n")
    own = {"portMappings": [{"containerPort": 8100}]}
    on_host = one(start(tasks, ["sleep", "60"], mode="host", container=own))
    tasks.wait(on_host, "RUNNING")
    mapping = {"portMappings": [{"containerPort": 8000, "hostPort": 18000}]}
    published = serving(tasks, mode="bridge", container=mapping)
    member = serving(tasks, groups=["sg-one"])
    where = address(tasks.describe(member))
    daemon.kill()
    # Tasks go on, and are reached.
    assert answer(machine.outside, HOST4, 18000) == b"served\n"
    daemon.start()
    assert address(tasks.describe(member)) == where
    assert answer(machine.outside, HOST4, 18000) == b"served\n"
    assert complete(tasks, shell(ask(where, 8000)), groups=["sg-one"])[1] == "served\n"
    assert complete(tasks, shell(ask(where, 8000)), groups=["sg-two"])[1] == "no\n"
    reply = start(tasks, ["true"], mode="bridge", container=mapping)
    assert reply["failures"][0]["reason"] == "RESOURCE:PORTS"
    reply = start(tasks, ["true"], mode="host", container=own)
    assert reply["failures"][0]["reason"] == "RESOURCE:PORTS"
    stop(tasks, published, member, on_host)
    for mode, ports in (("bridge", mapping), ("host", own)):
        ended, _ = complete(tasks, ["true"], mode=mode, container=ports)
        assert ended["containers"][0]["exitCode"] == 0


def test_tasks_that_were_accepted_only_keep_their_addresses(run, machine):
    daemon, tasks = run()
    server = Server(machine.outside, OUTSIDE4)
    reply = start(tasks, shell(ask(OUTSIDE4, server.port)), count=10)
    daemon.kill()
    given = {task["taskArn"]: address(task) for task in reply["tasks"]}
    assert len(set(given.values())) == 10
    daemon.start()
    for task in reply["tasks"]:
        ended = tasks.wait(task)
        assert address(ended) == given[task["taskArn"]]
        assert (ended["stopCode"], ended["containers"][0].get("exitCode")) == ("EssentialContainerExited", 0)
        assert tasks.output(ended)[0] == "hello\n"
    # Once each.
    server.close()
    assert len(server.askers) == 10


def test_a_store_that_gives_one_address_and_port_twice_keeps_no_daemon_from_starting(run, machine):
    daemon, tasks = run()
    first, second = (
        serving(tasks, mode="bridge", container={"portMappings": [{"containerPort": 8000, "hostPort": port}]})
        for port in (18000, 18001))
    daemon.kill()
    with sqlite3.connect(daemon.root / "berth.db") as store:
        launches = [
            json.loads(store.execute("SELECT launch FROM tasks WHERE id = ?", [task_id(task)]).fetchone()[0])
            for task in (first, second)]
        launches[1]["network"] = launches[0]["network"]
        store.execute(
            "UPDATE tasks SET launch = ? WHERE id = ?", [json.dumps(launches[1]).encode(), task_id(second)])
    store.close()
    daemon.start()
    assert f"task {task_id(second)} has no address any more" in daemon.last_words()
    assert answer(machine.outside, HOST4, 18000) == b"served\n"
    stop(tasks, second)
    assert answer(machine.outside, HOST4, 18000) == b"served\n"
    stop(tasks, first)
    ended, _ = complete(
        tasks, ["true"], mode="bridge", container={"portMappings": [{"containerPort": 8000, "hostPort": 18000}]})
    assert ended["containers"][0]["exitCode"] == 0


def test_a_reset_leaves_the_host_as_it_was(run, machine):
    before = machine.snapshot()
    daemon, tasks = run()
    task = one(start(tasks, ["sleep", "60"]))
    tasks.wait(task, "RUNNING")
    assert machine.snapshot() != before
    refused = daemon.reset(check=False)
    assert refused.returncode != 0 and "stop the daemon first" in refused.stderr
    daemon.stop()
    refused = daemon.reset(check=False)
    assert refused.returncode != 0 and "--force" in refused.stderr
    daemon.start()
    stop(tasks, task)
    daemon.stop()
    daemon.reset()
    assert machine.snapshot() == before
    # Once more is no error.
    daemon.reset()


def test_a_reset_by_force_takes_links_from_running_tasks(run, machine):
    before = machine.snapshot()
    daemon, tasks = run()
    task = one(start(tasks, ["sleep", "60"]))
    tasks.wait(task, "RUNNING")
    daemon.stop()
    daemon.reset("--force")
    assert machine.snapshot() == before
    daemon.start()
    stop(tasks, task)


def test_a_subnet_that_the_host_uses_is_refused_by_its_key(machine, busybox):
    daemon = MachineDaemon(machine, network="  subnet: 10.99.0.0/16\n")
    machine.host.ip("link", "add", "other", "type", "bridge")
    machine.host.ip("link", "set", "other", "up")
    machine.host.ip("address", "add", "10.99.7.1/24", "dev", "other")
    with pytest.raises(DaemonError) as refusal:
        daemon.start()
    daemon.process = None
    daemon.discard()
    assert "network.subnet" in str(refusal.value)
    machine.host.ip("link", "delete", "other")


def test_a_foreign_bridge_is_left_alone(machine):
    machine.host.ip("link", "add", "berth0", "type", "bridge")
    daemon = MachineDaemon(machine)
    with pytest.raises(DaemonError) as refusal:
        daemon.start()
    daemon.process = None
    assert "network.bridge" in str(refusal.value)
    refused = daemon.reset("--force", check=False)
    assert refused.returncode != 0
    daemon.discard()
    assert "berth0" in machine.host.ip("-brief", "link")
    machine.host.ip("link", "delete", "berth0")


def test_a_task_stopped_at_once_gives_its_address_back(run):
    daemon, tasks = run("  subnet: 10.213.0.0/29\n  subnet6: \"\"\n  pool: 0\n")
    for _ in range(4):
        reply = start(tasks, ["sleep", "60"], count=5)
        assert reply["failures"] == []
        stop(tasks, *reply["tasks"])
    assert daemon.network()["tasks"] == []
    assert daemon.network()["status"]["used"] == 0


def test_every_byte_is_counted(run, machine):
    """A datagram is a frame of 42 bytes more: 8 of UDP, 20 of IP, 14 of Ethernet."""
    # Without IPv6 nothing but what the task says crosses its link.
    daemon, tasks = run("  pool: 2\n  subnet6: \"\"\n")
    names = Datagrams(machine.outside, OUTSIDE4, 53)
    # Each asked once, however late the answer comes.
    query = f"nslookup -retry=1 -timeout=30 name$i.example {OUTSIDE4}"
    ended, _ = complete(tasks, shell(f"for i in 1 2 3 4 5; do {query}; done"))
    used = bill(daemon, ended)["used"]
    names.close()
    assert len(names.received) >= 5
    assert used["networkSentPackets"] == len(names.received)
    assert used["networkReceivedPackets"] == len(names.sent)
    assert used["networkSentBytes"] == sum(names.received) + 42 * len(names.received)
    assert used["networkReceivedBytes"] == sum(names.sent) + 42 * len(names.sent)


def links_of(process):
    """The names of all links where a process is."""
    shown = subprocess.run(
        ["nsenter", f"--net=/proc/{process}/ns/net", "ip", "-brief", "link"], check=True, capture_output=True, text=True)
    return [line.split()[0] for line in shown.stdout.splitlines()]


def test_a_stray_process_in_a_tasks_namespace_holds_neither_its_address_nor_its_link(run, machine):
    daemon, tasks = run("  subnet: 10.213.0.0/29\n  subnet6: \"\"\n  pool: 0\n")
    task = one(start(tasks, ["sleep", "60"]))
    tasks.wait(task, "RUNNING")
    namespace = f"/proc/{first_process(daemon, task)}/ns/net"
    inside = os.readlink(namespace)
    # As a debugger of the host's administrator, who forgot about it.
    stray = subprocess.Popen(["nsenter", f"--net={namespace}", "sleep", "600"], stdin=subprocess.DEVNULL)
    try:
        until(lambda: os.readlink(f"/proc/{stray.pid}/ns/net") == inside, "it does not enter")
        stop(tasks, task)
        # The network is taken away soon after the end is shown.
        until(lambda: links_of(stray.pid) == ["lo"], "the link goes")
        # All five addresses there are, that of the ended task among them, and all of them lead to the outside.
        server = Server(machine.outside, OUTSIDE4)
        reply = start(tasks, shell(ask(OUTSIDE4, server.port)), count=5)
        assert reply["failures"] == []
        assert address(task) in [address(other) for other in reply["tasks"]]
        for other in reply["tasks"]:
            assert tasks.output(tasks.wait(other))[0] == "hello\n"
        server.close()
    finally:
        stray.kill()
        stray.wait()
