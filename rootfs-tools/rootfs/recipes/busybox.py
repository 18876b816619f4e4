"""The smallest useful image: one static program under all its names. For tests and benchmarks."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from .. import layout
from ..tree import FileTree

TAG = "latest"


def build(out, cache):
    program = shutil.which("busybox", path="/bin:/usr/bin")
    data = Path(program).read_bytes() if program else b""
    if not data or b"ld-linux" in data[:4096]:
        raise SystemExit("build-image: no static busybox on this machine; install it: apt-get install busybox-static")
    recipe = hashlib.sha256(data + Path(__file__).read_bytes()).hexdigest()
    if layout.is_current(out, recipe):
        return False

    tree = FileTree()
    for path in ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "usr", "usr/bin", "var"):
        tree.directory(path)
    for path in ("tmp", "var/tmp"):
        tree.directory(path, 0o1777)
    tree.directory("root", 0o700)
    tree.file("bin/busybox", data, 0o755)
    applets = subprocess.run([program, "--list"], check=True, capture_output=True, text=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            tree.link(f"bin/{applet}", "busybox")
    tree.link("usr/bin/env", "../../bin/busybox")
    tree.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
    tree.file("etc/group", b"root:x:0:\nnogroup:x:65534:\n")
    config = {"Env": ["PATH=/bin:/usr/bin"], "Cmd": ["/bin/sh"]}
    layout.write(out, TAG, [("busybox", tree)], config, recipe)
    return True
