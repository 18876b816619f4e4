"""Bar and line charts as SVG: enough for a table's shape, and nothing to install."""

import html
import math

WIDTH, LABEL, ROW, MARGIN = 760, 230, 24, 40
OURS, THEIRS = "#1f6feb", "#9aa4b2"
STYLE = "<style>text{font:13px sans-serif;fill:#24292f}.small{font-size:11px;fill:#57606a}</style>"


def is_ours(name):
    return name.startswith("berth")


def bars(title, unit, values):
    """One bar a name, on a logarithmic scale where the longest is over 30 times the shortest."""
    longest, shortest = max(values.values()), min(values.values())
    logarithmic = shortest > 0 and longest / shortest > 30
    low = 10 ** math.floor(math.log10(shortest)) if logarithmic else 0

    def length(value):
        room = WIDTH - LABEL - 90
        if logarithmic:
            return max(2, room * math.log10(value / low) / math.log10(longest / low))
        return max(2, room * value / longest)

    height = MARGIN + ROW * len(values) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">', STYLE,
             f'<text x="8" y="18">{html.escape(title)}</text>',
             f'<text x="8" y="34" class="small">{unit}{", logarithmic" if logarithmic else ""}; shorter is better</text>']
    for number, (name, value) in enumerate(values.items()):
        y = MARGIN + ROW * number
        parts += [f'<text x="{LABEL - 8}" y="{y + 15}" text-anchor="end">{html.escape(name)}</text>',
                  f'<rect x="{LABEL}" y="{y + 3}" width="{length(value):.1f}" height="{ROW - 8}" rx="2" '
                  f'fill="{OURS if is_ours(name) else THEIRS}"/>',
                  f'<text x="{LABEL + length(value) + 6:.1f}" y="{y + 15}" class="small">{value:.3g}</text>']
    return "\n".join([*parts, "</svg>"]) + "\n"


def lines(title, across, unit, series):
    """One line a name over the same places, `{name: {place: value}}`; both scales logarithmic where they span much."""
    places = sorted({place for one in series.values() for place in one})
    values = [value for one in series.values() for value in one.values()]
    height, top = 340, MARGIN + 6
    high, low = max(values), min(value for value in values if value > 0)
    logarithmic = high / low > 30

    def x(place):
        spread = [math.log10(each + 1) for each in places]
        share = (math.log10(place + 1) - spread[0]) / ((spread[-1] - spread[0]) or 1)
        return 60 + share * (WIDTH - 260)

    def y(value):
        share = (math.log10(max(value, low) / low) / math.log10(high / low)) if logarithmic else value / high
        return height - 40 - share * (height - top - 60)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">', STYLE,
             f'<text x="8" y="18">{html.escape(title)}</text>',
             f'<text x="8" y="34" class="small">{unit}{", logarithmic" if logarithmic else ""}</text>']
    for place in places:
        parts.append(f'<text x="{x(place):.1f}" y="{height - 18}" text-anchor="middle" class="small">{place:,}</text>')
    parts.append(f'<text x="{(WIDTH - 200) / 2:.0f}" y="{height - 4}" text-anchor="middle" class="small">{across}</text>')
    ends = []
    for name, one in series.items():
        colour = OURS if is_ours(name) else THEIRS
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in sorted(one.items()))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        place, value = max(one.items())
        ends.append((y(value), f"{name} {value:.3g}", x(place)))
    below = 0
    for at, text, right in sorted(ends):
        below = max(at, below + 14)
        parts.append(f'<text x="{right + 6:.1f}" y="{below + 4:.1f}" class="small">{html.escape(text)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"
