"""What names mean in a task: its own files, Berth's resolver, and the host's name servers behind it."""

import pytest

import support.machine
from support.clients import Tasks, definition, shell, task_id
from support.inside import AAAA, NO_NAME, OK, PTR, Inside
from support.machine import OUTSIDE4
from support.nameserver import NameServer


@pytest.fixture(scope="module")
def net(busybox, tmp_path_factory):
    """A daemon with a network in a machine of these tests' own, whose name server is in the outside."""
    lacking = support.machine.missing()
    if lacking:
        pytest.skip(f"there is no {' and no '.join(lacking)} here (Debian packages iproute2, util-linux)")
    machine = support.machine.Machine(tmp_path_factory.mktemp("machine"))
    server = NameServer(machine.outside, OUTSIDE4)
    try:
        with support.machine.MachineDaemon(machine, f"  nameservers: {OUTSIDE4}\n") as daemon:
            daemon.server = server
            daemon.import_image(busybox, "busybox")
            yield daemon
    finally:
        server.close()
        machine.end()


@pytest.fixture
def runs(net):
    tasks = Tasks(net)
    yield tasks
    net.stop_tasks()


def start(runs, family):
    task = runs.run(shell("exec sleep 600"), family=family, container={"stopTimeout": 2})
    return runs.wait(task, "RUNNING")


def addresses(task):
    details = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
    return details["privateIPv4Address"], details.get("ipv6Address"), details["privateDnsName"]


def test_the_files_of_a_container(runs):
    task = start(runs, "files")
    inside = Inside(task)
    ipv4, ipv6, name = addresses(task)
    host = task_id(task)[:12]
    assert inside.file("/etc/hostname") == host + "\n"
    assert inside.file("/etc/resolv.conf") == "nameserver 169.254.169.253\n"
    lines = inside.file("/etc/hosts").splitlines()
    assert lines[0].split() == ["127.0.0.1", "localhost"]
    assert [ipv4, name, host] in [line.split() for line in lines]
    assert ipv6 is None or [ipv6, name, host] in [line.split() for line in lines]


def test_containers_and_services_are_known_by_name(runs):
    store, others = start(runs, "store"), [start(runs, "worker") for _ in range(2)]
    inside = Inside(store)
    assert inside.resolve("main") == (OK, [addresses(store)[0]], False)
    assert inside.resolve("MAIN", stream=True) == (OK, [addresses(store)[0]], False)
    expected = sorted(addresses(task)[0] for task in others)
    assert inside.resolve("worker.default.internal") == (OK, expected, False)
    assert inside.resolve("worker.default.internal", stream=True) == (OK, expected, False)
    if addresses(store)[1]:
        found = inside.resolve("store.default.internal", AAAA)
        assert found == (OK, [addresses(store)[1]], False)
    private = addresses(others[0])
    assert inside.resolve(private[2]) == (OK, [private[0]], False)
    backwards = ".".join(reversed(private[0].split("."))) + ".in-addr.arpa"
    assert inside.resolve(backwards, PTR) == (OK, [private[2]], False)
    # With the next end the next answer.
    runs.ecs.stop_task(task=others[0]["taskArn"])
    runs.wait(others[0])
    assert inside.resolve("worker.default.internal") == (OK, [addresses(others[1])[0]], False)
    assert inside.resolve(private[2])[0] == NO_NAME


def test_nothing_else_is_below_a_cluster(net, runs):
    inside = Inside(start(runs, "alone"))
    asked = len(net.server.asked)
    for name in ("nobody.default.internal", "default.internal", "a.b.default.internal"):
        assert inside.resolve(name) == (NO_NAME, [], False)
    assert len(net.server.asked) == asked
    # Whatever else is below internal may be a company's own.
    inside.resolve("git.internal")
    assert len(net.server.asked) > asked


def test_other_names_are_asked_outside(net, runs):
    inside = Inside(start(runs, "curious"))
    assert inside.resolve("example.org") == (OK, ["203.0.113.9"], False)
    assert net.server.asked[-1] == ("udp", support.machine.HOST4)
    # An answer that is too long for a datagram is asked for over TCP.
    assert inside.resolve("big.example.org") == (OK, [], True)
    assert inside.resolve("big.example.org", stream=True) == (OK, ["203.0.113.9"], False)
    assert net.server.asked[-1] == ("tcp", support.machine.HOST4)


def test_busybox_resolves(runs):
    done = runs.complete(shell("nslookup example.org; nslookup main"))
    output = runs.output(done)[0]
    assert "203.0.113.9" in output and addresses(done)[0] in output


def test_links_and_further_hosts_of_a_bridge_task(runs):
    whole = definition(shell("exec sleep 600"), family="linked", networkMode="bridge", requiresCompatibilities=["EC2"])
    first = {**whole["containerDefinitions"][0], "stopTimeout": 2}
    second = {
        **first, "name": "web", "links": ["main:store"], "extraHosts": [{"hostname": "db", "ipAddress": "192.0.2.9"}],
        "environment": [{"name": "BERTH_TEST", "value": "1"}], "dnsServers": [OUTSIDE4],
        "dnsSearchDomains": ["example.org"],
    }
    whole["containerDefinitions"] = [first, second]
    arn = runs.ecs.register_task_definition(**whole)["taskDefinition"]["taskDefinitionArn"]
    task = runs.wait(runs.ecs.run_task(taskDefinition=arn, launchType="EC2")["tasks"][0], "RUNNING")
    web = Inside(task, 1)
    hosts = [line.split() for line in web.file("/etc/hosts").splitlines()]
    assert ["192.0.2.9", "db"] in hosts
    assert [line for line in hosts if line[1:] == ["store", "main"]]
    assert web.file("/etc/resolv.conf") == f"nameserver {OUTSIDE4}\nsearch example.org\n"
    assert web.resolve("example.org", server=OUTSIDE4) == (OK, ["203.0.113.9"], False)
