"""The smallest system that a task can run: busybox, statically linked, and links to it."""

from pathlib import Path

from .archive import file, symlink

BUSYBOX = Path("/bin/busybox").read_bytes() if Path("/bin/busybox").exists() else b""
PROGRAMS = ("sh", "id", "cat", "pwd", "env", "ls", "head", "wc", "sleep", "true")
SYSTEM = [file("bin/busybox", BUSYBOX, mode=0o755), *(symlink(f"bin/{name}", "busybox") for name in PROGRAMS)]
