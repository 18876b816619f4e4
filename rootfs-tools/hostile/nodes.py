"""Nodes, set-id bits, attributes and whiteouts: cases 10 to 13."""

from .archive import directory, entry, file, hard_link, symlink
from .case import Harmless, Refused, Runs, Table
from .system import BUSYBOX, SYSTEM

table = Table()
NODES = [
    entry("disk", "4", mode=0o666, device=(8, 0)), entry("memory", "3", mode=0o666, device=(1, 1)), entry("pipe", "6", mode=0o666),
    entry("null", "3", mode=0o666, device=(1, 3))]
NODE_TREE = {"disk": "block 8:0", "memory": "character 1:1", "pipe": "fifo", "null": "character 1:3"}

# 10
table.layer(10, "nodes", NODES, Harmless(NODE_TREE))
table.layer(10, "huge-numbers", [entry("disk", "4", device=(1 << 33, 1 << 40))], Harmless({"disk": "block 0:0"}))
table.layer(10, "unknown-types", [entry("a", "s", b"x"), entry("b", "Z", b"x"), file("c")],
            Harmless({"a": "file", "b": "file", "c": "file"}))
table.layer(10, "with-data", [entry("pipe", "6", data=b"x" * 600), file("f")], Refused("Malformed", "is no valid tar: Damaged tar archive"))


@table.add(10, "opened", Runs(("sh", "-c", "for n in disk memory null; do cat /$n >/dev/null; done"), 1, r"(?s)(.*Permission denied.*){3}"))
def _(to):
    to.image(SYSTEM, NODES)


# 11: what root inside or another user gains by it
CAPABILITIES = (0x0200_0001).to_bytes(4, "little") + b"\xff" * 4 + bytes(4) + b"\xff\x01\0\0" + bytes(4)  # revision 2, all, effective
ROOTED = (0x0300_0001).to_bytes(4, "little") + b"\xff" * 4 + bytes(4) + b"\xff\x01\0\0" + bytes(4) + bytes(4)


@table.add(11, "set-user-id", Runs(("/busybox-su", "cat", "/proc/self/status"), 0, r"(?s).*Uid:\t7\t7\t7\t7\n.*CapEff:\t0{16}\n.*NoNewPrivs:\t1", user="7"))
def _(to):
    to.image(SYSTEM, [file("busybox-su", BUSYBOX, mode=0o6755)])


@table.add(11, "file-capabilities", Runs(("/busybox-su", "cat", "/proc/self/status"), 0, r"(?s).*CapEff:\t0{16}\n", user="7"))
def _(to):
    to.image(SYSTEM, [file("busybox-su", BUSYBOX, mode=0o755, pax={"SCHILY.xattr.security.capability": CAPABILITIES})])


@table.add(11, "capabilities-of-a-root-of-its-own", Runs(("/busybox-su", "cat", "/proc/self/status"), 0, r"(?s).*CapEff:\t0{16}\n", user="7"))
def _(to):
    to.image(SYSTEM, [file("busybox-su", BUSYBOX, mode=0o755, pax={"SCHILY.xattr.security.capability": ROOTED})])


table.layer(11, "capabilities-of-a-directory", [directory("d", pax={"SCHILY.xattr.security.capability": CAPABILITIES})],
            Harmless({"d": "directory"}))

# 12: what speaks to the overlay
FORGED = {f"SCHILY.xattr.{space}.overlay.{name}": value for space in ("trusted", "user") for name, value in {
    "opaque": "y", "redirect": "/etc", "metacopy": "", "origin": "x", "whiteout": "y", "nlink": "U+1", "impure": "y"}.items()}
table.layer(12, "attributes", [
    directory("d", pax=FORGED), file("f", b"x", pax=FORGED), directory("e", pax={"SCHILY.xattr.user.fuseoverlayfs.opaque": "y"})],
    Harmless({"d": "directory", "f": "file", "e": "directory"}))
table.layer(12, "of-the-store", [directory("./", pax={"SCHILY.xattr.trusted.berth.size": "9" * 30, **FORGED}), file("f")],
            Harmless({"f": "file"}))
table.layer(12, "whiteout-device", [entry("gone", "3", device=(0, 0)), entry("d/gone", "3", device=(0, 0))],
            Harmless({}))


@table.add(12, "seen-from-inside", Runs(("sh", "-c", "cat /d/below /gone"), 0, "kept\nkept\n"))
def _(to):
    to.image(SYSTEM, [file("d/below", b"kept\n"), file("gone", b"kept\n")],
             [directory("d", pax=FORGED), entry("gone", "3", device=(0, 0))])


# 13: whiteouts
NOTHING = Refused("Malformed", "whiteout of nothing")
for name, path in {"bare": ".wh.", "dot": ".wh..", "dots": ".wh...", "bare-below": "a/.wh.", "dot-below": "a/.wh.."}.items():
    table.layer(13, name, [file(path)], NOTHING)
table.layer(13, "below-a-whiteout", [file(".wh.a/b")], Refused("Malformed", "below a whiteout"))
table.layer(13, "opaque-after-siblings", [file("d/f", b"x"), file("d/.wh..wh..opq")], Harmless({"d": "opaque", "d/f": "file"}))
table.layer(13, "of-a-parent", [file("a/b/f", b"x"), file(".wh.a")], Harmless({"a": "opaque", "a/b": "directory", "a/b/f": "file"}))
table.layer(13, "of-what-the-layer-brings", [file("f", b"x"), file(".wh.f")], Harmless({"f": "file"}))
table.layer(13, "before-what-the-layer-brings", [file(".wh.d"), file("d/f", b"x")], Harmless({"d": "opaque", "d/f": "file"}))
table.layer(13, "bookkeeping", [directory(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", b"x"), file(".wh..wh.aufs")], Harmless({}))
table.layer(13, "as-a-directory", [directory(".wh.a")], Harmless({"a": "whiteout"}))
table.layer(13, "as-a-link", lambda victim: [symlink(".wh.a", victim)], Harmless({"a": "whiteout"}))
table.layer(13, "hard-link-to-one", [file(".wh.a"), hard_link("b", "a"), file("c")], Harmless({"a": "whiteout", "b": "whiteout", "c": "file"}))


@table.add(13, "seen-from-inside", Runs(("sh", "-c", "ls /d; ls /e"), 0, "new\nold\n"))
def _(to):
    to.image(SYSTEM, [file("d/below"), file("e/old"), file("e/gone")], [file("d/new"), file("d/.wh..wh..opq"), file("e/.wh.gone")])
