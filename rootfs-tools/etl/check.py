#!/usr/bin/env python3
"""The figures of the ETL job, by another road: straight from the Debian package, by arithmetic on intervals.

    check.py UNICODE-DATA.deb

Nothing here is shared with the job. The files are read out of the package, and there is neither a list of code points
nor a database: intervals are cut at every border of a record, a block or a script, and their lengths are added up.
"""

import collections
import hashlib
import io
import json
import subprocess
import sys
import tarfile


def figures(package):
    files = read(package, ("UnicodeData.txt", "Blocks.txt", "Scripts.txt"))
    records, spans, broken, pairs = parse_records(files["UnicodeData.txt"])
    blocks = parse_ranges(files["Blocks.txt"])
    scripts = parse_ranges(files["Scripts.txt"])

    lengths = collections.Counter()
    for first, last, _, category in spans:
        lengths[category] += last - first + 1
    kept = [span for span in spans if span[3] not in ("Cs", "Co")]
    cells = cross(kept, blocks, scripts)
    by_script = total(cells, 1)
    ordered = sorted((*cell, count) for cell, count in cells.items())
    text = "".join(f"{block}\t{script}\t{category}\t{count}\n" for block, script, category, count in ordered)
    return {
        "version": files["Blocks.txt"].split("\n", 1)[0].removeprefix("# Blocks-").removesuffix(".txt"),
        "records": records,
        "malformed": broken,
        "ranges": pairs,
        "dropped": {"surrogates": lengths["Cs"], "private use": lengths["Co"]},
        "characters": sum(lengths.values()) - lengths["Cs"] - lengths["Co"] - lengths["Cc"],
        "controls": lengths["Cc"],
        "scripts": len(by_script.keys() - {"Common", "Inherited", "Unknown"}),
        "blocks": len(total(cells, 0)),
        "categories": dict(sorted(total(cells, 2).items())),
        "largest scripts": top(by_script),
        "most common words": top(count_words(kept)),
        "cells": len(cells),
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def read(package, names):
    """Some files of usr/share/unicode in a Debian package, as text."""
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {name: archive.extractfile(f"./usr/share/unicode/{name}").read().decode() for name in names}


def parse_records(text):
    """Number of lines, spans (first, last, name, category), malformed lines and First/Last pairs."""
    spans, broken, pairs, lines = [], 0, 0, text.strip("\n").split("\n")
    for line in lines:
        if line.count(";") != 14:
            broken += 1
            continue
        code, name, category, *rest = line.split(";")
        code = int(code, 16)
        if name.endswith(" Last>"):
            pairs += 1
            spans[-1] = (spans[-1][0], code, name.split(",")[0].strip("<"), category)
        else:
            spans.append((code, code, rest[7] if name == "<control>" and rest[7] else name, category))
    return len(lines), spans, broken, pairs


def parse_ranges(text):
    table = []
    for line in text.split("\n"):
        line = line.split("#")[0]
        if ";" in line:
            span, name = (part.strip() for part in line.split(";"))
            first, _, last = span.partition("..")
            table.append((int(first, 16), int(last or first, 16), name))
    return sorted(table)


def cross(spans, blocks, scripts):
    """Code points by (block, script, category): all borders sorted, one walk over the pieces between them."""
    borders = collections.defaultdict(list)
    for column, table in enumerate((blocks, scripts, [(first, last, category) for first, last, _, category in spans])):
        for first, last, name in table:
            borders[first].append((column, name))
            borders[last + 1].append((column, None))
    cells, here, current = collections.Counter(), 0, [None, None, None]
    for border in sorted(borders):
        if current[2]:
            cells[current[0] or "No_Block", current[1] or "Unknown", current[2]] += border - here
        # An end before a beginning: one range may begin where another ends.
        for column, name in sorted(borders[border], key=lambda change: change[1] is not None):
            current[column] = name
        here = border
    return cells


def count_words(spans):
    counts = collections.Counter()
    for first, last, name, _ in spans:
        if first == last:
            counts.update(runs(name))
        else:
            # Names of a range end in the code point, whose own letters can make words: FACE, BAD.
            counts.update({word: last - first + 1 for word in runs(name)})
            for code in range(first, last + 1):
                counts.update(runs(f"{code:04X}") - runs(name))
    return counts


def runs(text):
    """The runs of three and more capital letters in a text."""
    return {word for word in "".join(c if "A" <= c <= "Z" else " " for c in text).split() if len(word) >= 3}


def total(cells, column):
    sums = collections.Counter()
    for cell, count in cells.items():
        sums[cell[column]] += count
    return sums


def top(counts):
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5])


if __name__ == "__main__":
    print(json.dumps(figures(sys.argv[1]), ensure_ascii=False))
