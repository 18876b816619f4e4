"""From measurements to Benchmarks/RESULTS.md: tables, ratios, the budgets met and missed, and charts."""

import statistics

import charts

BERTH = "berth: RunTask to STOPPED seen"


def p(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]


def table(heads, rows):
    return ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows), ""]


def walls(result):
    """The wall times of one run, by who ran."""
    found = {BERTH.split(":")[0]: result["measured"][BERTH]}
    found |= {what.removesuffix(" run"): values for what, values in result["measured"].items() if what.endswith(" run")}
    return found


def medians(result):
    return {name: statistics.median(values) for name, values in walls(result).items()}


# What a budget of Docs/benchmarks.md allows, and what was measured for it; a value of nil: not measured in this run.

def budgets(results):
    """Rows of (what, goal, figure, met)."""
    rows = []

    def row(what, goal, figure, limit, at_least=False, form="{:.2f}"):
        met = "not measured" if figure is None else ("met" if (figure >= limit if at_least else figure <= limit) else "missed")
        rows.append((what, goal, "" if figure is None else form.format(figure), met))

    for name, own, trixie in (("launch", 4.5, 0.5), ("launch, 100 ms pauses", 6, 0.3)):
        result = results.get(name)
        middle = medians(result) if result else {}
        ours, pause = middle.get("berth"), " with 100 ms pauses" if "pauses" in name else ""
        row(f"one short task through the API{pause}, p50", f"≤ {own} ms", ours, own)

        def against(peer, limit):
            value = ours / middle[peer] if ours and peer in middle else None
            row(f"the same, × {peer}", f"≤ {limit}", value, limit)

        against("crun of Debian 13", trixie)
        if not pause:
            row("the same, p99", "≤ 10 ms", p(result["measured"][BERTH], 0.99) if result else None, 10)
            for peer, limit in (("crun", 0.22), ("runc", 0.15), ("podman", 0.04), ("containerd", 0.04), ("docker", 0.02)):
                against(peer, limit)
            bare = results.get("floor", {}).get("steps", {}).get("the whole", [None])[0]
            row("the same, × the kernel's floor", "≤ 1.9", ours / bare if ours and bare else None, 1.9)
            first = result["measured"]["berth: created to first instruction"] if result else None
            row("RunTask accepted to first instruction, p50", "≤ 5 ms", statistics.median(first) if first else None, 5)
            row("RunTask accepted to first instruction, p99", "≤ 25 ms", p(first, 0.99) if first else None, 25)
    many = {(one["who"], one["at a time"]): one for one in results.get("throughput", {}).get("rows", [])}
    ours = many.get(("berth", 16))
    row("short tasks a second, 16 at a time", "≥ 250", ours and ours["a second"], 250, at_least=True, form="{:.0f}")
    for peer, limit in (("crun of Debian 13", 1.25), ("podman", 28), ("docker", 28)):
        other = many.get((peer, 16))
        row(f"the same, × {peer}", f"≥ {limit}", ours["a second"] / other["a second"] if ours and other else None, limit, at_least=True)
    row("the same, p99", "≤ 100 ms", ours and ours["p99 ms"], 100, form="{:.0f}")
    alone = many.get(("berth", 1))
    row("16 at a time, × one at a time", "≥ 1.6", ours["a second"] / alone["a second"] if ours and alone else None, 1.6, at_least=True)
    requests = [one["a second"] for one in results.get("load", {}).get("rows", []) if one["operation"] == "RunTask"]
    row("durable RunTask a second", "≥ 2,000", max(requests) if requests else None, 2000, at_least=True, form="{:.0f}")
    pulls = results.get("pull", {}).get("medians", {})
    for form, limit in (("gzip", 1.5), ("zstd", 1.1)):
        one = pulls.get(form, {})
        peers = [value for name, value in one.items() if name != "berth"]
        row(f"pull and unpack, {form}", f"≤ {limit} s (of a 420 MB image)", one.get("berth"), limit)
        row(f"the same, {form}, × the best peer", "≤ 0.33", one["berth"] / min(peers) if "berth" in one and peers else None, 0.33)
    idle = {one["tasks"]: one for one in results.get("memory", {}).get("rows", []) if one["who"] == "berth"}
    busy = idle.get(max(idle)) if idle else None
    row("memory of a running idle task beside its own", "≤ 0.3 MiB", busy and busy["monitor private MiB"], 0.3)
    row("daemon at rest", "≤ 40 MiB", idle[0]["daemon resident MiB"] if 0 in idle else None, 40, form="{:.1f}")
    row("daemon with 1,000 running tasks", "≤ 80 MiB", idle[1000]["daemon resident MiB"] if 1000 in idle else None, 80, form="{:.1f}")
    row("the same, share of a core", "≤ 1 %", idle[1000]["daemon idle share"] * 100 if 1000 in idle else None, 1)
    past = {one["tasks"]: one for one in results.get("history", {}).get("rows", [])}
    million = past.get(1_000_000)
    row("DescribeTasks with 1,000,000 finished tasks", "≤ 5 ms", million and million["DescribeTasks ms"], 5)
    row("one page of a list with 1,000,000 finished tasks", "≤ 20 ms", million and million["ListTasks page ms"], 20)
    row("start-up with 1,000,000 tasks", "≤ 1,000 ms", million and million["ready ms"], 1000, form="{:.0f}")
    row("start-up with a nearly empty store", "≤ 150 ms", past[1]["ready ms"] if 1 in past else None, 150, form="{:.0f}")
    if million and 1 in past:
        growth = million["RunTask to STOPPED seen ms"] / past[1]["RunTask to STOPPED seen ms"]
        row("a launch with 1,000,000 finished tasks, × with one", "≤ 1.1", growth, 1.1)
    if 1000 in idle and 0 in idle:
        row("a launch beside 1,000 running tasks, × beside none", "≤ 1.1", idle[1000]["launch ms"] / idle[0]["launch ms"], 1.1)
    network = results.get("network")
    cost = network["launch ms"]["with a network"] - network["launch ms"]["without"] if network else None
    row("what a network adds to a launch", "≤ 0.3 ms", cost, 0.3)
    row("filling the pool, processor time of a namespace", "≤ 2 ms", network and network["fill ms"], 2)
    for way in ("task to task", "host to task", "task to host"):
        value = network["gigabits"][way] / network["gigabits"]["plain pair"] if network else None
        row(f"throughput, {way}, × a plain pair of links", "≥ 0.95", value, 0.95, at_least=True)
    if "inner" in results:
        rows.append(("single parts, within their thresholds", "all", "", "met" if results["inner"]["held"] else "missed"))
    return rows


def ratios(results):
    return [f"{what:56} {goal:28} {figure:>10}  {met}" for what, goal, figure, met in budgets(results) if met != "not measured"]


def launch_section(name, result):
    middle = sorted(medians(result).items(), key=lambda pair: pair[1])
    base, all_walls = middle[0][1], walls(result)
    ours = dict(middle)["berth"]
    rows = []
    for who, value in middle:
        cpu = result["measured"].get(f"{who} run, processor time")
        rows.append((who, f"{value:.2f}", f"{p(all_walls[who], 0.99):.2f}", f"{statistics.median(cpu):.1f}" if cpu else "",
                     f"{ours / value:.2f}"))
    parts = [f"`{result['command']}`", "", *table(["who", "p50 ms", "p99 ms", "processor ms", "berth is × of it"], rows)]
    steps = [(what.removeprefix("berth: "), f"{statistics.median(values):.2f}", f"{p(values, 0.99):.2f}")
             for what, values in result["measured"].items() if what.startswith("berth: ")]
    parts += ["Berth's own steps, ms:", "", *table(["step", "p50", "p99"], steps)]
    parts += [f"Not measured: {who}: {why}." for who, why in result["missing"].items()]
    return parts if base else parts


def write(directory, facts, results):
    """RESULTS.md and its charts."""
    pictures = directory / "charts"
    pictures.mkdir(exist_ok=True)
    text = ["# Results", "", "Written by `make bench`; do not edit. Ratios hold elsewhere, times do not.", "",
            *table(["", ""], [(name, value) for name, value in facts.items() if name != "versions"]),
            *table(["peer", "version"], facts["versions"].items()),
            "## Budgets", "", *table(["what", "goal", "figure", ""], budgets(results))]

    def picture(name, content, label):
        (pictures / f"{name}.svg").write_text(content)
        text.extend([f"![{label}](charts/{name}.svg)", ""])

    for name, title in (("launch", "One task, back to back"), ("launch, 100 ms pauses", "One task after a pause of 100 ms")):
        if name in results:
            text.extend([f"## {title}", "", *launch_section(name, results[name])])
            picture("launch" if name == "launch" else "launch-pauses",
                    charts.bars(title, "milliseconds, median", dict(sorted(medians(results[name]).items(), key=lambda pair: pair[1]))), title)
    for name, title in (("floor", "What the kernel alone takes"), ("floor, 100 ms pauses", "The same after pauses")):
        if name in results:
            steps = results[name]["steps"]
            text.extend([f"## {title}", "", f"`{results[name]['command']}`, milliseconds", "",
                         *table(["step", "p50", "p99"], [(step, f"{a:.3f}", f"{b:.3f}") for step, (a, b) in steps.items()])])
    if "throughput" in results:
        rows, result = results["throughput"]["rows"], results["throughput"]
        text.extend(["## Short tasks a second", "", f"`{result['command']}`", "", *table(
            ["who", "at a time", "a second", "p50 ms", "p99 ms", "machine busy"],
            [(r["who"], r["at a time"], f"{r['a second']:.1f}", f"{r['p50 ms']:.1f}", f"{r['p99 ms']:.1f}", f"{r['busy']:.0%}") for r in rows])])
        series = {}
        for one in rows:
            series.setdefault(one["who"], {})[one["at a time"]] = one["a second"]
        picture("throughput", charts.lines("Short tasks a second", "at a time", "a second; higher is better", series), "Throughput")
    if "pull" in results:
        result = results["pull"]
        text.extend(["## Pull and unpack", "", f"`{result['command']}`", "", *table(
            ["who", "form", "s", "min", "max", "processor s", "sync after, s", "peak MiB"],
            [tuple("" if cell is None else cell if isinstance(cell, str) else f"{cell:.2f}" for cell in row) for row in result["rows"]])])
    for name, title in (("network", "Network"), ("network, without big TCP", "Network without big TCP")):
        if name in results:
            result, plain = results[name], results[name]["gigabits"]["plain pair"]
            text.extend([f"## {title}", "", f"`{result['command']}`", "", *table(
                ["way", "Gbit/s", "× the plain pair"],
                [(way, f"{value:.1f}", f"{value / plain:.2f}") for way, value in result["gigabits"].items()])])
    if "memory" in results:
        rows = results["memory"]["rows"]
        text.extend(["## Memory", "", f"`{results['memory']['command']}`", "", *table(
            ["who", "tasks", "monitor, private MiB each", "daemon, resident MiB", "daemon, private MiB", "daemon idle", "a further task, ms"],
            [(r["who"], r["tasks"], f"{r['monitor private MiB']:.2f}" if r["monitors"] else "",
              *(f"{r[what]:.1f}" if what in r else "" for what in ("daemon resident MiB", "daemon private MiB")),
              f"{r['daemon idle share']:.1%}" if "daemon idle share" in r else "", f"{r['launch ms']:.1f}" if "launch ms" in r else "")
             for r in rows])])
        picture("memory", charts.bars("Memory of a monitor", "MiB private, each", {
            r["who"]: r["monitor private MiB"] for r in rows if r["monitors"]}), "Memory of a monitor")
    if "load" in results:
        text.extend(["## Requests a second", "", f"`{results['load']['command']}`", "", *table(
            ["operation", "connections", "a second", "p50 ms", "p99 ms", "refused"],
            [(r["operation"], r["connections"], f"{r['a second']:.0f}", f"{r['p50 ms']:.2f}", f"{r['p99 ms']:.2f}", r["refused"])
             for r in results["load"]["rows"]])])
    if "history" in results:
        rows = results["history"]["rows"]
        heads = list(rows[0])
        text.extend(["## With a history", "", f"`{results['history']['command']}`", "", *table(
            heads, [[f"{row[head]:,}" if head == "tasks" else f"{row[head]:.2f}" for head in heads] for row in rows])])
        picture("history", charts.lines("With finished tasks behind it", "finished tasks", "milliseconds", {
            "berth " + head.removesuffix(" ms"): {row["tasks"]: row[head] for row in rows}
            for head in heads if head in ("DescribeTasks ms", "ListTasks page ms", "RunTask to STOPPED seen ms")}), "With a history")
    if "inner" in results:
        result = results["inner"]
        text.extend(["## Single parts", "", f"`{result['command']}`, 90th percentiles", "", *table(
            ["part", "what", "µs", "threshold", "processor µs", "allocations", "threshold"],
            [(r["part"], r["what"], f"{r['wall us']:.1f}", f"{r['wall threshold us']:.1f}", f"{r['processor us']:.1f}",
              f"{r['allocations']:,}", f"{r['allocations threshold'] or 0:,}") for r in result["rows"]])])
    (directory / "RESULTS.md").write_text("\n".join(text))
