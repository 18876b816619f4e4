"""What a hostile image is, and what must become of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from . import layout

NUMBERS = range(1, 37)
PORT = 18_466  # of the loopback address, for images that want something fetched: a test listens there and hears nothing


@dataclass(frozen=True)
class Refused:
    """The import ends in an error, and nothing is left of it."""

    code: str  # as the API spells it, without "Exception"
    text: str  # is in the message


@dataclass(frozen=True)
class Harmless:
    """The image is imported, and its topmost layer holds exactly this: {path: what it is}.

    `file`, `directory`, `opaque` (a directory that hides what is below it), `whiteout`, `fifo`, `block 8:0`, `-> target`.
    """

    tree: dict


@dataclass(frozen=True)
class Runs:
    """The image is imported, and a task of it comes to this end."""

    command: tuple | None = None
    exit_code: int | None = 0
    output: str = ""  # a regular expression for all that it printed
    user: str | None = None


@dataclass(frozen=True)
class Stopped:
    """The image is imported, and a task of it never starts, for a reason with this text (a regular expression)."""

    reason: str
    command: tuple | None = ("id",)


@dataclass(frozen=True)
class Variant:
    """One hostile image of a case of the list (Docs/security.md)."""

    number: int
    name: str
    make: Callable  # is given a Maker
    outcome: object  # the one that is right, on the file system of the tests: in memory

    @property
    def id(self):
        return f"{self.number:02}-{self.name}"


@dataclass
class Maker(layout.Layout):
    """The layout of one variant in the making."""

    directory: Path
    name: str
    victim: str  # a directory of the host that links point at and names climb to
    small: bool  # bombs are a thousandth of what they are named for

    def __post_init__(self):
        super().__init__(self.directory, self.name)

    def bomb(self, count):
        return max(1, count // 1000) if self.small else count


class Table:
    """The variants of one file."""

    def __init__(self):
        self.variants = []

    def add(self, number, name, outcome):
        """Decorates the function that makes a variant."""

        def keep(make):
            self.variants.append(Variant(number, name, make, outcome))
            return make

        return keep

    def layer(self, number, name, entries, outcome):
        """A variant of one layer. `entries`: a list, or a function of the victim's path that gives one."""
        self.add(number, name, outcome)(lambda to: to.image(entries(to.victim) if callable(entries) else entries))
