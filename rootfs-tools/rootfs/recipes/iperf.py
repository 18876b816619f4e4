"""iperf3 and what it needs, of Debian: measures a task's network from inside. For benchmarks."""

import hashlib
from pathlib import Path

from .. import debian, layout
from .etl import debian_layers

TAG = "latest"
LAYERS = [("iperf3", ["iperf3"])]


def build(out, cache):
    archive = debian.Archive(cache)
    recipe = hashlib.sha256(repr((archive.resolve(["iperf3"]), Path(__file__).read_bytes())).encode()).hexdigest()
    if layout.is_current(out, recipe):
        return False
    archive.download(["iperf3"])
    layers = debian_layers(archive, LAYERS, debian.is_wanted)
    # iperf3 keeps its buffers in files there.
    layers[0][1].directory("tmp", 0o1777)
    layout.write(out, TAG, layers, {"Env": ["PATH=/usr/bin"], "Entrypoint": ["/usr/bin/iperf3"]}, recipe)
    return True
