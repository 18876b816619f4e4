#!/usr/bin/env python3
"""An ETL job: the Unicode character database, cleaned, joined, loaded into SQLite and summed up.

    job.py [SOURCE]      SOURCE holds UnicodeData.txt, Blocks.txt and Scripts.txt (default /usr/share/unicode)

Says on standard output what each step did; the last line is the summary as JSON. The database and the summary stay in
the working directory, as unicode.db and summary.json. Exit code 2: a source file is missing or is not what it should be.
"""

import hashlib
import json
import re
import sqlite3
import sys
import time
from bisect import bisect_right
from pathlib import Path

FIELDS = 15  # of a record of UnicodeData.txt (UAX #44)
DROPPED = {"Cs": "surrogates", "Co": "private use"}  # code points that are no characters


def main():
    source = Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode")
    try:
        lines = (source / "UnicodeData.txt").read_text(encoding="ascii").splitlines()
        blocks = ranges(source / "Blocks.txt")
        scripts = ranges(source / "Scripts.txt")
        version = re.match(r"# Blocks-([0-9.]+)\.txt", (source / "Blocks.txt").read_text()).group(1)
    except (OSError, ValueError, AttributeError) as problem:
        sys.exit(fail(f"cannot read {source}: {problem}"))
    say("extract", f"{len(lines):,} records, {len(blocks)} blocks, {len(scripts):,} script ranges (Unicode {version})")

    characters, counts = clean(lines)
    say("clean", f"{counts['malformed']} malformed, {counts['ranges']} ranges expanded, {len(characters):,} code points kept")

    rows = join(characters, blocks, scripts)
    say("join", f"{len(rows):,} code points with block and script")

    Path("unicode.db").unlink(missing_ok=True)
    with sqlite3.connect("unicode.db") as database:
        load(database, rows)
        size = Path("unicode.db").stat().st_size
        say("load", f"{size / 1e6:.1f} MB of SQLite")
        summary = {"version": version, "records": len(lines), **counts, **summarize(database)}

    line = json.dumps(summary, ensure_ascii=False)
    Path("summary.json").write_text(line + "\n")
    say("report", f"{summary['characters']:,} characters in {summary['scripts']} scripts")
    print(line, flush=True)


def ranges(path):
    """The `XXXX..YYYY; Name` lines of a file, as sorted lists of first, last and name."""
    pattern = re.compile(r"([0-9A-F]+)(?:\.\.([0-9A-F]+))?\s*;\s*([^#]*[^#\s])")
    found = (pattern.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    return sorted((int(m[1], 16), int(m[2] or m[1], 16), m[3]) for m in found if m)


def clean(lines):
    """Code points as (code, name, category), ranges written out, and what was thrown away."""
    characters = []
    counts = {"malformed": 0, "ranges": 0, "dropped": dict.fromkeys(DROPPED.values(), 0)}
    first = None
    for line in lines:
        fields = line.split(";")
        if len(fields) != FIELDS or not re.fullmatch(r"[0-9A-F]{4,6}", fields[0]):
            counts["malformed"] += 1
            continue
        code, name, category, old_name = int(fields[0], 16), fields[1], fields[2], fields[10]
        if name.endswith(", First>"):
            first = code
            continue
        span = range(code, code + 1)
        if name.endswith(", Last>"):
            span = range(first, code + 1)
            counts["ranges"] += 1
            name = name[1:].removesuffix(", Last>")
        if category in DROPPED:
            counts["dropped"][DROPPED[category]] += len(span)
            continue
        if name == "<control>":
            name = old_name or "CONTROL"
        if len(span) > 1:
            characters += [(each, f"{name}-{each:04X}", category) for each in span]
        else:
            characters.append((code, name, category))
    return characters, counts


def join(characters, blocks, scripts):
    """Adds the block and the script of each code point."""

    def lookup(table, otherwise):
        starts = [first for first, _, _ in table]

        def find(code):
            first, last, name = table[bisect_right(starts, code) - 1]
            return name if first <= code <= last else otherwise

        return find

    block_of, script_of = lookup(blocks, "No_Block"), lookup(scripts, "Unknown")
    return [(code, name, category, block_of(code), script_of(code)) for code, name, category in characters]


def load(database, rows):
    database.executescript(
        """
        CREATE TABLE character (
            code INTEGER PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, block TEXT NOT NULL, script TEXT NOT NULL);
        CREATE TABLE word (word TEXT NOT NULL, code INTEGER NOT NULL REFERENCES character);
        """
    )
    database.executemany("INSERT INTO character VALUES (?, ?, ?, ?, ?)", rows)
    words = ((word, row[0]) for row in rows for word in set(re.findall(r"[A-Z]{3,}", row[1])))
    database.executemany("INSERT INTO word VALUES (?, ?)", words)
    database.execute("CREATE INDEX word_word ON word (word)")
    database.execute("CREATE INDEX character_place ON character (block, script, category)")
    database.commit()


def summarize(database):
    def value(query):
        return database.execute(query).fetchone()[0]

    def table(query):
        return dict(database.execute(query).fetchall())

    # One line for each block, script and category that occur together: equal digests, equal tables.
    cells = database.execute(
        "SELECT block, script, category, count(*) FROM character GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    ).fetchall()
    text = "".join("\t".join(map(str, cell)) + "\n" for cell in cells)
    return {
        "characters": value("SELECT count(*) FROM character WHERE category <> 'Cc'"),
        "controls": value("SELECT count(*) FROM character WHERE category = 'Cc'"),
        "scripts": value("SELECT count(DISTINCT script) FROM character WHERE script NOT IN ('Common', 'Inherited', 'Unknown')"),
        "blocks": value("SELECT count(DISTINCT block) FROM character"),
        "categories": table("SELECT category, count(*) FROM character GROUP BY 1 ORDER BY 1"),
        "largest scripts": table("SELECT script, count(*) FROM character GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"),
        "most common words": table("SELECT word, count(*) FROM word GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5"),
        "cells": len(cells),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def say(step, what):
    print(f"{step:<8} {what}  [{time.process_time():.2f} s CPU]", flush=True)


def fail(message):
    print(f"etl: {message}", file=sys.stderr, flush=True)
    return 2


if __name__ == "__main__":
    main()
