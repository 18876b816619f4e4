"""Reads a trace of `berth serve --trace` as a viewer does."""

import json
from collections import defaultdict
from dataclasses import dataclass, field

REQUESTS, TASKS, THREADS = 1, 2, 3


@dataclass
class Span:
    """Times in nanoseconds since the trace's beginning."""

    name: str
    process: int
    track: int
    start: int
    end: int
    arguments: dict
    children: list = field(default_factory=list)

    @property
    def names(self):
        return [child.name for child in self.children]

    def child(self, name):
        found = [child for child in self.children if child.name == name]
        assert len(found) == 1, f"{self.name} has {self.names}"
        return found[0]


class Trace:
    """All spans by track, nested; two of a track that overlap without one holding the other are an error."""

    def __init__(self, path):
        self.events = json.loads(path.read_text())
        tracks = defaultdict(list)
        for event in self.events:
            if event["ph"] == "X":
                start = round(event["ts"] * 1000)
                span = Span(event["name"], event["pid"], event["tid"], start, start + round(event["dur"] * 1000), event["args"])
                tracks[span.process, span.track].append(span)
        self.tracks = {track: nested(spans) for track, spans in tracks.items()}
        self.names = {
            (event["pid"], event["tid"]): event["args"]["name"]
            for event in self.events if event["ph"] == "M" and event["name"] == "thread_name"
        }

    def dropped(self):
        return [event for event in self.events if event["name"] == "events dropped"]

    def task(self, identifier):
        """The phases of a task."""
        found = [top for (process, _), top in self.tracks.items()
                 if process == TASKS and top[0].name == "accept" and top[0].arguments["task"] == identifier]
        assert len(found) == 1, f"{len(found)} tracks of task {identifier}"
        return found[0]

    def containers(self, identifier):
        """The steps of each container of a task, by its name."""
        return {
            self.names[track].split(" · ")[1]: top for track, top in self.tracks.items()
            if track[0] == TASKS and top[0].arguments["task"] == identifier and " · " in self.names[track]
        }

    def requests(self, operation):
        return [span for (process, _), top in self.tracks.items() for span in top if process == REQUESTS and span.name == operation]

    def work(self, identifier):
        """What threads did for a task, by name."""
        found = {}

        def look(spans):
            for span in spans:
                if span.arguments.get("task") == identifier:
                    found[span.name] = span
                look(span.children)

        for (process, _), top in self.tracks.items():
            if process == THREADS:
                look(top)
        return found


def nested(spans):
    """The outermost spans of one track, in order, with the others in them."""
    outermost, around = [], []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        while around and around[-1].end <= span.start and not (around[-1].end == span.start == span.end):
            around.pop()
        if around and span.end > around[-1].end:
            raise AssertionError(f"{span} overlaps {around[-1]}")
        (around[-1].children if around else outermost).append(span)
        around.append(span)
    return outermost
