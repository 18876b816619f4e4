"""Tar archives byte by byte: what no library would write.

Each function gives the bytes of one entry, header and data; a layer is a list of them.
"""

BLOCK = 512
END = bytes(2 * BLOCK)
TIME = 1_700_000_000  # every entry's, so that the same case has the same digests

FILE, HARD_LINK, SYMBOLIC_LINK, CHARACTER, BLOCK_DEVICE, DIRECTORY, FIFO = "0123456"


def entry(name, kind=FILE, data=b"", *, link="", mode=0o644, uid=0, gid=0, mtime=TIME, device=(0, 0), pax=None, size=None):
    """An entry of any kind; `size` is what the header says if not the data's length, `pax` an extended header before it."""
    name, link = _bytes(name), _bytes(link)
    before = b"" if pax is None else extended(pax)
    if len(name) > 100:
        before += long_name("L", name)
    if len(link) > 100:
        before += long_name("K", link)
    return before + header(name, kind, len(data) if size is None else size, link, mode, uid, gid, mtime, device) + padded(data)


def header(name, kind, size=0, link=b"", mode=0o644, uid=0, gid=0, mtime=TIME, device=(0, 0)):
    """A ustar header alone."""
    block = bytearray(BLOCK)
    for offset, length, value in (
        (0, 100, _bytes(name)), (100, 8, number(mode, 8)), (108, 8, number(uid, 8)), (116, 8, number(gid, 8)),
        (124, 12, number(size, 12)), (136, 12, number(mtime, 12)), (148, 8, b" " * 8), (156, 1, kind.encode()),
        (157, 100, _bytes(link)), (257, 8, b"ustar\x0000"), (329, 8, number(device[0], 8)), (337, 8, number(device[1], 8)),
    ):
        value = value[:length]
        block[offset:offset + len(value)] = value
    return sealed(block)


def sealed(block):
    """A header with its checksum."""
    block = bytearray(block)
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def number(value, length):
    """Octal digits; what they cannot say in base 256, as GNU tar does it. Bytes are left as they are."""
    if isinstance(value, bytes):
        return value
    if 0 <= value < 8 ** (length - 1):
        return b"%0*o" % (length - 1, value)
    return bytes([0x80 if value >= 0 else 0xFF]) + value.to_bytes(length - 1, "big", signed=True)


def file(name, data=b"", **attributes):
    return entry(name, FILE, data, **attributes)


def directory(name, mode=0o755, **attributes):
    return entry(name, DIRECTORY, mode=mode, **attributes)


def symlink(name, target, **attributes):
    return entry(name, SYMBOLIC_LINK, link=target, mode=0o777, **attributes)


def hard_link(name, target, **attributes):
    return entry(name, HARD_LINK, link=target, **attributes)


def extended(records, kind="x"):
    """A PAX header: {keyword: value}, whose values may be any bytes."""
    data = b"".join(record(keyword, value) for keyword, value in records.items())
    return header("PaxHeaders/x", kind, len(data)) + padded(data)


def record(keyword, value):
    """`<length> <keyword>=<value>\\n`, where the length counts itself."""
    body = b" " + _bytes(keyword) + b"=" + _bytes(value) + b"\n"
    length = len(body) + 1
    while len(str(length)) + len(body) != length:
        length = len(str(length)) + len(body)
    return str(length).encode() + body


def long_name(kind, name):
    """GNU's header for a name (`L`) or link target (`K`) that is longer than a hundred bytes."""
    return header("././@LongLink", kind, len(name) + 1) + padded(name + b"\0")


def padded(data):
    return data + bytes(-len(data) % BLOCK)


def old_sparse(name, size, pieces, data=b"", extension=None):
    """GNU's old form of a sparse file: at most four pieces (offset, length) in the header, more in `extension` blocks."""
    block = bytearray(header(name, "S", len(data)))
    block[257:265] = b"ustar  \0"
    for index, (offset, length) in enumerate(pieces[:4]):
        block[386 + 24 * index:410 + 24 * index] = number(offset, 12).ljust(12, b"\0") + number(length, 12).ljust(12, b"\0")
    block[482] = extension is not None
    block[483:495] = number(size, 12).ljust(12, b"\0")
    return sealed(block)


def sparse_extension(pieces, more):
    """A block of up to 21 further pieces of an old sparse file."""
    block = bytearray(BLOCK)
    for index, (offset, length) in enumerate(pieces):
        block[24 * index:24 * index + 24] = number(offset, 12).ljust(12, b"\0") + number(length, 12).ljust(12, b"\0")
    block[504] = more
    return bytes(block)


def sparse(name, size, pieces=(), data=b"", **attributes):
    """PAX's form 1.0 of a sparse file: its map is the beginning of the data."""
    table = f"{len(pieces)}\n" + "".join(f"{offset}\n{length}\n" for offset, length in pieces)
    records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": name, "GNU.sparse.realsize": str(size)}
    return entry(name, FILE, padded(table.encode()) + data, pax=records, **attributes)


def _bytes(text):
    return text if isinstance(text, bytes) else text.encode()
