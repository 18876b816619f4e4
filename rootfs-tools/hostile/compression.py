"""Compressed streams made to order: gzip by zlib, zstd by hand, so that nothing needs to be installed for it."""

import functools
import zlib

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZSTD_BLOCK = 128 << 10  # the most that a block inflates to (RFC 8878, 3.1.1.2)


def plain(chunks):
    yield from chunks


def gzip(chunks):
    """One member; without time and name, so that the same bytes come out each time."""
    stream = zlib.compressobj(6, zlib.DEFLATED, 31)
    for chunk in chunks:
        if packed := stream.compress(chunk):
            yield packed
    yield stream.flush()


def gzip_members(chunks):
    """Each chunk a member of its own."""
    for chunk in chunks:
        yield _member(chunk)


@functools.lru_cache(4)
def _member(chunk):
    """Chunks that come again and again are compressed once."""
    return b"".join(gzip([chunk]))


def zstd(chunks, window_log=17):
    """One frame of raw blocks, and of run-length blocks for what is one byte over and over: 128 KiB in four bytes."""
    yield ZSTD_MAGIC + bytes([0x00, (window_log - 10) << 3])
    for chunk in chunks:
        for start in range(0, len(chunk), ZSTD_BLOCK):
            piece = chunk[start:start + ZSTD_BLOCK]
            if piece.count(piece[0]) == len(piece):
                yield _block(1, len(piece)) + piece[:1]
            else:
                yield _block(0, len(piece)) + piece
    yield _block(0, 0, last=True)


def zstd_window(chunks):
    """One frame that asks for a window of 2 GiB."""
    return zstd(chunks, window_log=31)


def zstd_skippable(data):
    return b"\x50\x2a\x4d\x18" + len(data).to_bytes(4, "little") + data


def _block(kind, size, last=False):
    return (size << 3 | kind << 1 | last).to_bytes(3, "little")


def zeros(count):
    """So many zero bytes, a MiB at a time."""
    piece = bytes(1 << 20)
    while count > 0:
        yield piece[:count]
        count -= len(piece)
