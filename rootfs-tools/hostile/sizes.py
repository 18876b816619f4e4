"""Attributes, sizes and numbers without measure: cases 14, 15, 16, 18."""

from .archive import (END, directory, entry, extended, file, header, long_name, old_sparse, padded, record, sparse,
                      sparse_extension, symlink)
from .case import Harmless, Refused, Table
from .compression import gzip_members

table = Table()
TOO_LARGE = Refused("Malformed", "is no valid tar: Special header too large")
HEADERS = Refused("LimitExceeded", "headers go on for more than 2097152 bytes")
DAMAGED = Refused("Malformed", "is no valid tar: Damaged tar archive")
NO_REASON = Refused("Malformed", "is no valid tar: no reason given")  # libarchive does not say what is wrong with a sparse map
NAMELESS = Refused("Malformed", "entry 1 has no name")
ENTRIES = Refused("LimitExceeded", "more than 20000 entries")
FILE_LIMIT = Refused("LimitExceeded", "a file may have")


def stream(entries):
    """A whole tar that is never in memory."""
    yield from entries
    yield END


# 14: extended attributes
@table.add(14, "64-kib-times-10000-in-a-file", TOO_LARGE)
def _(to):
    count = to.bomb(10_000) + 40
    value = bytes(64 << 10)
    length = sum(len(record(f"SCHILY.xattr.user.a{index:05}", value)) for index in range(count))

    def tar():
        yield header("PaxHeaders/x", "x", length)
        for index in range(count):
            yield record(f"SCHILY.xattr.user.a{index:05}", value)
        yield bytes(-length % 512) + file("f") + END

    to.image(tar())


@table.add(14, "64-kib-times-10000-files", Refused("LimitExceeded", "the extended attributes have more than 1048576 bytes"))
def _(to):
    records = {"SCHILY.xattr.user.a": bytes(65_000)}
    to.image(stream(file(f"f{index}", pax=records) for index in range(to.bomb(10_000) + 40)))


@table.add(14, "2-kib-times-100000-files", Refused("LimitExceeded", "extended attributes"))
def _(to):
    records = {"SCHILY.xattr.user.a": bytes(2000)}
    to.image(stream(file(f"f{index}", pax=records) for index in range(to.bomb(100_000) + 1000)))


table.layer(14, "thousands-of-names", [file("f", pax={f"SCHILY.xattr.user.{index:06}": b"" for index in range(20_000)})],
            Refused("LimitExceeded", "more extended attributes than the kernel can list"))
table.layer(14, "a-name-of-300-bytes", [file("f", pax={"SCHILY.xattr.user." + "n" * 300: "x"})], Refused("Storage", "extended attribute"))
table.layer(14, "no-name", [file("f", pax={"SCHILY.xattr.": "x", "SCHILY.xattr.user.": "x"})],
            Refused("Storage", "cannot set the extended attribute user. of f: Invalid argument"))

# 15: sparse files
EXBIBYTES = (1 << 63) - 1
table.layer(15, "8-eib", [sparse("f", EXBIBYTES)], FILE_LIMIT)
table.layer(15, "8-eib-and-a-byte", [sparse("f", 1 << 63)], FILE_LIMIT)
table.layer(15, "8-eib-old-form", [old_sparse("f", EXBIBYTES, [(0, 0)])], FILE_LIMIT)
table.layer(15, "byte-at-the-end", [sparse("f", EXBIBYTES, [(EXBIBYTES - 1, 1)], padded(b"x"))], FILE_LIMIT)
table.layer(15, "data-behind-the-end", [sparse("f", 10, [(1 << 42, 1)], padded(b"x"))], Refused("Malformed", "f has data behind its end, which is at 10 bytes"))
table.layer(15, "negative-offset", [sparse("f", 10, [(-5, 1)], padded(b"x"))], NO_REASON)
table.layer(15, "overlapping", [sparse("f", 4096, [(0, 512), (256, 512)], bytes(1024))], Harmless({"f": "file"}))
table.layer(15, "backwards", [sparse("f", 4096, [(2048, 512), (0, 512)], bytes(1024))], Harmless({"f": "file"}))
table.layer(15, "many-of-them", [sparse(f"f{index}", 1 << 40) for index in range(400)], FILE_LIMIT)
table.layer(15, "map-says-2-31", [entry("f", data=padded(b"2147483648\n" + b"0\n0\n" * 100), pax={
    "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"})], NO_REASON)
table.layer(15, "map-says-2-64", [entry("f", data=padded(b"18446744073709551617\n"), pax={
    "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"})], NO_REASON)


def endless_map(pieces_there):
    """A sparse map of 2^31 pieces, of which so many are there: of PAX form 1.0, in the data."""
    count = 1 << 31
    pieces = b"0\n0\n" * 256
    rounds = pieces_there // 256
    length = 512 + len(pieces) * rounds
    yield extended({"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"})
    yield header("f", "0", length) + (b"%d\n" % count).ljust(512, b"0")[:len(b"%d\n" % count)]
    yield b"0" * (512 - len(b"%d\n" % count) - 1) + b"\n"
    for _ in range(rounds):
        yield pieces
    yield END


@table.add(15, "map-of-2-31", NO_REASON)
def _(to):
    to.image(endless_map(1 << (21 if to.small else 26)))


@table.add(15, "map-of-2-31-old-form", HEADERS)
def _(to):
    block = sparse_extension([(1, 0)] * 21, more=1)
    rounds = (1 << (20 if to.small else 26)) // 21

    def tar():
        yield old_sparse("f", 1, [(1, 0)] * 4, extension=True)
        for _ in range(rounds // 1024):
            yield block * 1024
        yield END

    to.image(tar())


# 16: numbers
table.layer(16, "pax-size-larger", [entry("f", data=b"x" * 100, pax={"size": "5000"}), file("g", b"y" * 9000)], DAMAGED)
table.layer(16, "pax-size-smaller", [entry("f", data=b"x" * 5000, pax={"size": "100"}), file("g")], DAMAGED)
table.layer(16, "pax-size-smuggles", [entry("f", data=file("hidden", b"x"), pax={"size": "0"})], Harmless({"f": "file", "hidden": "file"}))
table.layer(16, "pax-size-negative", [entry("f", data=b"x", pax={"size": "-1"})],
            Refused("Malformed", "is no valid tar: Tar size attribute is negative"))
table.layer(16, "pax-size-overflows", [entry("f", data=b"x", pax={"size": "99999999999999999999"})],
            Refused("Malformed", "is no valid tar: Tar size attribute overflow"))
table.layer(16, "size-negative", [entry("f", data=b"x", size=-1)], Refused("Malformed", "is no valid tar: Tar entry has negative size"))
table.layer(16, "size-beyond-the-end", [entry("f", data=b"x", size=1 << 39)], FILE_LIMIT)
table.layer(16, "size-2-63", [entry("f", data=b"x", size=(1 << 63) - 1)], Refused("Malformed", "is no valid tar: Tar entry size overflow"))
table.layer(16, "time-huge", [file("f", pax={"mtime": "99999999999999999999.999999999"}), directory("d", pax={"mtime": "9" * 400})],
            Harmless({"f": "file", "d": "directory"}))
table.layer(16, "time-negative", [file("f", mtime=-(1 << 62)), symlink("l", "f", mtime=-1)], Harmless({"f": "file", "l": "-> f"}))
table.layer(16, "time-of-no-number", [file("f", pax={"mtime": "nan"}), file("g", pax={"mtime": "-.-"})],
            Harmless({"f": "file", "g": "file"}))
table.layer(16, "ids", [file("f", pax={"uid": "4294967295"})], Refused("Malformed", "ids go from 0"))
table.layer(16, "ids-negative", [file("f", uid=-1)], Refused("Malformed", "f belongs to -1:0; ids go from 0"))
table.layer(16, "ids-2-32", [file("f", pax={"uid": "4294967296"})], Refused("Malformed", "ids go from 0"))
table.layer(16, "mode", [file("f", mode=0o177777)], Harmless({"f": "file"}))
table.layer(16, "checksum", [file("f") + b"x" * 512], DAMAGED)
table.layer(16, "record-length", [header("PaxHeaders/x", "x", 20) + padded(b"99 path=../planted\n") + file("f")], Harmless({"f": "file"}))
table.layer(16, "record-without-end", [header("PaxHeaders/x", "x", 20) + padded(b"20 path=xxxxxxxxxxxx") + file("f")], Harmless({"f": "file"}))
table.layer(16, "global-header", [extended({"path": "../planted", "uid": "7", "SCHILY.xattr.user.a": "x"}, "g"), file("f")], Harmless({"f": "file"}))


@table.add(16, "headers-of-headers", NAMELESS)
def _(to):
    """Each header before an entry may call the reader again: a million of them, and its stack is full."""
    block = extended({}, "g") * 1000

    def tar():
        for _ in range(20 if to.small else 1000):
            yield block
        yield file("f") + END

    to.image(tar())


@table.add(16, "headers-of-all-kinds", DAMAGED)
def _(to):
    block = (extended({"comment": "x"}) + long_name("L", b"name") + long_name("K", b"target")) * 100

    def tar():
        for _ in range(30 if to.small else 3000):
            yield block
        yield file("f") + END

    to.image(tar())


# 18: ten million empty files
@table.add(18, "10-million-files", ENTRIES)
def _(to):
    """A thousand files always of the same bytes, below a link that leads to another directory each time."""
    files = b"".join(file(f"here/{index:03}") for index in range(1000))

    def tar():
        for index in range(to.bomb(10_000_000) * (10 if to.small else 1) // 1000):
            yield directory(f"d{index}") + symlink("here", f"d{index}")
            yield files
        yield END

    to.image(tar(), compress=gzip_members)


@table.add(18, "10-million-times-the-same", ENTRIES)
def _(to):
    files = file("f") * 1000
    to.image((files for _ in range(to.bomb(10_000_000) * (10 if to.small else 1) // 1000)), compress=gzip_members)


@table.add(18, "10-million-directories", ENTRIES)
def _(to):
    """A directory is remembered until the end, for its time."""
    directories = directory("d") * 1000
    to.image((directories for _ in range(to.bomb(10_000_000) * (10 if to.small else 1) // 1000)), compress=gzip_members)
