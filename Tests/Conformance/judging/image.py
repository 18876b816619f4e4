"""The busybox image that the judges run, built by the project's own builder."""

import subprocess
from pathlib import Path

BUILDER = Path(__file__).resolve().parents[3] / "rootfs-tools/build-image"


def busybox(scratch):
    """An OCI layout with one image, tagged `latest`."""
    layout = scratch / "busybox"
    subprocess.run([BUILDER, "busybox", layout], check=True, capture_output=True, text=True)
    return layout
