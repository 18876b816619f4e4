"""What the demonstration prints: short lines in two columns, colours only on a terminal."""

import os
import sys

_COLOURED = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def _colour(code):
    return lambda text: f"\033[{code}m{text}\033[0m" if _COLOURED else str(text)


bold, dim, red, green, yellow, blue = map(_colour, ("1", "2", "31", "32", "33", "36"))


def line(text=""):
    print(text, flush=True)


def row(label, text, note=""):
    line(f"  {blue(f'{label:<9}')} {text}{dim('  ' + note) if note else ''}")


def amount(value, text, note):
    line(f"  {value:>12}  {text}{dim('  ' + note)}")


def heading(text):
    line(f"\n  {bold(text)}")


def check(text):
    line(f"  {green('✓')} {text}")


def bar(share, width=24):
    """A bar that is filled as far as `share` of 1."""
    filled = min(width, max(0, round(share * width)))
    return green("█" * filled) + dim("░" * (width - filled))


def span(seconds):
    """A length of time, as long as it needs to be."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1000:.{1 if seconds < 0.1 else 0}f} ms"


def size(count):
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1024
