"""What a task may use, what it did use, and what that costs."""

import json
from decimal import Decimal

from support.clients import shell, task_id

VCPU_SECOND, GIB_SECOND = Decimal("0.000011244"), Decimal("0.000001235")  # Fargate, us-east-1, Linux/x86


def bill(daemon, task):
    return json.loads(daemon.command("bill", "--task", task_id(task), "--format", "json").stdout)


def expected_total(cpu_units, memory_mib, seconds):
    return Decimal(cpu_units) / 1024 * seconds * VCPU_SECOND + Decimal(memory_mib) / 1024 * seconds * GIB_SECOND


def test_a_short_task_costs_its_minimum_exactly(tasks, daemon):
    ended = tasks.complete(["true"])
    charged = bill(daemon, ended)
    assert charged["taskArn"] == ended["taskArn"]
    assert charged["status"] == "STOPPED"
    reserved = charged["reserved"]
    assert (reserved["cpuUnits"], reserved["memoryMiB"], reserved["billedSeconds"]) == (256, 512, 60)
    assert Decimal(charged["total"]) == Decimal("0.00020571")
    assert sum(Decimal(line["amount"]) for line in charged["lines"]) == Decimal(charged["total"])
    assert charged["currency"] == "USD"


def test_every_size_is_charged_by_the_formula(tasks, daemon):
    for cpu, memory in ((256, 1024), (512, 3072), (1024, 2048), (2048, 5120)):
        ended = tasks.complete(["true"], cpu=str(cpu), memory=str(memory))
        charged = bill(daemon, ended)
        assert Decimal(charged["total"]) == expected_total(cpu, memory, charged["reserved"]["billedSeconds"])


def test_run_seconds_are_the_time_between_pull_and_end(tasks, daemon):
    ended = tasks.complete(["sleep", "1"])
    run = bill(daemon, ended)["reserved"]["runSeconds"]
    shown = (ended["stoppedAt"] - ended["pullStartedAt"]).total_seconds()
    assert run >= 1
    assert abs(run - shown) < 0.5


def test_the_cpu_limit_holds_and_is_seen_in_what_was_used(tasks, daemon):
    ended = tasks.complete(shell("i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done"))
    charged = bill(daemon, ended)
    used, run = charged["used"]["cpuUsec"] / 1e6, charged["reserved"]["runSeconds"]
    assert used > 0.1, "the loop is too short to meet the limit"
    # A quarter of a CPU, and one period of 100 ms that the kernel may give at the start.
    assert used <= 0.25 * run + 0.1
    assert charged["used"]["cpuUserUsec"] + charged["used"]["cpuSystemUsec"] <= charged["used"]["cpuUsec"] * 1.01 + 20_000


def test_peak_memory_is_what_the_task_touched(tasks, daemon):
    ended = tasks.complete(["dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"])
    peak = bill(daemon, ended)["used"]["memoryPeakBytes"]
    assert 100 << 20 <= peak <= 130 << 20


def test_a_killed_task_says_so_in_its_bill(tasks, daemon):
    ended = tasks.complete(["dd", "if=/dev/zero", "of=/dev/null", "bs=700M", "count=1"])
    used = bill(daemon, ended)["used"]
    assert used["oomKills"] >= 1
    assert used["memoryPeakBytes"] <= 512 << 20


def test_processes_are_limited(fresh_daemon, busybox):
    from support.clients import Tasks

    fresh_daemon.stop()
    with open(fresh_daemon.configuration, "a", encoding="utf-8") as file:
        file.write("tasks:\n  processes: 20\n")
    fresh_daemon.start()
    fresh_daemon.import_image(busybox, "busybox")
    tasks = Tasks(fresh_daemon)
    ended = tasks.complete(shell("for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; do sleep 60 & done; wait"))
    assert "fork" in tasks.output(ended)[1]


def test_the_bill_of_all_tasks_in_every_format(tasks, daemon):
    tasks.complete(["true"])
    bills = json.loads(daemon.command("bill", "--format", "json").stdout)
    assert isinstance(bills, list) and len(bills) == len({each["taskArn"] for each in bills})
    rows = daemon.command("bill", "--format", "csv").stdout.decode().splitlines()
    assert rows[0].startswith("taskArn,")
    assert len(rows) - 1 == sum(len(each["lines"]) for each in bills)
    table = daemon.command("bill").stdout.decode().splitlines()
    assert len(table) - 1 == len(bills)
