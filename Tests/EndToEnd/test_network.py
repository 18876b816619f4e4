"""The network of tasks: modes, ports, who reaches whom, what is counted; on a machine of the tests' own."""

import json
import socket
import time

import pytest

from support import machine as machines
from support.clients import Tasks, shell, task_id
from support.machine import HOST4, HOST6, OUTSIDE4, OUTSIDE6, Datagrams, Machine, MachineDaemon, Server

GROUPS = """\
sg-web:
  ingress:
    - from: sg-client
      protocol: tcp
      ports: 8000
    - from: 192.0.2.0/24
      protocol: tcp
      ports: 8000
sg-jail:
  egress:
    - to: 192.0.2.2/32
      protocol: tcp
      ports: 7000-7999
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    lacking = machines.missing()
    if lacking:
        pytest.skip(f"there is no {' and no '.join(lacking)} here (Debian packages iproute2, util-linux)")
    made = Machine(tmp_path_factory.mktemp("machine"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def daemon(machine, busybox):
    with MachineDaemon(machine, network="  hostMode: true\n  pool: 4\n", groups=GROUPS) as running:
        running.import_image(busybox, "busybox")
        yield running


@pytest.fixture(scope="module")
def tasks(daemon):
    return Tasks(daemon)


@pytest.fixture(scope="module")
def outside(machine):
    """A server of the outside on a port that no rule names."""
    server = Server(machine.outside, OUTSIDE4)
    yield server
    server.close()


@pytest.fixture(scope="module")
def names(machine):
    server = Datagrams(machine.outside, OUTSIDE4, 53)
    yield server
    server.close()


def start(tasks, command, mode="awsvpc", groups=None, count=1, container=None, **changes):
    """Runs a definition in a network mode; the answer of RunTask."""
    fargate = mode == "awsvpc"
    from support.clients import definition

    document = definition(command, networkMode=mode, container={"stopTimeout": 2, **(container or {})}, **changes)
    if not fargate:
        document["requiresCompatibilities"] = ["EC2"]
    arn = tasks.ecs.register_task_definition(**document)["taskDefinition"]["taskDefinitionArn"]
    call = {"taskDefinition": arn, "launchType": "FARGATE" if fargate else "EC2", "count": count}
    if fargate:
        network = {"subnets": ["subnet-0123456789abcdef0"]}
        if groups:
            network["securityGroups"] = groups
        call["networkConfiguration"] = {"awsvpcConfiguration": network}
    return tasks.ecs.run_task(**call)


def one(reply):
    assert reply["failures"] == [], reply["failures"]
    return reply["tasks"][0]


def complete(tasks, command, **options):
    task = one(start(tasks, command, **options))
    ended = tasks.wait(task)
    return ended, tasks.output(ended)[0]


def address(task):
    return task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]


def details(task):
    return {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}


def listened(*ports):
    """The words of a shell that waits until somebody listens at each of some ports."""
    return "; ".join(f"until grep -q ':{port:04X} 0*:0000 0A' /proc/net/tcp /proc/net/tcp6; do sleep 0.05; done" for port in ports)


def serve(text="served", port=8000):
    return shell(f"({listened(port)}; echo ready) & exec nc -ll -p {port} -e echo {text}")


def serving(tasks, **options):
    """A task that answers at port 8000."""
    task = one(start(tasks, serve(), **options))
    tasks.wait(task, "RUNNING")
    tasks.wait_output(task, "ready")
    return task


def ask(address, port, seconds=3):
    """The words of a shell that asks a server, and says `no` when nothing answers."""
    return f"nc -w {seconds} {address} {port} </dev/null 2>/dev/null || echo no"


def answer(namespace, address, port, seconds=15):
    """What a server answers, or nothing."""
    try:
        with namespace.connect(address, port, timeout=seconds) as connection:
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(100)
    except OSError:
        return b""


def stop(tasks, *all_of_them):
    for task in all_of_them:
        tasks.ecs.stop_task(task=task["taskArn"])
    for task in all_of_them:
        tasks.wait(task)


def bill(daemon, task):
    return json.loads(daemon.command("bill", "--task", task_id(task), "--format", "json").stdout)


def test_a_task_has_its_own_address_and_reaches_the_outside_by_that_of_the_host(tasks, outside):
    ended, text = complete(tasks, shell(f"ip -o address show dev eth0; {ask(OUTSIDE4, outside.port)}"))
    assert ended["containers"][0]["exitCode"] == 0
    assert f"inet {address(ended)}/32" in text
    assert "hello" in text
    assert outside.askers[-1] == HOST4


def test_it_reaches_the_outside_by_ipv6_too(tasks, machine):
    server = Server(machine.outside, OUTSIDE6)
    _, text = complete(tasks, shell(ask(OUTSIDE6, server.port)))
    server.close()
    assert "hello" in text
    assert server.askers == [HOST6]


def test_the_interface_is_an_attachment_that_comes_and_goes(tasks):
    task = one(start(tasks, ["sleep", "60"]))
    running = tasks.wait(task, "RUNNING")
    attachment = running["attachments"][0]
    assert (attachment["type"], attachment["status"]) == ("ElasticNetworkInterface", "ATTACHED")
    found = details(running)
    assert found["subnetId"] == "subnet-0123456789abcdef0"
    assert found["privateIPv4Address"] == address(running)
    assert found["privateDnsName"] == f"ip-{address(running).replace('.', '-')}.ec2.internal"
    assert found["networkInterfaceId"].startswith("eni-")
    assert len(found["macAddress"].split(":")) == 6
    assert running["containers"][0]["networkInterfaces"][0]["attachmentId"] == attachment["id"]
    stop(tasks, running)
    assert tasks.describe(running)["attachments"][0]["status"] == "DELETED"


def test_containers_of_a_task_share_its_network(tasks):
    containers = [
        {"name": "server", "image": "busybox", "command": serve("within", 9000), "essential": False, "stopTimeout": 2},
        {"name": "main", "image": "busybox", "essential": True, "dependsOn": [{"containerName": "server", "condition": "START"}],
         "command": shell(f"{listened(9000)}; nc -w 1 127.0.0.1 9000 </dev/null")},
    ]
    ended = tasks.wait(one(start(tasks, None, containerDefinitions=containers)))
    assert ended["containers"][1]["exitCode"] == 0


def test_members_of_a_group_reach_each_other_and_others_do_not(tasks, machine):
    server = serving(tasks, groups=["sg-one"])
    where = address(tasks.describe(server))
    _, friend = complete(tasks, shell(ask(where, 8000)), groups=["sg-one"])
    _, stranger = complete(tasks, shell(ask(where, 8000)), groups=["sg-two"])
    assert friend == "served\n"
    assert stranger == "no\n"
    assert answer(machine.host, where, 8000) == b"served\n"
    stop(tasks, server)


def test_rules_of_the_configuration_let_in_by_group_and_port(tasks, machine):
    server = serving(tasks, groups=["sg-web"])
    where = address(tasks.describe(server))
    assert complete(tasks, shell(ask(where, 8000)), groups=["sg-client"])[1] == "served\n"
    assert complete(tasks, shell(ask(where, 8000)), groups=["sg-other"])[1] == "no\n"
    stop(tasks, server)


def test_egress_is_what_the_rules_say(tasks, machine):
    allowed, refused = Server(machine.outside, OUTSIDE4, 7500), Server(machine.outside, OUTSIDE4, 8500)
    _, text = complete(
        tasks, shell(f"{ask(OUTSIDE4, 7500)}; {ask(OUTSIDE4, 8500)}"), groups=["sg-jail"])
    for server in (allowed, refused):
        server.close()
    assert text == "hello\nno\n"
    assert refused.askers == []


def test_no_task_reaches_the_host_or_berths_own_api(tasks, machine, daemon):
    everywhere = Server(machine.host, "0.0.0.0")
    gateway = "10.213.0.1"
    asks = "; ".join(ask(where, port, 1) for where in (gateway, HOST4) for port in (everywhere.port, daemon.port))
    _, text = complete(tasks, shell(asks))
    everywhere.close()
    assert text == "no\n" * 4
    assert everywhere.askers == []


def test_root_of_a_task_can_change_nothing_of_its_network(tasks):
    attempts = [
        "ip address add 10.213.9.9/32 dev eth0", "ip link set eth0 down", "ip route add 10.9.0.0/16 dev eth0",
        "ip neigh add 10.213.0.9 lladdr 02:00:00:00:00:01 dev eth0", "echo 1 >/proc/sys/net/ipv4/ip_forward",
    ]
    script = "; ".join(f"({attempt}) 2>/dev/null && echo 'done: {attempt}'" for attempt in attempts)
    assert complete(tasks, shell(script + "; echo over"))[1] == "over\n"


def test_a_published_port_leads_to_the_task_from_everywhere(tasks, machine, daemon):
    mappings = [{"containerPort": 8000, "hostPort": 18000}, {"containerPort": 8000}]
    task = serving(tasks, mode="bridge", container={"portMappings": mappings})
    bindings = tasks.describe(task)["containers"][0]["networkBindings"]
    assert [binding["containerPort"] for binding in bindings] == [8000, 8000]
    assert bindings[0]["hostPort"] == 18000
    dynamic = bindings[1]["hostPort"]
    assert 49153 <= dynamic <= 65535
    for port in (18000, dynamic):
        assert answer(machine.outside, HOST4, port) == b"served\n"
        assert answer(machine.host, HOST4, port) == b"served\n"
        assert answer(machine.host, "127.0.0.1", port) == b"served\n"
    stop(tasks, task)
    assert answer(machine.outside, HOST4, 18000, 1) == b""


def test_a_port_that_is_taken_is_named(tasks, machine):
    mapping = {"portMappings": [{"containerPort": 80, "hostPort": 18080}]}
    first = one(start(tasks, ["sleep", "60"], mode="bridge", container=mapping))
    reply = start(tasks, ["sleep", "60"], mode="bridge", container=mapping)
    assert reply["tasks"] == []
    assert reply["failures"][0]["reason"] == "RESOURCE:PORTS"
    assert "18080" in reply["failures"][0]["detail"]
    stop(tasks, first)
    program = Server(machine.host, HOST4, 18080)
    reply = start(tasks, ["sleep", "60"], mode="bridge", container=mapping)
    program.close()
    assert reply["failures"][0]["reason"] == "RESOURCE:PORTS"
    assert "18080" in reply["failures"][0]["detail"]
    # Nothing of the refused ones holds it.
    ended, _ = complete(tasks, ["true"], mode="bridge", container=mapping)
    assert ended["containers"][0]["exitCode"] == 0


def test_ranges_and_udp_are_published(tasks, daemon):
    mappings = [{"containerPortRange": "7000-7002", "protocol": "udp"}]
    task = one(start(
        tasks, shell("echo ready; sleep 60"), mode="bridge", container={"portMappings": mappings}))
    bindings = task["containers"][0]["networkBindings"]
    # One binding for the range, with host ports that follow one another.
    assert [(binding["containerPortRange"], binding["protocol"]) for binding in bindings] == [("7000-7002", "udp")]
    assert not {"containerPort", "hostPort"} & bindings[0].keys()
    first, last = (int(port) for port in bindings[0]["hostPortRange"].split("-"))
    assert last == first + 2 and 49153 <= first <= 65533
    member = next(member for member in daemon.network()["tasks"] if member["task"] == task_id(task))
    assert [(port["hostPort"], port["count"]) for port in member["network"]["ports"]] == [(first, 3)]
    stop(tasks, task)


def test_every_port_of_a_range_leads_to_its_own(tasks, machine):
    serving_both = "; ".join(f"(nc -ll -p {port} -e echo {port} &)" for port in (7100, 7101))
    task = one(start(
        tasks, shell(f"{serving_both}; {listened(7100, 7101)}; echo ready; sleep 60"), mode="bridge",
        container={"portMappings": [{"containerPortRange": "7100-7101"}]}))
    tasks.wait_output(task, "ready")
    first = int(task["containers"][0]["networkBindings"][0]["hostPortRange"].split("-")[0])
    for offset in (0, 1):
        assert answer(machine.outside, HOST4, first + offset) == f"{7100 + offset}\n".encode()
    stop(tasks, task)


def test_links_and_extra_hosts_are_names(tasks):
    containers = [
        {"name": "db", "image": "busybox", "command": ["sleep", "60"], "essential": False},
        {"name": "main", "image": "busybox", "essential": True, "links": ["db:database"], "hostname": "front",
         "extraHosts": [{"hostname": "elsewhere", "ipAddress": "192.0.2.77"}],
         "command": shell("hostname; cat /etc/hosts")},
    ]
    ended = tasks.wait(one(start(tasks, None, mode="bridge", containerDefinitions=containers)))
    text = tasks.output(ended)[0]
    lines = [line.split() for line in text.splitlines()]
    assert ["192.0.2.77", "elsewhere"] in lines
    assert any("database" in line and "db" in line for line in lines)
    assert "front" in text.splitlines()[0]


def test_mode_none_has_a_loopback_alone(tasks):
    ended, text = complete(
        tasks,
        shell(f"ls /sys/class/net; (nc -ll -p 9000 -e echo up &); {listened(9000)}; nc -w 2 127.0.0.1 9000"), mode="none")
    assert text == "lo\nup\n"
    assert ended["attachments"] == []


def test_mode_host_is_the_hosts_network(tasks, machine):
    task = serving(tasks, mode="host", container={"portMappings": [{"containerPort": 8000}]})
    assert tasks.describe(task)["containers"][0]["networkBindings"][0]["hostPort"] == 8000
    assert answer(machine.outside, HOST4, 8000) == b"served\n"
    stop(tasks, task)


def test_a_port_of_the_host_is_one_tasks_whatever_its_mode(tasks):
    mapping = {"portMappings": [{"containerPort": 8100, "hostPort": 8100}]}
    for mode, other in (("host", "host"), ("host", "bridge"), ("bridge", "host")):
        first = one(start(tasks, ["sleep", "60"], mode=mode, container=mapping))
        reply = start(tasks, ["sleep", "60"], mode=other, container=mapping)
        assert reply["tasks"] == []
        assert reply["failures"][0]["reason"] == "RESOURCE:PORTS"
        assert "8100" in reply["failures"][0]["detail"] and task_id(first) in reply["failures"][0]["detail"]
        stop(tasks, first)


def test_tcp_is_counted_with_all_that_carries_it(tasks, daemon, machine):
    server = Server(machine.outside, OUTSIDE4)
    ended, _ = complete(tasks, shell(f"head -c 10000000 /dev/zero | nc -w 5 {OUTSIDE4} {server.port} >/dev/null"))
    server.close()
    assert server.received == [10_000_000]
    sent = bill(daemon, ended)["used"]["networkSentBytes"]
    # A header of 66 bytes for each 1,448 of content at most, and what is sent again while a busy machine drops it.
    assert 10_000_000 * 1.001 < sent < 10_000_000 * 1.25


def test_a_task_that_runs_is_counted_too_and_shown(tasks, daemon, names):
    names.forget()
    task = one(start(tasks, shell(f"nslookup name.example {OUTSIDE4}; echo over; sleep 60")))
    tasks.wait_output(task, "over")
    used = bill(daemon, task)["used"]
    # Beside questions and answers either end of a link with IPv6 tells a few times which groups it is in (RFC 3810).
    assert 0 < len(names.received) <= used["networkSentPackets"] <= len(names.received) + 8
    assert len(names.sent) <= used["networkReceivedPackets"] <= len(names.sent) + 8
    shown = daemon.network()
    member = next(member for member in shown["tasks"] if member["task"] == task_id(task))
    assert member["network"]["link"]["ipv4"] == address(tasks.describe(task))
    assert shown["status"]["bridge"] == "berth0"
    assert address(tasks.describe(task)) in daemon.command("network", "show").stdout.decode()
    stop(tasks, task)


def test_settings_of_the_kernel_are_the_tasks_own(tasks):
    control = {"systemControls": [{"namespace": "net.ipv4.ip_local_port_range", "value": "4000 5000"}]}
    _, text = complete(tasks, ["cat", "/proc/sys/net/ipv4/ip_local_port_range"], container=control)
    assert text == "4000\t5000\n"


def test_a_flush_of_the_firewall_is_mended(tasks, machine, daemon):
    server = serving(tasks, groups=["sg-one"])
    where = address(tasks.describe(server))
    machine.host.nft("flush ruleset")
    deadline = time.monotonic() + 30
    while "berth0" not in machine.host.nft("list ruleset"):
        assert time.monotonic() < deadline, f"the tables were not made anew:\n{daemon.last_words()}"
        time.sleep(0.05)
    assert complete(tasks, shell(ask(where, 8000)), groups=["sg-two"])[1] == "no\n"
    assert complete(tasks, shell(ask(where, 8000)), groups=["sg-one"])[1] == "served\n"
    stop(tasks, server)
