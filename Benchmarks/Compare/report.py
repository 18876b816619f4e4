"""From measurements to Benchmarks/RESULTS.md: budgets, tables, what was missed and why, and charts."""

import statistics

import budgets
import charts
import missed
from budgets import medians, p, walls
from figures import table


class Report:
    """The text as it grows, and the charts beside it."""

    def __init__(self, directory, results):
        self.text, self.results, self.pictures = [], results, directory / "charts"
        self.pictures.mkdir(exist_ok=True)
        for old in self.pictures.glob("*.svg"):
            old.unlink()

    def section(self, title, name):
        """Begins the section of a part: its result, or nothing when there is none to show."""
        result = self.results.get(name)
        if result is None:
            return None
        self.text += [f"## {title}", ""]
        if "failed" in result:
            self.text += [f"Failed: {result['failed']}", ""]
            return None
        self.text += [f"`{result['command']}`", ""]
        return result

    def table(self, heads, rows):
        self.text += table(heads, rows)

    def missing(self, result):
        for who, why in result.get("missing", {}).items():
            self.text += [f"Not measured: {who}: {why}", ""]

    def picture(self, name, content, label):
        (self.pictures / f"{name}.svg").write_text(content)
        self.text += [f"![{label}](charts/{name}.svg)", ""]


def machine(report, facts, results):
    plain = {name: value for name, value in facts.items() if name not in ("versions", "missing")}
    report.table(["machine", ""], plain.items())
    report.table(["program", "version"], facts["versions"].items())
    for who, why in facts.get("missing", {}).items():
        report.text += [f"Not there: {who}: {why}", ""]
    report.table(["part", "minutes", "commit"], [
        (name, f"{result['took s'] / 60:.1f}" + (", failed" if "failed" in result else ""), result["commit"])
        for name, result in results.items()])


def budget_table(report, results):
    rows = budgets.rows(results)
    count = {verdict: sum(row.verdict == verdict for row in rows) for verdict in ("met", "missed", "waiting")}
    report.text += ["## Budgets", "", f"{count['met']} met, {count['missed']} missed, {count['waiting']} waiting.", ""]
    report.table(["what", "goal", "figure", "", "beside"], [(row.what, row.goal, row.figure, row.verdict, row.beside) for row in rows])
    lost = [row for row in rows if row.verdict == "missed"]
    if lost:
        report.text += ["## Missed", ""]
    for name in dict.fromkeys(missed.group(row.part) for row in lost):
        report.text += [f"### {name}", ""]
        report.text += [f"- {row.what}: {row.figure}, goal {row.goal}" for row in lost if missed.group(row.part) == name]
        report.text += ["", *missed.explained(name, results)]


def launch(report, name, title, file):
    result = report.section(title, name)
    if not result:
        return
    middle, all_walls = dict(sorted(medians(result).items(), key=lambda pair: pair[1])), walls(result)
    rows = []
    for who, value in middle.items():
        cpu = result["measured"].get(f"{who} run, processor time")
        rows.append((who, f"{value:.2f}", *(f"{p(all_walls[who], share):.2f}" for share in (0.1, 0.9, 0.99)),
                     f"{statistics.median(cpu):.1f}" if cpu else "", f"{middle['berth'] / value:.3f}"))
    report.table(["who", "p50 ms", "p10", "p90", "p99", "processor ms", "berth is × of it"], rows)
    report.missing(result)
    report.picture(file, charts.bars(title, "milliseconds, median", middle), title)


def floor(report):
    for name, title in (("floor", "What the kernel alone takes"), ("floor, 100 ms pauses", "The kernel after pauses of 100 ms")):
        result = report.section(title, name)
        if result:
            report.table(["step", "p50 ms", "p99 ms"], [(step, f"{a:.3f}", f"{b:.3f}") for step, (a, b) in result["steps"].items()])


def steps(report):
    for name, title in (("steps", "Where the time of a launch goes"), ("steps, 100 ms pauses", "The same after pauses of 100 ms"),
                        ("steps, parked sandbox", "The same in sandboxes that wait (tasks.parked)")):
        result = report.section(title, name)
        if result:
            report.table(["step", "p50 ms", "p99 ms"],
                         [(("· " if r["in"] else "") + r["step"], f"{r['p50 ms']:.3f}", f"{r['p99 ms']:.3f}") for r in result["rows"]])
    ours, bare = (report.results.get(name, {}) for name in ("steps", "floor"))
    phases = {"berth: " + r["step"]: r["p50 ms"] for r in ours.get("rows", []) if not r["in"] and "RunTask" not in r["step"]}
    phases |= {"kernel: " + step: values[0] for step, values in bare.get("steps", {}).items() if step != "the whole"}
    if phases:
        report.picture("steps", charts.bars("Steps of one launch, and of the kernel's own", "milliseconds, median", phases), "Steps")


def throughput(report):
    result = report.section("Short tasks a second", "throughput")
    if not result:
        return
    rows = result["rows"]
    report.table(["who", "at a time", "a second", "least to most", "p50 ms", "p99 ms", "machine busy"], [
        (r["who"], r["at a time"], f"{r['a second']:.1f}", f"{r['least']:.1f} to {r['most']:.1f}", f"{r['p50 ms']:.1f}",
         f"{r['p99 ms']:.1f}", f"{r['busy']:.0%}") for r in rows])
    report.missing(result)
    for what, file, unit in (("a second", "throughput", "a second; higher is better"), ("p50 ms", "together", "milliseconds of one, median")):
        series = {}
        for one in rows:
            series.setdefault(one["who"], {})[one["at a time"]] = one[what]
        title = "Short tasks a second" if what == "a second" else "One short task while others start"
        report.picture(file, charts.lines(title, "at a time", unit, series), title)


def requests(report):
    result = report.section("Requests a second", "load")
    if result:
        report.table(["operation", "connections", "a second", "p50 ms", "p99 ms", "refused"], [
            (r["operation"], r["connections"], f"{r['a second']:.0f}", f"{r['p50 ms']:.2f}", f"{r['p99 ms']:.2f}", r["refused"])
            for r in result["rows"]])
        report.picture("requests", charts.bars("Signed requests a second", "a second", {
            f"berth, {r['operation']}, {r['connections']} at a time": r["a second"] for r in result["rows"]}, better="longer"), "Requests")
    result = report.section("Beside pulls that never end", "stalled")
    if result:
        report.table(["what", "without, ms", f"beside {result['pulls']} of them, ms"],
                     [(r["what"], f"{r['without ms']:.2f}", f"{r['beside ms']:.2f}") for r in result["rows"]])
    result = report.section("Metering", "metering")
    if result:
        report.table(["tasks", "billed, µs", "counted by the kernel, µs"],
                     [(result["tasks"], f"{result['billed us']:,}", f"{result['counted us']:,}")])


def pull(report):
    result = report.section("Pull and unpack", "pull")
    if not result:
        return
    report.table(["who", "form", "s", "min", "max", "processor s", "sync after, s", "peak MiB"], [
        tuple("" if cell is None else cell if isinstance(cell, str) else f"{cell:.2f}" for cell in row) for row in result["rows"]])
    report.missing(result)
    report.picture("pull", charts.bars("Pull and unpack", "seconds, median", {
        f"{who}, {form}": seconds for who, form, seconds, *_ in sorted(result["rows"], key=lambda row: (row[1], row[2]))}), "Pull")


def network(report):
    for name, title in (("network", "Network"), ("network, without big TCP", "Network without big TCP")):
        result = report.section(title, name)
        if result:
            plain = result["gigabits"]["plain pair"]
            report.table(["way", "Gbit/s", "× the plain pair"],
                         [(way, f"{value:.1f}", f"{value / plain:.2f}") for way, value in result["gigabits"].items()])


def memory(report):
    result = report.section("Memory", "memory")
    if not result:
        return
    rows = result["rows"]
    report.table(
        ["who", "tasks", "monitor, private MiB each", "daemon, resident MiB", "daemon, private MiB", "daemon idle", "a further task, ms"],
        [(r["who"], r["tasks"], f"{r['monitor private MiB']:.2f}" if r["monitors"] else "",
          *(f"{r[what]:.1f}" if what in r else "" for what in ("daemon resident MiB", "daemon private MiB")),
          f"{r['daemon idle share']:.1%}" if "daemon idle share" in r else "", f"{r['launch ms']:.1f}" if "launch ms" in r else "")
         for r in rows])
    report.missing(result)
    report.picture("memory", charts.bars("Memory of a monitor", "MiB private, each", {
        r["who"]: r["monitor private MiB"] for r in rows if r["monitors"]}), "Memory of a monitor")
    ours = [r for r in rows if r["who"] == "berth"]
    for what, file, title, unit in (("daemon resident MiB", "daemon", "The daemon's memory", "MiB resident"),
                                    ("daemon idle share", "idle", "The daemon's processor time", "% of one processor")):
        scale = 100 if file == "idle" else 1
        report.picture(file, charts.lines(title, "running tasks", unit, {"berth": {r["tasks"]: r[what] * scale for r in ours}}), title)


def history(report):
    result = report.section("With a history", "history")
    if not result:
        return
    rows, beside = result["rows"], result["beside"]
    heads = list(rows[0])
    report.table(heads, [[f"{row[head]:,}" if head == "tasks" else f"{row[head]:.2f}" for head in heads] for row in rows])
    report.table(list(beside), [[f"{value:,}" if isinstance(value, int) else f"{value:.2f}" for value in beside.values()]])
    report.picture("history", charts.lines("With finished tasks behind it", "finished tasks", "milliseconds", {
        "berth " + head.removesuffix(" ms"): {row["tasks"]: row[head] for row in rows}
        for head in heads if head in ("DescribeTasks ms", "ListTasks page ms", "RunTask to STOPPED seen ms")}), "With a history")


def inner(report):
    result = report.section("Single parts, 90th percentiles", "inner")
    if result:
        report.table(["part", "what", "µs", "threshold", "processor µs", "allocations", "threshold"], [
            (r["part"], r["what"], f"{r['wall us']:.1f}", f"{r['wall threshold us']:.1f}", f"{r['processor us']:.1f}",
             f"{r['allocations']:,}", f"{r['allocations threshold'] or 0:,}") for r in result["rows"]])


def write(directory, facts, results):
    """RESULTS.md and its charts."""
    report = Report(directory, results)
    report.text += ["# Results", "", "Written by `make bench`; do not edit. Ratios hold elsewhere, times do not.", ""]
    machine(report, facts, results)
    budget_table(report, results)
    launch(report, "launch", "One task, back to back", "launch")
    launch(report, "launch, 100 ms pauses", "One task after a pause of 100 ms", "launch-pauses")
    for part in (steps, floor, throughput, requests, pull, memory, history, network, inner):
        part(report)
    (directory / "RESULTS.md").write_text("\n".join(report.text))
