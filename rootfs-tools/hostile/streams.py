"""Compressed streams: case 17."""

import hashlib
import zlib

from . import compression
from .archive import END, file, header
from .case import Harmless, Refused, Table

table = Table()
RATIO = Refused("LimitExceeded", "inflates to more than 200 times its size")
CUT = Refused("Malformed", "ends in the middle")


def packed(chunks):
    return b"".join(chunks)


def plain(to):
    """A tar of each image's own: a layer that is there already is not looked at again."""
    return file("f", to.name.encode() * 100) + END


def stored(to, blob, tar=None):
    """An image whose one layer is these bytes, which ought to inflate to `tar`."""
    tar = plain(to) if tar is None else tar
    to.diff_ids.append(f"sha256:{hashlib.sha256(tar).hexdigest()}")
    descriptor = to.blob(blob, "application/vnd.oci.image.layer.v1.tar+gzip")
    to.manifest([descriptor], to.diff_ids)


def bomb(to, gibibytes):
    size = to.bomb(gibibytes << 30) + (96 << 20 if to.small else 0)
    yield header("zeros", "0", size)
    yield from compression.zeros(size)
    yield bytes(-size % 512) + END


@table.add(17, "gzip-bomb", RATIO)
def _(to):
    to.image(bomb(to, 4))


@table.add(17, "zstd-bomb", RATIO)
def _(to):
    to.image(bomb(to, 4), compress=compression.zstd)


@table.add(17, "bomb-behind-the-end-of-the-tar", RATIO)
def _(to):
    to.image((chunk for part in ([plain(to)], compression.zeros((96 << 20) if to.small else 4 << 30)) for chunk in part))


@table.add(17, "zstd-window-2-gib", Refused("Malformed", "zstd"))
def _(to):
    to.image([file("f", b"x")], compress=compression.zstd_window)


@table.add(17, "zstd-dictionary", Refused("Malformed", "zstd"))
def _(to):
    stored(to, compression.ZSTD_MAGIC + bytes([0x01, 56, 7]) + b"\x01\0\0")


@table.add(17, "gzip-members", Harmless({"f": "file", "g": "file"}))
def _(to):
    to.image([file("f", b"x"), file("g", b"y")], compress=compression.gzip_members)


@table.add(17, "zstd-frames", Harmless({"f": "file"}))
def _(to):
    blob = compression.zstd_skippable(b"x" * 1000) + packed(compression.zstd([plain(to)[:700]])) + compression.zstd_skippable(b"")
    stored(to, blob + packed(compression.zstd([plain(to)[700:]])) + compression.zstd_skippable(b"end"))


@table.add(17, "a-million-empty-members", Harmless({"f": "file"}))
def _(to):
    empty = packed(compression.gzip([b""]))
    stored(to, empty * to.bomb(1_000_000) * (20 if to.small else 1) + packed(compression.gzip([plain(to)])))


@table.add(17, "a-million-empty-frames", Harmless({"f": "file"}))
def _(to):
    stored(to, packed(compression.zstd([])) * to.bomb(1_000_000) * (20 if to.small else 1) + packed(compression.zstd([plain(to)])))


@table.add(17, "gzip-garbage-behind", Refused("Malformed", "bytes behind the end"))
def _(to):
    stored(to, packed(compression.gzip([plain(to)])) + b"garbage")


@table.add(17, "gzip-almost-a-member-behind", Refused("Malformed", "gzip"))
def _(to):
    stored(to, packed(compression.gzip([plain(to)])) + b"\x1f\x8b\x08")


@table.add(17, "zstd-garbage-behind", Refused("Malformed", "zstd"))
def _(to):
    stored(to, packed(compression.zstd([plain(to)])) + b"garbage")


@table.add(17, "gzip-cut", CUT)
def _(to):
    stored(to, packed(compression.gzip([plain(to)]))[:-9])


@table.add(17, "zstd-cut", CUT)
def _(to):
    stored(to, packed(compression.zstd([plain(to)]))[:-5])


@table.add(17, "gzip-checksum", Refused("Malformed", "gzip"))
def _(to):
    blob = bytearray(packed(compression.gzip([plain(to)])))
    blob[-8] ^= 1
    stored(to, bytes(blob))


@table.add(17, "gzip-name-without-end", CUT)
def _(to):
    stored(to, b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * (1 << (20 if to.small else 24)))


@table.add(17, "gzip-with-all-fields", Harmless({"f": "file"}))
def _(to):
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = stream.compress(plain(to)) + stream.flush()
    head = b"\x1f\x8b\x08\x1e" + bytes(6) + (65535).to_bytes(2, "little") + b"x" * 65535 + b"name\0" + b"comment\0"
    head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    stored(to, head + body + zlib.crc32(plain(to)).to_bytes(4, "little") + len(plain(to)).to_bytes(4, "little"))


@table.add(17, "gzip-in-gzip", Refused("Malformed", "tar"))
def _(to):
    to.image([packed(compression.gzip([plain(to)]))])


@table.add(17, "zip", Refused("Malformed", "tar"))
def _(to):
    stored(to, b"PK\x03\x04" + bytes(1000), b"PK\x03\x04" + bytes(1000))


@table.add(17, "empty", Harmless({}))
def _(to):
    stored(to, b"", b"")


@table.add(17, "mixed", Refused("Malformed", "gzip"))
def _(to):
    stored(to, packed(compression.gzip([plain(to)[:700]])) + packed(compression.zstd([plain(to)[700:]])))
