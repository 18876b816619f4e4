"""Links: cases 3 to 9, all of which want to reach the victim, a directory of the host."""

from .archive import directory, entry, file, hard_link, symlink
from .case import Harmless, Refused, Table

table = Table()
IN_THE_WAY = Refused("Unsafe", "in the way")
NO_TAR = Refused("Malformed", "is no valid tar: Damaged tar archive")  # Data where a type has none is taken for the next header.
NOT_BROUGHT = Refused("Malformed", "has not brought")

# 3: a link, then a file through it
table.layer(3, "absolute", lambda victim: [symlink("way", victim), file("way/planted", b"owned")], IN_THE_WAY)
table.layer(3, "relative", lambda victim: [symlink("way", "../../../../../../.." + victim), file("way/planted", b"owned")], IN_THE_WAY)
table.layer(3, "root", [symlink("way", "/"), file("way/planted", b"x")], Harmless({"way": "-> /", "planted": "file"}))
table.layer(3, "climbing", [symlink("way", "../../../.."), file("way/planted", b"x")],
            Harmless({"way": "-> ../../../..", "planted": "file"}))
table.layer(3, "proc", [symlink("way", "/proc/self/root"), file("way/planted", b"x")], IN_THE_WAY)
table.layer(3, "chain", lambda victim: [symlink("a", "b"), symlink("b", "c"), symlink("c", victim), file("a/planted", b"x")], IN_THE_WAY)
table.layer(3, "loop", [symlink("a", "b"), symlink("b", "a"), file("a/planted", b"x")], IN_THE_WAY)
table.layer(3, "leaf", lambda victim: [symlink("way", f"{victim}/canary"), file("way", b"x")], Harmless({"way": "file"}))
table.layer(3, "directory", lambda victim: [symlink("way", victim), directory("way/planted")], IN_THE_WAY)
table.layer(3, "link", lambda victim: [symlink("way", victim), symlink("way/planted", "/")], IN_THE_WAY)
table.layer(3, "device", lambda victim: [symlink("way", victim), entry("way/planted", "3", device=(1, 3))], IN_THE_WAY)
table.layer(3, "made-by-a-file", lambda victim: [file("a", b"x"), symlink("b", "a"), file("b/planted", b"x")], IN_THE_WAY)


@table.add(3, "link-of-the-layer-below", Harmless({"way": "directory", "way/planted": "file"}))
def _(to):
    to.image([symlink("way", to.victim)], [file("way/planted", b"owned")])


# 4: a link to the root, then a whiteout through it
table.layer(4, "root", [symlink("way", "/"), file("way/.wh.etc")], Harmless({"way": "-> /", "etc": "whiteout"}))
table.layer(4, "the-victim", lambda victim: [symlink("way", "/"), file(f"way{victim}/.wh.canary")],
            Harmless({"way": "-> /", "VICTIM/canary": "whiteout"}))
table.layer(4, "absolute", lambda victim: [symlink("way", victim), file("way/.wh.canary")], IN_THE_WAY)
table.layer(4, "opaque", lambda victim: [symlink("way", victim), file("way/.wh..wh..opq")], IN_THE_WAY)
table.layer(4, "opaque-root", [symlink("way", "/"), file("way/.wh..wh..opq")], Harmless({"way": "-> /", ".": "opaque"}))
table.layer(4, "leaf", lambda victim: [symlink("way", victim), file(".wh.way")], Harmless({"way": "-> VICTIM"}))

# 5: hard links
table.layer(5, "absolute", [hard_link("link", "/etc/shadow")], NOT_BROUGHT)
table.layer(5, "climbing", [hard_link("link", "../../../../../../../etc/shadow")], Refused("Unsafe", 'holds ".."'))
table.layer(5, "the-victim", lambda victim: [hard_link("link", f"{victim}/canary")], NOT_BROUGHT)
table.layer(5, "through-a-link", lambda victim: [symlink("way", victim), hard_link("link", "way/canary")], NOT_BROUGHT)
table.layer(5, "to-a-link", lambda victim: [symlink("way", f"{victim}/canary"), hard_link("link", "way"), file("link", b"owned")],
            Harmless({"way": "-> VICTIM/canary", "link": "file"}))
table.layer(5, "to-a-link-and-chmod", lambda victim: [symlink("way", f"{victim}/canary"), hard_link("link", "way", mode=0o4777, uid=7)],
            Harmless({"way": "-> VICTIM/canary", "link": "-> VICTIM/canary"}))
table.layer(5, "to-a-directory", [directory("d"), hard_link("link", "d")], Refused("Unsafe", "which is a directory"))
table.layer(5, "to-the-root", [hard_link("link", "/")], Refused("Unsafe", "which is no file"))
table.layer(5, "to-a-whiteout", [file(".wh.x"), hard_link("link", ".wh.x")], Refused("Unsafe", "which is no file"))
table.layer(5, "forward", [hard_link("link", "later"), file("later", b"x")], NOT_BROUGHT)
table.layer(5, "to-itself", [hard_link("link", "link")], Harmless({}))
table.layer(5, "with-data", [file("a", b"x"), hard_link("link", "a", data=b"owned" * 200)], NO_TAR)
table.layer(5, "whiteout-as-name", [file("a", b"x"), hard_link(".wh.b", "a")], Harmless({"a": "file", "b": "whiteout"}))


@table.add(5, "to-the-layer-below", NOT_BROUGHT)
def _(to):
    to.image([file("a", b"x")], [hard_link("link", "a")])


# 6: a directory that becomes a link
table.layer(6, "same-layer", lambda victim: [directory("d"), file("d/f"), symlink("d", victim), file("d/planted", b"owned")], IN_THE_WAY)
table.layer(6, "parent", lambda victim: [file("a/b/f"), symlink("a", victim), file("a/b/planted", b"owned")], IN_THE_WAY)
table.layer(6, "and-back", lambda victim: [directory("d"), symlink("d", victim), directory("d"), file("d/f", b"x")],
            Harmless({"d": "directory", "d/f": "file"}))
table.layer(6, "kept-open", lambda victim: [file("d/a"), symlink("d", "e"), directory("e"), file("d/b", b"x")],
            Harmless({"d": "-> e", "e": "directory", "e/b": "file"}))


@table.add(6, "next-layer", Harmless({"d": "directory", "d/planted": "file"}))
def _(to):
    to.image([directory("d"), file("d/f")], [symlink("d", to.victim)], [file("d/planted", b"owned")])


# 7: the root itself (CVE-2021-29136)
ROOT = Refused("Unsafe", "root of the layer")
for name, path in {"dot": ".", "dot-slash": "./", "slash": "/", "slashes-and-dots": "//./."}.items():
    table.layer(7, f"link-{name}", lambda victim, path=path: [symlink(path, victim), file("planted", b"owned")], ROOT)
table.layer(7, "empty-link", lambda victim: [symlink("", victim), file("planted", b"owned")], ROOT)
table.layer(7, "file", [file("./", b"x")], NO_TAR)  # A name that ends in a slash is a directory's, and has no data.
table.layer(7, "plain-file", [file(".", b"x")], ROOT)
table.layer(7, "hard-link", [file("a"), hard_link(".", "a")], ROOT)
table.layer(7, "device", [entry("/", "4", device=(8, 0))], ROOT)
table.layer(7, "directory", [directory("./", 0o4777, uid=5, gid=5), file("f")], Harmless({"f": "file"}))

# 8: mode and owner through a link (CVE-2021-32760)
table.layer(8, "of-a-link", lambda victim: [symlink("way", f"{victim}/canary", uid=1234, gid=1234)], Harmless({"way": "-> VICTIM/canary"}))
table.layer(8, "of-a-directory", lambda victim: [directory("d", 0o777, uid=1234, gid=1234), symlink("d", victim)],
            Harmless({"d": "-> VICTIM"}))
table.layer(8, "of-a-parent", lambda victim: [directory("a/inside", 0o777, uid=1234, gid=1234), symlink("a", victim)],
            Harmless({"a": "-> VICTIM"}))
table.layer(8, "attributes", lambda victim: [
    symlink("way", f"{victim}/canary", pax={"SCHILY.xattr.user.owned": "yes"}), directory("d", pax={"SCHILY.xattr.user.owned": "yes"}),
    symlink("d", victim)], Harmless({"way": "-> VICTIM/canary", "d": "-> VICTIM"}))


# 9: a name that changes its kind all the time (CVE-2025-47290, CVE-2021-30465); the layers are unpacked side by side
def swapping(victim, last):
    entries = []
    for index in range(300):
        entries += [directory("d"), file(f"d/f{index}", b"x"), symlink("d", victim), file("d", b"x")]
    return [*entries, *last]


table.layer(9, "within-a-layer", lambda victim: swapping(victim, [directory("d")]), Harmless({"d": "directory"}))
table.layer(9, "ends-in-a-link", lambda victim: swapping(victim, [symlink("d", victim), file("d/planted", b"owned")]), IN_THE_WAY)


@table.add(9, "between-layers", Harmless({"d": "directory"}))
def _(to):
    to.image(swapping(to.victim, [symlink("d", to.victim)]), swapping(to.victim, [directory("d")]))
