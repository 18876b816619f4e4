"""What is allowed to each thing that is measured, and whether it was met: all that a run has to show, in one table.

A row is met, missed, or waiting: for a feature that is not there yet, or for what this run has not measured.
"""

import statistics
from typing import NamedTuple

from runtimes import OTHER

BERTH = "berth: RunTask to STOPPED seen"


class Row(NamedTuple):
    """`beside`: what the figure was compared with, or why there is none. `part`: whose breakdown explains it."""

    what: str
    goal: str
    figure: str
    beside: str
    verdict: str
    part: str


def p(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def walls(result):
    """The wall times of one run of launch.py, by who ran."""
    found = {"berth": result["measured"][BERTH]}
    return found | {what.removesuffix(" run"): values for what, values in result["measured"].items() if what.endswith(" run")}


def medians(result):
    return {name: statistics.median(values) for name, values in walls(result).items()}


class Budgets:
    def __init__(self, results):
        self.results, self.rows = results, []

    def part(self, name):
        """A part's result, or nothing when it is not there or failed."""
        result = self.results.get(name, {})
        return {} if "failed" in result else result

    def row(self, what, figure, limit, unit="", part="", beside="", least=False, form="{:.2f}"):
        """One row; `figure` is nil for what was not measured, and `limit` the most it may be, or the least."""
        goal = f"{'≥' if least else '≤'} {limit:,}{unit}"
        if figure is None:
            failed = "failed" in self.results.get(part, {})
            why = beside or (f"its part failed: {part}" if failed else "not in this run")
            self.rows.append(Row(what, goal, "", why, "waiting", part))
        else:
            met = figure >= limit if least else figure <= limit
            self.rows.append(Row(what, goal, form.format(figure) + unit, beside, "met" if met else "missed", part))

    def ratio(self, what, ours, peers, limit, unit, part, least=False, form="{:.2f}"):
        """One row of a ratio: ours to the best of some peers, a dictionary of name and figure."""
        known = {name: value for name, value in peers.items() if value}
        if ours is None or not known:
            self.row(what, None, limit, part=part, least=least, beside="" if not known and ours is None else "no such peer ran")
            return
        best = (max if least else min)(known, key=known.get)
        self.row(what, ours / known[best], limit, part=part, least=least, form=form,
                 beside=f"{ours:.4g}{unit} beside {best}: {known[best]:.4g}{unit}")

    def waits(self, what, goal, why):
        self.rows.append(Row(what, goal, "", why, "waiting", ""))


def both(name):
    return (name, name + OTHER)


def pick(values, names):
    return {name: values[name] for name in names if name in values}


def launch(budgets):
    for name, pause, own, newest in (("launch", "", 4.5, 0.5), ("launch, 100 ms pauses", " after 100 ms of pause", 6, 0.3)):
        result = budgets.part(name)
        middle = medians(result) if result else {}
        ours = middle.get("berth")
        budgets.row(f"one short task through the API{pause}, p50", ours, own, " ms", name)
        if not pause:
            budgets.row("the same, p99", p(walls(result)["berth"], 0.99) if result else None, 10, " ms", name)
        budgets.ratio(f"one short task{pause} × crun of Debian 13", ours, pick(middle, ["crun" + OTHER]), newest, " ms", name)
        if not pause:
            for peer, limit in (("runc", 0.15), ("podman", 0.04), ("containerd", 0.04), ("docker", 0.02)):
                budgets.ratio(f"one short task × {peer}", ours, pick(middle, both(peer)), limit, " ms", name)
            budgets.ratio("one short task × crun of Debian 12", ours, pick(middle, ["crun"]), 0.22, " ms", name)
            bare = budgets.part("floor").get("steps", {}).get("the whole", [None])[0]
            budgets.ratio("one short task × the bare kernel", ours, {"the floor": bare}, 1.9, " ms", name)
    way, parked = (next((one for one in budgets.part(part).get("rows", []) if one["step"].startswith("from RunTask")), {})
                   for part in ("steps", "steps, parked sandbox"))
    budgets.row("RunTask to the first instruction, p50", way.get("p50 ms"), 5, " ms", "steps")
    budgets.row("RunTask to the first instruction, p99", way.get("p99 ms"), 25, " ms", "steps")
    budgets.row("RunTask to the first instruction of a parked sandbox", parked.get("p50 ms"), 1.5, " ms", "steps, parked sandbox")


def throughput(budgets):
    rows = {(one["who"], one["at a time"]): one for one in budgets.part("throughput").get("rows", [])}
    pace = {who: one["a second"] for (who, many), one in rows.items() if many == 16}
    ours, by_turns = rows.get(("berth", 16)), {many: one["a second"] for (who, many), one in rows.items() if who == "berth, by turns"}
    budgets.row("short tasks a second, 16 at a time", pace.get("berth"), 250, part="throughput", least=True, form="{:.0f}")
    budgets.row("the same, p99", ours and ours["p99 ms"], 100, " ms", "throughput", form="{:.0f}")
    for peer, names, limit in (("crun of Debian 13", ["crun" + OTHER], 1.25), ("podman", both("podman"), 28), ("docker", both("docker"), 28)):
        budgets.ratio(f"short tasks a second × {peer}", pace.get("berth"), pick(pace, names), limit, " a second", "throughput",
                      least=True, form="{:.1f}")
    budgets.ratio("16 at a time × one at a time", by_turns.get(16), {"one at a time": by_turns.get(1)}, 1.6, " a second", "throughput",
                  least=True)


def requests(budgets):
    rows = [one for one in budgets.part("load").get("rows", []) if one["operation"] == "RunTask"]
    rows = [one | {"accepted": one["a second"] * (1 - one["refused"] / one["requests"])} for one in rows]
    best = max(rows, key=lambda one: one["accepted"], default=None)
    budgets.row("durable RunTask a second", best and best["accepted"], 2000, part="load", least=True, form="{:.0f}",
                beside=best and f"{best['connections']} connections" or "")
    budgets.waits("durable SubmitJob a second", "≥ 2,000", "AWS Batch's API is not there yet")
    # Who waited for such a pull would wait for ever; what is left are measurements of less than a millisecond.
    for one in budgets.part("stalled").get("rows", [{"what": what} for what in ("RunTask to STOPPED seen", "DescribeTasks")]):
        budgets.ratio(f"{one['what']} beside pulls that never end × without", one.get("beside ms"), {"without": one.get("without ms")},
                      1.5, " ms", "stalled")


def pull(budgets):
    result = budgets.part("pull")
    processor = {row[1]: row[5] for row in result.get("rows", []) if row[0] == "berth"}
    for form, limit in (("gzip", 1.5), ("zstd", 1.1)):
        one = result.get("medians", {}).get(form, {})
        budgets.row(f"pull and unpack, {form}", one.get("berth"), limit, " s", "pull")
        peers = {name: value for name, value in one.items() if name != "berth"}
        budgets.ratio(f"pull and unpack, {form} × the best peer", one.get("berth"), peers, 0.33, " s", "pull")
    budgets.row("pull and unpack, gzip, processor time", processor.get("gzip"), 3, " s", "pull")


def memory(budgets):
    rows = {one["tasks"]: one for one in budgets.part("memory").get("rows", []) if one["who"] == "berth"}
    busiest, rest, full = rows.get(max(rows, default=0), {}), rows.get(0, {}), rows.get(1000, {})
    budgets.row("memory of a running idle task beside its own", busiest.get("monitor private MiB"), 0.3, " MiB", "memory")
    budgets.row("daemon at rest", rest.get("daemon resident MiB"), 40, " MiB", "memory", form="{:.1f}")
    budgets.row("daemon with 1,000 running tasks", full.get("daemon resident MiB"), 80, " MiB", "memory", form="{:.1f}")
    share = full.get("daemon idle share")
    budgets.row("the same, share of a core", share if share is None else share * 100, 1, " %", "memory")
    apart = budgets.part("metering").get("most apart us")
    budgets.row("a bill beside the kernel's counter, apart at most", apart, 1, " µs", "metering",
                beside="" if apart is None else "bills are in whole µs, cut off")


def history(budgets):
    result = budgets.part("history")
    rows = {one["tasks"]: one for one in result.get("rows", [])}
    first, million = rows.get(1, {}), rows.get(1_000_000, {})
    budgets.row("DescribeTasks with 1,000,000 finished tasks", million.get("DescribeTasks ms"), 5, " ms", "history")
    budgets.row("a page of ListTasks with 1,000,000 finished tasks", million.get("ListTasks page ms"), 20, " ms", "history")
    budgets.waits("monthly report of 1,000,000 finished tasks", "≤ 2 s", "no monthly report is there yet")
    budgets.row("start-up with an empty store", first.get("ready ms"), 150, " ms", "history", form="{:.0f}")
    budgets.row("start-up with 1,000,000 tasks", million.get("ready ms"), 1000, " ms", "history", form="{:.0f}")

    def growth(what, one):
        ours, empty = one.get("RunTask to STOPPED seen ms"), one.get("empty daemon ms")
        budgets.ratio(what, ours, {"an empty daemon by turns": empty}, 1.1, " ms", "history")

    growth("a launch with 1,000,000 stored tasks × with none", million)
    beside = result.get("beside", {})
    whole = beside if (beside.get("tasks"), beside.get("running")) == (1_000_000, 1000) else {}
    growth("the same with 1,000 running tasks: the daemon's own share", whole)
    # What the kernel adds is in it: the empty daemon's launches of before the thousand began.
    budgets.ratio("a launch with 1,000 running and 1,000,000 stored tasks × with none", whole.get("RunTask to STOPPED seen ms"),
                  {"an empty daemon beside no other": million.get("empty daemon ms")}, 1.1, " ms", "history")


def network(budgets):
    result = budgets.part("network")
    walls = result.get("launch ms", {})
    budgets.row("what a network adds to a launch", walls["with a network"] - walls["without"] if walls else None, 0.3, " ms", "network",
                beside=f"{walls['with a network']:.2f} beside {walls['without']:.2f} ms" if walls else "")
    budgets.row("filling the pool, processor time of a namespace", result.get("fill ms"), 2, " ms", "network")
    for name, how in (("network", ""), ("network, without big TCP", ", without big TCP")):
        pace = budgets.part(name).get("gigabits", {})
        for way in ("task to task", "host to task", "task to host"):
            budgets.ratio(f"throughput, {way} × a plain pair of links{how}", pace.get(way), pick(pace, ["plain pair"]), 0.95,
                          " Gbit/s", name, least=True)


def inner(budgets):
    result = budgets.part("inner")
    if result:
        budgets.rows.append(Row("single parts within their thresholds", "all", str(len(result["rows"])), "Benchmarks/Thresholds",
                                "met" if result["held"] else "missed", "inner"))
    else:
        budgets.waits("single parts within their thresholds", "all", "not in this run")


def rows(results):
    """All of the table."""
    budgets = Budgets(results)
    for part in (launch, throughput, requests, pull, memory, history, network, inner):
        part(budgets)
    return budgets.rows


def lines(results):
    """What was measured, as text for a terminal."""
    return [f"{row.what:70} {row.goal:16} {row.figure:>12}  {row.verdict:7} {row.beside}" for row in rows(results)
            if row.verdict != "waiting"]
