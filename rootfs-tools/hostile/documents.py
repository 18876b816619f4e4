"""Manifests, indexes, configurations and digests: cases 20 to 25, 35, 36."""

import os
from pathlib import Path

from .archive import file
from .case import PORT, Harmless, Refused, Table
from .layout import INDEX, LAYER, MANIFEST, dump

table = Table()
ONE = [file("f", b"x")]
F = Harmless({"f": "file"})
OTHER = "0" * 64
DOCUMENTS = ("layer", "configuration", "manifest")


def whole(to):
    """A right image. Returns the descriptors of layer, configuration and manifest."""
    layer, diff_id = to.layer(ONE)
    return dict(zip(DOCUMENTS, (layer, *to.manifest([layer], [diff_id]))))


# 20: digest and size. What holds the descriptor is made anew, so that only it is wrong.
def stated(to, which, **lies):
    layer, diff_id = to.layer(ONE)
    if which == "layer":
        to.manifest([{**layer, **lies}], [diff_id])
    elif which == "configuration":
        to.manifest([layer], [diff_id], alter=lambda _, manifest: manifest["config"].update(lies))
    else:
        to.index({**to.manifest([layer], [diff_id])[1], **lies})


for which in DOCUMENTS:
    for name, size in {"larger": 1 << 20, "smaller": 1, "zero": 0, "negative": -1, "2-63": (1 << 63) - 1}.items():
        table.add(20, f"{which}-size-{name}", Refused("SizeMismatch", "its descriptor says"))(
            lambda to, which=which, size=size: stated(to, which, size=size))

    @table.add(20, f"{which}-other-bytes", Refused("DigestMismatch", "corrupt"))
    def _(to, which=which):
        descriptor = whole(to)[which]
        bytes_ = bytearray(to.blob_file(descriptor).read_bytes())
        bytes_[len(bytes_) // 2] ^= 1
        to.replace(descriptor, bytes(bytes_))

    @table.add(20, f"{which}-missing", Refused("NotFound", "lacks"))
    def _(to, which=which):
        to.blob_file(whole(to)[which]).unlink()


@table.add(20, "size-of-no-number", Refused("Malformed", "size"))
def _(to):
    stated(to, "layer", size="12")


# 21: as many DiffIDs as layers, and theirs
@table.add(21, "one-too-many", Refused("Malformed", "2 DiffIDs for 1 layers"))
def _(to):
    to.image(ONE, alter=lambda configuration, _: configuration["rootfs"]["diff_ids"].append(f"sha256:{OTHER}"))


@table.add(21, "one-too-few", Refused("Malformed", "1 DiffIDs for 2 layers"))
def _(to):
    to.image(ONE, [file("g")], alter=lambda configuration, _: configuration["rootfs"]["diff_ids"].pop())


@table.add(21, "none", Refused("Malformed", "0 DiffIDs for 1 layers"))
def _(to):
    to.image(ONE, alter=lambda configuration, _: configuration["rootfs"]["diff_ids"].clear())


@table.add(21, "swapped", Refused("DigestMismatch", "corrupt"))
def _(to):
    to.image(ONE, [file("g")], alter=lambda configuration, _: configuration["rootfs"]["diff_ids"].reverse())


@table.add(21, "of-something-else", Refused("DigestMismatch", OTHER))
def _(to):
    to.image(ONE, alter=lambda configuration, _: configuration["rootfs"].update(diff_ids=[f"sha256:{OTHER}"]))


@table.add(21, "thousands", Refused("LimitExceeded", "layers"))
def _(to):
    layer, diff_id = to.layer(ONE)
    to.manifest([layer] * 5000, [diff_id] * 5000)


# 22: manifest and index at once (CVE-2021-41190)
@table.add(22, "manifest-with-manifests", Refused("Malformed", "both a manifest and an index"))
def _(to):
    to.image(ONE, alter=lambda _, manifest: manifest.update(manifests=[]))


@table.add(22, "index-with-layers", Refused("Malformed", "both a manifest and an index"))
def _(to):
    to.index(whole(to)["manifest"], layers=[])


@table.add(22, "index-with-config", Refused("Malformed", "both a manifest and an index"))
def _(to):
    to.index(whole(to)["manifest"], config={})


@table.add(22, "manifest-that-says-index", Refused("Malformed", "should be a manifest"))
def _(to):
    to.image(ONE, alter=lambda _, manifest: manifest.update(mediaType=INDEX))


@table.add(22, "manifest-called-index", Refused("Malformed", "manifest"))
def _(to):
    to.index({**whole(to)["manifest"], "mediaType": INDEX})


@table.add(22, "key-twice", Refused("Malformed", "twice"))
def _(to):
    layer, diff_id = to.layer(ONE)
    config, _ = to.manifest([layer], [diff_id])
    text = dump({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}).rstrip()[:-1]
    to.index(to.document(text + b', "layers": []}', MANIFEST))


# 23: an index without end. None can hold its own digest; it can say it does, or be as deep as it likes.
@table.add(23, "itself", Refused("SizeMismatch", "its descriptor says"))
def _(to):
    descriptor = to.document({"schemaVersion": 2, "manifests": []}, INDEX)
    to.index(descriptor)
    to.replace(descriptor, (to.directory / "index.json").read_bytes())


@table.add(23, "index-json-itself", Refused("SizeMismatch", "its descriptor says"))
def _(to):
    to.index({"mediaType": INDEX, "digest": f"sha256:{OTHER}", "size": 300})
    os.link(to.directory / "index.json", to.blobs / OTHER)


@table.add(23, "deep", Refused("LimitExceeded", "deep"))
def _(to):
    descriptor = whole(to)["manifest"]
    for _ in range(12):
        descriptor = to.document({"schemaVersion": 2, "manifests": [descriptor]}, INDEX)
    to.index(descriptor)


@table.add(23, "wide", Refused("LimitExceeded", "documents"))
def _(to):
    """Ten indexes of ten each: 10,000,000 ways to nothing."""
    descriptor = to.document({"schemaVersion": 2, "manifests": []}, INDEX)
    for _ in range(7):
        descriptor = to.document({"schemaVersion": 2, "manifests": [descriptor] * 10}, INDEX)
    to.index(descriptor)


@table.add(23, "empty", Refused("NotFound", "holds no image"))
def _(to):
    to.index()


@table.add(23, "a-thousand-images", Refused("LimitExceeded", "documents"))
def _(to):
    manifest = whole(to)["manifest"]
    to.index(*[{**manifest, "annotations": {"org.opencontainers.image.ref.name": f"example.com/a:{index}"}} for index in range(1000)])


# 24: documents of a gibibyte (CVE-2023-25153), or that cost more than their bytes
def sparse_file(path, size):
    with open(path, "wb") as hole:
        hole.truncate(size)


@table.add(24, "manifest-of-1-gib", Refused("LimitExceeded", "such a document may have"))
def _(to):
    """Its digest is not computed: nobody should get as far as to compare it."""
    sparse_file(to.blobs / OTHER, 1 << 30)
    to.index({"mediaType": MANIFEST, "digest": f"sha256:{OTHER}", "size": 1 << 30})


@table.add(24, "configuration-of-1-gib", Refused("LimitExceeded", "such a document may have"))
def _(to):
    sparse_file(to.blobs / OTHER, 1 << 30)
    stated(to, "configuration", digest=f"sha256:{OTHER}", size=1 << 30)


@table.add(24, "index-json-of-1-gib", Refused("LimitExceeded", "such a document may have"))
def _(to):
    sparse_file(to.directory / "index.json", 1 << 30)


for name, text in {
    "nested-lists": b"[" * 4_000_000, "nested-objects": b'{"a":' * 800_000, "long-number": b"1" * 4_000_000,
    "long-string": b'"' + b"\\u0041" * 690_000 + b'"',
}.items():
    @table.add(24, name, Refused("Malformed", "document"))
    def _(to, text=text):
        to.index(to.document(text, MANIFEST))


@table.add(24, "nested-below-a-key", Refused("Malformed", "document"))
def _(to):
    layer, diff_id = to.layer(ONE)
    config, _ = to.manifest([layer], [diff_id])
    text = dump({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}).rstrip()[:-1]
    to.index(to.document(text + b', "annotations": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", MANIFEST))


@table.add(24, "many-keys", F)
def _(to):
    to.image(ONE, config={"Labels": {f"label{index}": "" for index in range(150_000)}})


@table.add(24, "no-utf8", Refused("Malformed", "document"))
def _(to):
    to.index(to.document(b'{"schemaVersion": 2, "mediaType": "\xff\xfe"}', MANIFEST))


# 25: digests that are paths, or of another kind
NO_DIGEST = Refused("Malformed", "is no valid image document")
for name, digest in {
    "path": "sha256:../../x", "long-path": "sha256:" + "../" * 20 + "etc", "upper-case": "sha256:" + "A" * 64, "short": "sha256:" + "a" * 63,
    "algorithm": "sha512:" + "a" * 128, "md5": "md5:" + "a" * 32, "none": "a" * 64, "empty": "", "nul": "sha256:" + "a" * 63 + "\0",
    "fullwidth": "sha256:" + "０" * 64,
}.items():
    for which in DOCUMENTS:
        table.add(25, f"{which}-{name}", NO_DIGEST)(
            lambda to, which=which, digest=digest: stated(to, which, digest=digest))
    table.add(25, f"diff-id-{name}", NO_DIGEST)(
        lambda to, digest=digest: to.image(ONE, alter=lambda configuration, _: configuration["rootfs"].update(diff_ids=[digest])))

# 35: a layout that leads out of itself
LINK = Refused("Unsafe", "is a symbolic link, or lies behind one")
for which in DOCUMENTS:
    @table.add(35, f"{which}-is-a-link", LINK)
    def _(to, which=which):
        path = to.blob_file(whole(to)[which])
        path.unlink()
        path.symlink_to(f"{to.victim}/canary")

    @table.add(35, f"{which}-is-a-fifo", Refused("Unsafe", "is no regular file"))
    def _(to, which=which):
        path = to.blob_file(whole(to)[which])
        path.unlink()
        os.mkfifo(path)

    @table.add(35, f"{which}-is-a-directory", Refused("Unsafe", "is no regular file"))
    def _(to, which=which):
        path = to.blob_file(whole(to)[which])
        path.unlink()
        path.mkdir()


@table.add(35, "index-json-is-a-link", LINK)
def _(to):
    whole(to)
    index = to.directory / "index.json"
    index.rename(to.directory / "index")
    index.symlink_to("index")


@table.add(35, "blobs-is-a-link", LINK)
def _(to):
    whole(to)
    blobs = to.directory / "blobs"
    blobs.rename(to.directory / "elsewhere")
    blobs.symlink_to("elsewhere")


@table.add(35, "blobs-is-a-link-to-the-victim", LINK)
def _(to):
    whole(to)
    to.blobs.rename(to.directory / "elsewhere")
    to.blobs.symlink_to(to.victim)


@table.add(35, "archive-with-links", Refused("NotFound", "lacks"))
def _(to):
    """In an archive a link means a file of the archive, or nothing."""
    path = to.blob_file(whole(to)["layer"])
    name = f"blobs/sha256/{path.name}"
    path.unlink()
    archived(to, {"oci-layout": None, name: ("2", "../../../../../../../../etc/passwd"), "etc": None})


@table.add(35, "archive-with-a-hard-link", Refused("NotFound", "lacks"))
def _(to):
    path = to.blob_file(whole(to)["layer"])
    path.unlink()
    archived(to, {f"blobs/sha256/{path.name}": ("1", "/etc/passwd")})


@table.add(35, "archive-with-parents", Refused("NotFound", "lacks"))
def _(to):
    path = to.blob_file(whole(to)["layer"])
    content = path.read_bytes()
    path.unlink()
    archived(to, {f"../blobs/sha256/{path.name}": content})


def archived(to, more):
    """An oci-archive of the layout, with further members."""
    from .archive import END, entry

    path = to.archive()
    data = path.read_bytes().rstrip(b"\0")
    data += bytes(-len(data) % 512)
    for name, what in more.items():
        if isinstance(what, tuple):
            data += entry(name, what[0], link=what[1])
        elif what is not None:
            data += entry(name, data=what)
    Path(path).write_bytes(data + END)


# 36: layers that are elsewhere
FOREIGN = {
    "oci": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "docker": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}
URLS = [f"http://127.0.0.1:{PORT}/layer", f"https://127.0.0.1:{PORT}/layer", "file:///etc/passwd"]
for name, media_type in FOREIGN.items():
    table.add(36, f"foreign-{name}", Refused("Unsupported", media_type))(
        lambda to, media_type=media_type: stated(to, "layer", mediaType=media_type, urls=URLS))


@table.add(36, "urls-of-a-plain-layer", Refused("NotFound", "lacks"))
def _(to):
    stated(to, "layer", urls=URLS, digest=f"sha256:{OTHER}")


@table.add(36, "urls-of-a-configuration", Refused("NotFound", "lacks"))
def _(to):
    stated(to, "configuration", urls=URLS, digest=f"sha256:{OTHER}")


@table.add(36, "urls-beside-the-bytes", F)
def _(to):
    stated(to, "layer", urls=URLS)


@table.add(36, "encrypted", Refused("Unsupported", "+encrypted"))
def _(to):
    stated(to, "layer", mediaType=LAYER + "+encrypted")
