"""Names: cases 1, 2, 19."""

from .archive import directory, entry, file, symlink
from .case import Harmless, Refused, Table

table = Table()
CLIMBS = Refused("Unsafe", 'holds ".."')
TOO_LONG = Refused("LimitExceeded", "too deep or too long")


def parents(path, leaf):
    """The tree of a file behind directories that nobody made."""
    parts = path.strip("/").split("/")
    return {**{"/".join(parts[:end]): "directory" for end in range(1, len(parts) + 1)}, f"{'/'.join(parts)}/{leaf}": "file"}


for name, path in {
    "parent": "../planted", "parent-of-a-directory": "a/../../planted", "the-parent-itself": "..", "ends-in-parent": "a/..",
    "staging": "../../../../planted", "rooted-parent": "/../planted", "far": "../" * 60 + "planted", "pax": "x" * 101 + "/../../planted",
}.items():
    table.layer(1, name, [file(path, b"owned")], CLIMBS)
table.layer(1, "directory", [directory("../planted", 0o777)], CLIMBS)
table.layer(1, "link", [symlink("../planted", "/")], CLIMBS)
table.layer(1, "whiteout", [file("../.wh.canary")], CLIMBS)
table.layer(1, "opaque", [file("../.wh..wh..opq")], CLIMBS)


@table.add(1, "absolute", Harmless({"etc": "directory", "etc/planted": "file"}))
def _(to):
    to.image([file("//etc/.//planted", b"owned")])


@table.add(1, "absolute-to-the-victim", Harmless({"VICTIM/planted": "file"}))
def _(to):
    to.image([file(f"{to.victim}/planted", b"owned")])


table.layer(2, "nul-in-the-header", [file(b"name\0hidden", b"x")], Harmless({"name": "file"}))
table.layer(2, "nul-in-pax", [entry("plain", pax={"path": b"name\0/../../planted"})], Harmless({"name": "file"}))
table.layer(2, "empty", [file("", b"x")], Refused("Unsafe", "root of the layer"))
table.layer(2, "empty-in-pax", [entry("plain", pax={"path": b""})], Harmless({"plain": "file"}))
table.layer(2, "256-bytes", [file("n" * 256)], Refused("LimitExceeded", "longer than 255 bytes"))
table.layer(2, "255-bytes", [file("n" * 255)], Harmless({"n" * 255: "file"}))
table.layer(2, "4096-bytes", [file("/".join(["n" * 240] * 17)[:4096])], TOO_LONG)
table.layer(2, "4097-bytes", [file("/".join(["n" * 240] * 18)[:4097])], TOO_LONG)
table.layer(2, "target-of-4097-bytes", [symlink("link", "/".join(["n" * 240] * 18)[:4097])], Refused("Storage", "cannot link link: File name too long"))
table.layer(2, "target-empty", [symlink("link", "")], Refused("Malformed", "has no target"))
table.layer(2, "terminal-escapes", [file("\x1b[2J\x1b]0;owned\x07/../x")], CLIMBS)
table.layer(2, "no-text", [file(b"\xff\xfe\x80"), file(b"new\nline"), file("e\u0301")],
            Harmless({"\udcff\udcfe\udc80": "file", "new\nline": "file", "e\u0301": "file"}))
table.layer(2, "a-mebibyte", [entry("plain", pax={"path": b"n" * (1 << 20)})], Refused("Malformed", "is no valid tar: Special header too large"))

table.layer(19, "5000-directories", [file("d/" * 5000 + "f")], TOO_LONG)
table.layer(19, "257-directories", [file("d/" * 257 + "f")], TOO_LONG)
table.layer(19, "256-directories", [file("d/" * 256 + "f")], Harmless(parents("d/" * 256, "f")))
table.layer(19, "5000-slashes", [file("d" + "/" * 5000 + "f")], Harmless({"d": "directory", "d/f": "file"}))
table.layer(19, "hard-link", [entry("link", "1", link="d/" * 5000 + "f")], TOO_LONG)


@table.add(19, "through-links", CLIMBS)
def _(to):
    """Deeper than any name, by links to what is there already; the error at its end leaves it to be removed."""
    step, base, entries = "/".join("d" * 100), "", []
    for index in range(12):
        entries += [directory(base + step), symlink(f"l{index}", f"/{base}{step}")]
        base = f"l{index}/"
    to.image([*entries, file("../end")])
