"""Why a budget was missed: what the run measured of its steps, and what to try next.

The words are by hand, the figures are the run's.
"""

from figures import table
from runtimes import OTHER

# By the part whose budget was missed.
NEXT = {
    "launch": "The launch goes on beside RunTask's commit now, and both want a processor: of two. Take time off both: a commit of RunTask "
              "is 12 to 15 pages, most of them of indexes; keep cgroups and directories ready in a pool, as network namespaces are.",
    "throughput": "Processor time is what is short when 16 run. By perf, a task: 1 ms of Swift's own threads, a third of it JSON that is "
                  "written four times and its generic types looked up; 0.5 ms of the store; 0.5 ms of cgroups and directories; 1 ms of its "
                  "namespace, most of it the kernel's registration of its settings and their end.",
    "load": "Sign and decode less for a request: see Codecs, Routing and Store among the single parts.",
    "stalled": "Look for the queue that both share, in a trace of the daemon beside such pulls.",
    "pull": "Compare with the layers among the single parts: what is beyond them is the registry, the file system and the waiting.",
    "memory": "Find who holds it: smaps by mapping for the shim, allocations a task for the daemon.",
    "metering": "Find the reading that is too early: the counter has to be read after the last process of a task is gone.",
    "history": "Of what grows with the running tasks, see what the kernel walks (perf record -a, none beside a thousand): the lists of "
               "every file system at the end of a memory cgroup, all groups for a quota, all sysfs for another. Take it off the way. Of "
               "what grows with the stored ones, ask SQLite for the plan of the statement (EXPLAIN QUERY PLAN).",
    "network": "See what a packet passes: `nft -a list ruleset` with counters, `ethtool -k` of both ends for what is offloaded.",
    "inner": "Compare with the run before; new thresholds are committed with the change that explains them.",
}

# Ours, and what of the floor is the same work.
SAME_WORK = [
    ("accept", ("cgroups with limits", "upper and work directories")),
    ("start", ("clone3 into them", "ids mapped", "overlay", "proc, dev, sys", "masked and read-only paths", "pivot_root",
               "loopback, name, capabilities", "seccomp filter", "execve")),
    ("run", ("the program, and its end",)),
    ("end", ("directories and cgroups removed",)),
    ("settle", ()),
]


def by_steps(results):
    """Phases of a task beside the kernel's part of each, back to back and after pauses."""
    columns = []
    for pause in ("", ", 100 ms pauses"):
        ours = {one["step"]: one["p50 ms"] for one in results.get("steps" + pause, {}).get("rows", [])}
        bare = {step: values[0] for step, values in results.get("floor" + pause, {}).get("steps", {}).items()}
        columns.append(["" if step not in ours else f"{ours[step]:.2f}" for step, _ in SAME_WORK])
        columns.append([f"{sum(bare[one] for one in same):.2f}" if bare else "" for _, same in SAME_WORK])
    if not any(columns[0]):
        return []
    lines = [(step, *(column[number] for column in columns), ", ".join(same)) for number, (step, same) in enumerate(SAME_WORK)]
    return table(["phase of a task", "ms", "the kernel alone", "ms after pauses", "the kernel alone", "the floor's steps"], lines)


def by_parts(results, *parts):
    """Those of the single parts that do the same work."""
    lines = [(one["part"], one["what"], f"{one['wall us']:,.1f}", f"{one['processor us']:,.1f}")
             for one in results.get("inner", {}).get("rows", []) if one["part"] in parts]
    return table(["part", "what", "µs", "processor µs"], lines) if lines else []


def by_rows(results, part, columns, who=None):
    """What the part itself has measured; with `who` of these alone."""
    rows = [one for one in results[part]["rows"] if not who or one["who"] in who]
    return table(columns, [[f"{one[column]:.2f}" if isinstance(one.get(column), float) else one.get(column, "") for column in columns]
                           for one in rows])


def by_growth(result):
    """A launch beside no running task and beside many: whoever starts it."""
    none, many = result["rows"][-1], result.get("beside", {})
    lines = [(who.removesuffix(" ms"), f"{none[who]:.2f}", f"{many[who]:.2f}", f"{many[who] / none[who]:.2f}") for who in many
             if who in none and who not in ("tasks", "RunTask answered ms")]
    return table(["launch", "beside none", f"beside {many.get('running', 0):,} running tasks", "×"], lines)


def group(part):
    """The explanation that a part shares with others."""
    return "launch" if part.startswith("steps") else part.partition(",")[0]


def explained(name, results):
    """Markdown: the breakdown, and the next thing to try."""
    measured = {
        "launch": lambda: by_steps(results),
        "throughput": lambda: by_rows(results, name, ["who", "at a time", "a second", "p50 ms", "p99 ms", "busy"], ("berth", "crun" + OTHER)),
        "load": lambda: by_parts(results, "Codecs", "Routing", "Store"),
        "stalled": lambda: by_rows(results, name, ["what", "without ms", "beside ms"]),
        "pull": lambda: by_parts(results, "Layers"),
        "memory": lambda: by_rows(results, name, ["tasks", "monitor private MiB", "daemon resident MiB", "daemon private MiB"], ("berth",)),
        "history": lambda: by_rows(results, name, list(results[name]["rows"][0])) + by_growth(results[name]),
    }.get(name, lambda: [])()
    return [*measured, f"Next: {NEXT[name]}", ""]
