"""Bar and line charts as SVG: enough for a table's shape, and nothing to install."""

import html
import math

WIDTH, ROW, MARGIN = 760, 24, 44
OURS, THEIRS = "#1f6feb", "#9aa4b2"
STYLE = ("<style>text{font:13px sans-serif;fill:#24292f}.small{font-size:11px;fill:#57606a}</style>"
         '<rect width="100%" height="100%" fill="#ffffff"/>')


def is_ours(name):
    return name.startswith("berth")


def figure(value):
    """Three digits, as a reader wants them: 0.0123, 4.56, 12,300."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value else "0"


def begin(title, below, height):
    return [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">', STYLE,
            f'<text x="8" y="18">{html.escape(title)}</text>', f'<text x="8" y="34" class="small">{html.escape(below)}</text>']


def bars(title, unit, values, better="shorter"):
    """One bar a name, on a logarithmic scale where the longest is over 30 times the shortest."""
    longest, shortest = max(values.values()), min(values.values())
    logarithmic = shortest > 0 and longest / shortest > 30
    # Below the shortest, so that it has a length too.
    low = 10 ** math.floor(math.log10(shortest) - 0.15) if logarithmic else 0

    label = 24 + 7 * max(len(name) for name in values)

    def length(value):
        room = WIDTH - label - 80
        if logarithmic:
            return max(2, room * math.log10(value / low) / math.log10(longest / low))
        return max(2, room * value / (longest or 1))

    parts = begin(title, f"{unit}{', logarithmic' if logarithmic else ''}; {better} is better", MARGIN + ROW * len(values) + 10)
    for number, (name, value) in enumerate(values.items()):
        y = MARGIN + ROW * number
        parts += [f'<text x="{label - 8}" y="{y + 15}" text-anchor="end">{html.escape(name)}</text>',
                  f'<rect x="{label}" y="{y + 3}" width="{length(value):.1f}" height="{ROW - 8}" rx="2" '
                  f'fill="{OURS if is_ours(name) else THEIRS}"/>',
                  f'<text x="{label + length(value) + 6:.1f}" y="{y + 15}" class="small">{figure(value)}</text>']
    return "\n".join([*parts, "</svg>"]) + "\n"


def ticks(low, high, logarithmic):
    """Round values of a scale."""
    if logarithmic:
        shares = (1,) if high / low > 1000 else (1, 2, 5)
        every = [share * 10.0 ** power for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high))) for share in shares]
        return [value for value in every if low <= value <= high]
    step = 10 ** math.floor(math.log10(high or 1))
    step = next(step * share for share in (0.1, 0.2, 0.5, 1, 2) if high / (step * share) <= 6)
    return [step * number for number in range(int(high / step) + 1)]


def apart(wanted, gap, least, most):
    """Places near those wanted, in their order, none nearer to the next than `gap`."""
    found = []
    for place in wanted:
        found.append(max(place, found[-1] + gap if found else least))
    for number in range(len(found) - 1, -1, -1):
        most = found[number] = min(found[number], most)
        most -= gap
    return found


def lines(title, across, unit, series):
    """One line a name over the same places, `{name: {place: value}}`; both scales logarithmic where they span much."""
    places = sorted({place for one in series.values() for place in one})
    values = [value for one in series.values() for value in one.values() if value > 0] or [1]
    height = max(340, MARGIN + 70 + 15 * len(series))
    top, bottom, left, right = MARGIN + 10, height - 44, 60, WIDTH - 250
    high, low = max(values) * 1.05, min(values) * 0.95
    logarithmic = high / low > 30

    def x(place):
        spread = [math.log10(each + 1) for each in places]
        return left + (math.log10(place + 1) - spread[0]) / ((spread[-1] - spread[0]) or 1) * (right - left)

    def y(value):
        share = math.log10(max(value, low) / low) / math.log10(high / low) if logarithmic else value / high
        return bottom - share * (bottom - top)

    parts = begin(title, f"{unit}{', logarithmic' if logarithmic else ''}", height)
    for value in ticks(low, high, logarithmic):
        parts += [f'<path d="M{left} {y(value):.1f}H{right}" stroke="#d8dee4"/>',
                  f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end" class="small">{figure(value)}</text>']
    for place in places:
        parts.append(f'<text x="{x(place):.1f}" y="{bottom + 16}" text-anchor="middle" class="small">{place:,}</text>')
    parts.append(f'<text x="{(left + right) / 2:.0f}" y="{height - 8}" text-anchor="middle" class="small">{html.escape(across)}</text>')
    ends = sorted((y(one[max(one)]), name) for name, one in series.items())
    labels = dict(zip((name for _, name in ends), apart([at for at, _ in ends], 14, top, bottom)))
    # Ours last, so that it lies above the others.
    for name, one in sorted(series.items(), key=lambda pair: is_ours(pair[0])):
        colour, ink, last = OURS if is_ours(name) else THEIRS, OURS if is_ours(name) else "#57606a", max(one)
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in sorted(one.items()))
        parts += [f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{2.5 if is_ours(name) else 1.5}"/>',
                  *(f'<circle cx="{x(place):.1f}" cy="{y(value):.1f}" r="2.5" fill="{colour}"/>' for place, value in one.items()),
                  f'<path d="M{x(last) + 4:.1f} {y(one[last]):.1f}L{right + 18} {labels[name]:.1f}" stroke="{colour}" stroke-width="0.5"/>',
                  f'<text x="{right + 22}" y="{labels[name] + 4:.1f}" class="small" style="fill:{ink}">'
                  f'{html.escape(name)} {figure(one[last])}</text>']
    return "\n".join([*parts, "</svg>"]) + "\n"
