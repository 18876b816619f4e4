"""OCI runtimes as subjects of a comparison: each is started from a process of its own that times it."""

import itertools
import os
import pathlib
import shutil
from typing import NamedTuple

from starter import Starter

OTHER = " of Debian 13"
# Of all that run at a time: a runtime names cgroups for its container.
NUMBERS = itertools.count()


class Peer(NamedTuple):
    """A runtime's name in tables, its program, what it wants before `run`, and the tree that it is in, if not this machine."""

    name: str
    program: str
    words: tuple = ()
    tree: str | None = None


def peers(tree=None):
    """Those of this machine and of another Debian's tree; and why others are not among them."""
    found, missing = [], {}
    known = [("crun",), ("runc",), ("runsc", ("--network=none",))]
    for name, *words in known:
        if shutil.which(name):
            found.append(Peer(name, name, *words))
        else:
            missing[name] = f"{name} is not installed"
    if tree:
        found += [Peer(name + OTHER, name, (), tree) for name in ("crun", "runc")]
    return found, missing


class Runtime:
    """A runtime that runs a bundle, as a command. crun refuses a hybrid cgroup host: it is started where that does not show."""

    def __init__(self, peer, bundle, state):
        self.name, self.peer, self.bundle, self.state = peer.name, peer, bundle, state
        self.starter = Starter(peer.name, peer.tree, unified=os.path.basename(peer.program) != "crun")

    def command(self, bundle):
        return [self.peer.program, "--root", self.state, *self.peer.words, "run", "--bundle", bundle,
                f"bench-{os.getpid()}-{next(NUMBERS)}"]

    def run(self):
        """What one run took, in ms; it must succeed."""
        outcome = self.starter.run(self.command(self.bundle))
        return {f"{self.name} run": outcome["wall"], f"{self.name} run, processor time": outcome["cpu"]}

    def outcome(self, bundle, under=()):
        """Runs a bundle as a command of `under`, however it ends."""
        return self.starter.outcome([*under, *self.command(bundle)])

    def peak(self):
        """The resident memory in MiB of the largest process of a run.

        Asked of GNU time, which is small: a process starts with the peak of the one that it is a copy of.
        """
        report = f"{self.state}.peak"
        self.outcome(self.bundle, under=("/usr/bin/time", "--format", "%M", "--output", report))
        return int(pathlib.Path(report).read_text().split()[-1]) / 1024

    def close(self):
        self.starter.close()
