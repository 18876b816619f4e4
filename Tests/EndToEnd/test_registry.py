"""The registry inside, byte by byte: bounds, order, crashes, full disks, and requests that nobody honest sends."""

import hashlib
import http.client
import json
import os
import subprocess
import threading
import time

import pytest

from support.daemon import Daemon
from support.registry import CONFIGURATION, INDEX, MANIFEST, Registry, digest

NO_DIGEST = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def registry(daemon, tmp_path_factory):
    made = Registry(daemon, tmp_path_factory.mktemp("registry"))
    made.create("box")
    return made


def error(body):
    (entry,) = json.loads(body)["errors"]
    return entry["code"]


# Who may


@pytest.mark.parametrize("authorization", [
    None, "", "Basic", "Basic !!!", "Basic QVdT", "Basic QVdTOg==", "Bearer abc", "Basic " + "QQ" * 20_000,
    "Basic QVdTOmJlcnRoLXJlZ2lzdHJ5LTE=",
])
def test_without_credentials_there_is_nothing(registry, authorization):
    headers = {"Authorization": authorization} if authorization is not None else {}
    for method, path in [
        ("GET", "/v2/"), ("GET", "/v2/_catalog"), ("GET", "/v2/box/tags/list"), ("POST", "/v2/box/blobs/uploads/"),
        ("PUT", "/v2/box/manifests/v1"), ("DELETE", "/v2/box/manifests/v1"), ("GET", "/v2/nothing/like/this"),
    ]:
        status, answer, body = registry.request(method, path, headers=headers, auth=False)
        assert status == 401 and error(body) == "UNAUTHORIZED", (method, path, status)
        assert answer["WWW-Authenticate"].startswith("Basic realm=")


def test_a_token_that_was_changed_is_no_token(registry):
    claim, mac = registry.password.split(".")
    for forged in (claim + "." + mac[:-2], claim[:-4] + "AAAA." + mac, claim, mac, claim + ".", "." + mac, claim + "." + mac + ".x"):
        status, _, _ = registry.request("GET", "/v2/", headers=registry.authorization(password=forged), auth=False)
        assert status == 401, forged
    assert registry.request("GET", "/v2/")[0] == 200


def test_a_token_is_good_after_a_restart_and_no_longer_when_its_key_is_removed(fresh_daemon, tmp_path):
    registry = Registry(fresh_daemon, tmp_path)
    fresh_daemon.kill()
    fresh_daemon.start()
    assert registry.request("GET", "/v2/")[0] == 200
    key = fresh_daemon.root / "registry.key"
    assert os.stat(key).st_mode & 0o777 == 0o600
    key.unlink()
    fresh_daemon.stop()
    fresh_daemon.start()
    assert registry.request("GET", "/v2/")[0] == 401


# Paths and headers that nobody honest sends


@pytest.mark.parametrize("path, status", [
    ("/v2/../../etc/passwd", 404), ("/v2/box/blobs/../../../etc/passwd", 404),
    ("/v2/%2e%2e/%2e%2e/blobs/" + NO_DIGEST, 400), ("/v2/box%2f..%2f../blobs/" + NO_DIGEST, 400),
    ("/v2/box/blobs/sha256:..%2f..%2fetc%2fpasswd", 400), ("/v2/box/blobs/sha256:" + "A" * 64, 400),
    ("/v2/box/blobs/sha512:" + "0" * 128, 400), ("/v2/box/blobs/sha256:" + "0" * 63, 400),
    ("/v2/Box/tags/list", 400), ("/v2/box/manifests/sha256:" + "F" * 64, 400), ("/v2/box/manifests/..%2f..", 404),
    ("/v2/box/manifests/" + "a" * 129, 404), ("/v2/" + "a/" * 200 + "tags/list", 400), ("/v2/box/blobs/uploads/..%2f..", 404),
    ("/v2/b/tags/list", 400), ("/v2//tags/list", 400), ("/v2/box/blobs/%00", 400), ("/v2/box/nothing/x", 404), ("/v2x", 400),
    ("/v2/box/blobs/" + NO_DIGEST, 404), ("/v2/no/such/tags/list", 404),
])
def test_odd_paths_are_harmless(registry, path, status):
    connection = http.client.HTTPConnection("127.0.0.1", registry.daemon.port, timeout=30)
    connection.putrequest("GET", path, skip_accept_encoding=True)
    for name, value in registry.authorization().items():
        connection.putheader(name, value)
    connection.endheaders()
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    assert reply.status == status, body
    assert b"root:" not in body


def test_a_huge_header_ends_the_connection_and_not_the_daemon(registry):
    with pytest.raises((AssertionError, OSError, http.client.HTTPException)):
        status, _, _ = registry.request("GET", "/v2/", headers={"X-Huge": "x" * (1 << 20)})
        assert status < 400
    assert registry.request("GET", "/v2/")[0] == 200


def test_methods_that_a_path_does_not_take(registry):
    for method, path in [("POST", "/v2/"), ("PUT", "/v2/box/tags/list"), ("PATCH", "/v2/box/manifests/v1"), ("POST", "/v2/box/blobs/" + NO_DIGEST)]:
        status, _, body = registry.request(method, path)
        assert status == 405 and error(body) == "UNSUPPORTED"


# Blobs


def test_chunks_in_order_and_out_of_it(registry):
    content = os.urandom(300_000)
    path = registry.begin("box")
    chunk = {"Content-Type": "application/octet-stream"}
    status, headers, _ = registry.request("PATCH", path, content[:100_000], {**chunk, "Content-Range": "0-99999"})
    assert status == 202 and headers["Range"] == "0-99999"
    for wrong in ("0-99999", "100001-200000", "200000-299999"):
        first = int(wrong.split("-")[0])
        status, headers, body = registry.request("PATCH", path, content[first:first + 100_000], {**chunk, "Content-Range": wrong})
        assert status == 416 and headers["Range"] == "0-99999" and headers["Location"] == path, body
    for wrong in ("x", "100000-", "-5", "200000-100000", "100000-100001"):
        status, _, body = registry.request("PATCH", path, content[100_000:200_000], {**chunk, "Content-Range": wrong})
        assert status == 400 and error(body) == "BLOB_UPLOAD_INVALID", (wrong, status)
    status, headers, _ = registry.request("GET", path)
    assert status == 204 and headers["Range"] == "0-99999"
    assert registry.request("PATCH", path, content[100_000:200_000], {**chunk, "Content-Range": "100000-199999"})[0] == 202
    status, headers, _ = registry.request(
        "PUT", f"{path}?digest={digest(content)}", content[200_000:], {**chunk, "Content-Range": "200000-299999"})
    assert status == 201 and headers["Location"] == f"/v2/box/blobs/{digest(content)}"
    status, headers, body = registry.request("GET", headers["Location"])
    assert status == 200 and body == content and headers["Docker-Content-Digest"] == digest(content)
    assert registry.request("GET", path)[0] == 404


def test_ranges_of_a_blob(registry):
    content = bytes(range(256)) * 10
    path = f"/v2/box/blobs/{registry.push_blob('box', content)['digest']}"
    for text, first, end in [("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=2000-", 2000, 2560), ("bytes=-5", 2555, 2560), ("bytes=2550-9999", 2550, 2560)]:
        status, headers, body = registry.request("GET", path, headers={"Range": text})
        assert status == 206 and body == content[first:end]
        assert headers["Content-Range"] == f"bytes {first}-{end - 1}/2560"
    for text in ("bytes=2560-", "bytes=9999-99999", "bytes=-0"):
        status, headers, _ = registry.request("GET", path, headers={"Range": text})
        assert status == 416 and headers["Content-Range"] == "bytes */2560"
    for text in ("bytes=0-1,5-6", "lines=1-2", "bytes=b-c", "bytes=5-4", "bytes=99999999999999999999-"):
        status, _, body = registry.request("GET", path, headers={"Range": text})
        assert status == 200 and body == content


def test_a_wrong_digest_leaves_nothing(registry):
    path = registry.begin("box")
    status, _, body = registry.request("PUT", f"{path}?digest={NO_DIGEST}", b"something")
    assert status == 400 and error(body) == "DIGEST_INVALID"
    assert registry.request("GET", path)[0] == 404
    assert registry.request("HEAD", f"/v2/box/blobs/{digest(b'something')}")[0] == 404
    assert uploads(registry.daemon) == []
    for wrong in ("", "?digest=", "?digest=sha256:abc", "?digest=sha512:" + "0" * 128):
        path = registry.begin("box")
        assert registry.request("PUT", f"{path}{wrong}", b"something")[0] == 400
        assert registry.request("DELETE", path)[0] == 204
    assert uploads(registry.daemon) == []


def uploads(daemon):
    return [name for name in os.listdir(daemon.root / "images/partial") if name.startswith("upload")]


def test_one_repository_does_not_see_what_another_has(registry):
    registry.create("left")
    registry.create("right")
    blob = registry.push_blob("left", b"of the left one")["digest"]
    path = registry.begin("left")
    assert registry.request("HEAD", f"/v2/right/blobs/{blob}")[0] == 404
    assert registry.request("GET", path.replace("left", "right"))[0] == 404
    status, headers, _ = registry.request("POST", f"/v2/right/blobs/uploads/?mount={blob}&from=left")
    assert status == 201 and headers["Location"] == f"/v2/right/blobs/{blob}"
    assert registry.request("GET", headers["Location"])[2] == b"of the left one"
    # What is not there, or from nowhere, becomes an upload.
    for query in (f"mount={NO_DIGEST}&from=left", f"mount={blob}&from=nowhere"):
        status, headers, _ = registry.request("POST", f"/v2/box/blobs/uploads/?{query}")
        assert status == 202
        registry.request("DELETE", headers["Location"])
    registry.ecr.delete_repository(repositoryName="left", force=True)
    assert registry.request("HEAD", f"/v2/right/blobs/{blob}")[0] == 200


def test_two_pushes_of_the_same_blob_at_once(registry):
    """Both upload all of it, side by side; both get it, and it lies there once."""
    content = os.urandom(8 << 20)
    results = []

    def push(name):
        path = registry.begin(name)
        for start in range(0, len(content), 1 << 20):
            status, _, _ = registry.request("PATCH", path, content[start:start + (1 << 20)])
            assert status == 202
        results.append(registry.request("PUT", f"{path}?digest={digest(content)}")[0])

    registry.create("twin/a")
    registry.create("twin/b")
    threads = [threading.Thread(target=push, args=[name]) for name in ("twin/a", "twin/a", "twin/b", "twin/b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [201] * 4
    for name in ("twin/a", "twin/b"):
        assert registry.request("GET", f"/v2/{name}/blobs/{digest(content)}")[2] == content
    assert uploads(registry.daemon) == []


def test_a_second_writer_of_one_upload_is_told_so(registry):
    path = registry.begin("box")
    connection = http.client.HTTPConnection("127.0.0.1", registry.daemon.port, timeout=30)
    try:
        connection.putrequest("PATCH", path)
        for name, value in {**registry.authorization(), "Content-Length": str(2 << 20)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        connection.send(bytes(1 << 20))
        # Whoever asks is told how far it is, also while it goes on.
        wait(lambda: registry.request("GET", path)[1]["Range"] != "0-0", "the first writer never began")
        status, _, body = registry.request("PATCH", path, b"x")
        assert status == 409 and error(body) == "BLOB_UPLOAD_INVALID"
    finally:
        connection.close()
    # Its connection broke; what came is kept, and the next one goes on behind it.
    wait(lambda: registry.request("PATCH", path, b"x")[0] == 202, "the first writer never let go")
    registry.request("DELETE", path)


def wait(condition, complaint):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.01)


def test_memory_stays_flat(registry):
    """400 MiB in and out, and the daemon's peak grows by less than a tenth of it."""
    before = peak(registry.daemon)
    piece = os.urandom(4 << 20)
    count = 100

    def pieces():
        for _ in range(count):
            yield piece

    whole = hashlib.sha256()
    for block in pieces():
        whole.update(block)
    path = registry.begin("box")
    status, headers, _ = registry.request("PATCH", path, pieces(), {"Content-Length": str(len(piece) * count)})
    assert status == 202 and headers["Range"] == f"0-{len(piece) * count - 1}"
    status, headers, body = registry.request("PUT", f"{path}?digest=sha256:{whole.hexdigest()}")
    assert status == 201, body
    assert len(registry.request("GET", headers["Location"])[2]) == len(piece) * count
    assert peak(registry.daemon) - before < 40 << 20
    assert registry.request("DELETE", headers["Location"])[0] == 202


def peak(daemon):
    """The most memory that the daemon ever had, in bytes."""
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as status:
        (line,) = [line for line in status if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


# Manifests


def manifest(registry, name="box", layer=b"layer", **changes):
    configuration = registry.push_blob(name, b"{}")
    blob = registry.push_blob(name, layer)
    return {
        "schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": CONFIGURATION, **configuration},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob}], **changes,
    }


@pytest.mark.parametrize("change, code", [
    ({"layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": NO_DIGEST, "size": 1}]}, "MANIFEST_BLOB_UNKNOWN"),
    ({"config": {"mediaType": CONFIGURATION, "digest": NO_DIGEST, "size": 1}}, "MANIFEST_BLOB_UNKNOWN"),
    ({"manifests": []}, "MANIFEST_INVALID"), ({"config": None}, "MANIFEST_INVALID"), ({"schemaVersion": 1}, "MANIFEST_INVALID"),
    ({"mediaType": INDEX}, "MANIFEST_INVALID"), ({"mediaType": "text/html"}, "MANIFEST_INVALID"),
    ({"config": {"mediaType": CONFIGURATION, "digest": "sha256:ABC", "size": 1}}, "MANIFEST_INVALID"),
    ({"config": {"mediaType": CONFIGURATION, "digest": NO_DIGEST, "size": -1}}, "MANIFEST_INVALID"),
    ({"layers": "none"}, "MANIFEST_INVALID"), ({"annotations": {"a": 1}}, "MANIFEST_INVALID"),
])
def test_manifests_that_are_refused(registry, change, code):
    document = {**manifest(registry), **change}
    refused = registry.push_manifest(
        "box", "refused", {k: v for k, v in document.items() if v is not None}, expect=404 if code == "MANIFEST_BLOB_UNKNOWN" else 400)
    assert refused["code"] == code
    assert registry.request("GET", "/v2/box/manifests/refused")[0] == 404


def test_documents_that_are_no_manifests(registry):
    for content in (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"schemaVersion":2}', b"[" * 100_000):
        assert registry.push_manifest("box", "refused", content, expect=400)["code"] == "MANIFEST_INVALID"
    status, _, _ = registry.request("PUT", "/v2/box/manifests/refused", b" " * ((4 << 20) + 1), {"Content-Type": MANIFEST})
    assert status == 413
    two_faced = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "layers": []}
    assert registry.push_manifest("box", "refused", two_faced, INDEX, expect=400)["code"] == "MANIFEST_INVALID"
    # Readers in Go take the second, which is no image that anybody checked.
    twice = json.dumps(manifest(registry)).replace('"layers"', '"layers": [], "Layers"')
    assert registry.push_manifest("box", "refused", twice.encode(), expect=400)["code"] == "MANIFEST_INVALID"
    missing = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"mediaType": MANIFEST, "digest": NO_DIGEST, "size": 1}]}
    assert registry.push_manifest("box", "refused", missing, INDEX, expect=404)["code"] == "MANIFEST_BLOB_UNKNOWN"
    assert registry.push_manifest("box", NO_DIGEST, manifest(registry), expect=400)["code"] == "DIGEST_INVALID"
    assert registry.push_manifest("box", "-no-tag", manifest(registry), expect=400)["code"] == "TAG_INVALID"


def test_a_manifest_comes_back_as_it_was(registry):
    content = json.dumps(manifest(registry), indent=7).encode() + b"\n\n"
    headers = registry.push_manifest("box", "spaced", content, MANIFEST + "; charset=utf-8")
    assert headers["Docker-Content-Digest"] == digest(content)
    for reference in ("spaced", digest(content)):
        status, headers, body = registry.request("GET", f"/v2/box/manifests/{reference}", headers={"Accept": "text/html"})
        assert status == 200 and body == content and headers["Content-Type"] == MANIFEST
        status, headers, body = registry.request("HEAD", f"/v2/box/manifests/{reference}")
        assert status == 200 and body == b"" and int(headers["Content-Length"]) == len(content)


def test_what_a_manifest_needs_cannot_be_deleted_before_it(registry):
    registry.create("needed")
    document = manifest(registry, "needed")
    registry.push_manifest("needed", "v1", document)
    blob = document["layers"][0]["digest"]
    status, _, body = registry.request("DELETE", f"/v2/needed/blobs/{blob}")
    assert status == 405 and error(body) == "UNSUPPORTED"
    assert registry.request("DELETE", "/v2/needed/manifests/v1")[0] == 202
    assert registry.request("GET", "/v2/needed/manifests/v1")[0] == 404
    by_digest = digest(json.dumps(document).encode())
    assert registry.request("GET", f"/v2/needed/manifests/{by_digest}")[0] == 200
    assert registry.request("DELETE", f"/v2/needed/manifests/{by_digest}")[0] == 202
    assert registry.request("DELETE", f"/v2/needed/manifests/{by_digest}")[0] == 404
    # Nothing else needed it, so it went along.
    assert registry.request("HEAD", f"/v2/needed/blobs/{blob}")[0] == 404


def test_tags_in_pages(registry):
    registry.create("paged")
    document = manifest(registry, "paged")
    names = sorted(["a", "b", "B", "v1", "v10", "v2", "_x", "latest"])
    for name in names:
        registry.push_manifest("paged", name, document)
    assert listed(registry, "/v2/paged/tags/list")[0] == names
    found, path = [], "/v2/paged/tags/list?n=3"
    while path:
        page, path = listed(registry, path)
        assert len(page) <= 3
        found += page
    assert found == names
    assert listed(registry, "/v2/paged/tags/list?n=0")[0] == []
    assert listed(registry, "/v2/paged/tags/list?last=latest")[0] == ["v1", "v10", "v2"]
    for wrong in ("n=-1", "n=x"):
        assert registry.request("GET", f"/v2/paged/tags/list?{wrong}")[0] == 400


def listed(registry, path):
    """One page of tags, and the path of the next."""
    status, headers, body = registry.request("GET", path)
    assert status == 200, body
    link = headers["Link"]
    return json.loads(body)["tags"], link[1:link.index(">")] if link else None


def test_referrers(registry):
    registry.create("signed")
    subject = json.dumps(manifest(registry, "signed")).encode()
    registry.push_manifest("signed", "v1", subject)
    descriptor = {"mediaType": MANIFEST, "digest": digest(subject), "size": len(subject)}
    path = f"/v2/signed/referrers/{digest(subject)}"
    assert json.loads(registry.request("GET", path)[2])["manifests"] == []
    for number, kind in enumerate(["application/vnd.example.signature", "application/vnd.example.sbom", "application/vnd.example.sbom"]):
        content = registry.artifact("signed", b"%d" % number, descriptor, kind)
        headers = registry.push_manifest("signed", digest(content), content)
        assert headers["OCI-Subject"] == digest(subject)
    status, headers, body = registry.request("GET", path)
    assert status == 200 and headers["Content-Type"] == INDEX and headers["OCI-Filters-Applied"] is None
    assert len(json.loads(body)["manifests"]) == 3
    status, headers, body = registry.request("GET", f"{path}?artifactType=application/vnd.example.sbom")
    assert headers["OCI-Filters-Applied"] == "artifactType"
    assert {m["artifactType"] for m in json.loads(body)["manifests"]} == {"application/vnd.example.sbom"}
    found, page = [], f"{path}?n=2"
    while page:
        status, headers, body = registry.request("GET", page)
        found += [m["digest"] for m in json.loads(body)["manifests"]]
        page = headers["Link"] and headers["Link"][1:headers["Link"].index(">")]
    assert len(set(found)) == 3


# Crashes and full disks


def test_a_push_goes_on_after_the_daemon_was_killed(fresh_daemon, tmp_path):
    registry = Registry(fresh_daemon, tmp_path)
    registry.create("box")
    content = os.urandom(3 << 20)
    path = registry.begin("box")
    assert registry.request("PATCH", path, content[:1 << 20])[0] == 202
    fresh_daemon.kill()
    fresh_daemon.start()
    status, headers, _ = registry.request("GET", path)
    assert status == 204 and headers["Range"] == f"0-{(1 << 20) - 1}"
    assert registry.request("PATCH", path, content[1 << 20:], {"Content-Range": f"{1 << 20}-{len(content) - 1}"})[0] == 202
    status, headers, body = registry.request("PUT", f"{path}?digest={digest(content)}")
    assert status == 201, body
    fresh_daemon.kill()
    fresh_daemon.start()
    assert registry.request("GET", headers["Location"])[2] == content
    assert uploads(fresh_daemon) == []


def test_the_daemon_is_killed_in_the_middle_of_a_clients_push(fresh_daemon, tmp_path):
    """At several points of it; then the same push again makes it whole."""
    registry = Registry(fresh_daemon, tmp_path)
    registry.create("box")
    layout = tmp_path / "layout"
    from support import layouts

    layouts.write(layout, [layouts.layer({f"file{n}": os.urandom(20 << 20)}) for n in range(3)])
    for files in (1, 2, 4):
        push = subprocess.Popen(
            ["skopeo", "copy", "--quiet", "--authfile", registry.authfile, "--dest-tls-verify=false", f"oci:{layout}",
             f"docker://{registry.host}/box:v1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: kept(fresh_daemon) >= files or push.poll() is not None, "the push never came that far")
        fresh_daemon.kill()
        push.wait(60)
        fresh_daemon.start()
    registry.push(f"oci:{layout}", "box:v1")
    (image,) = registry.ecr.describe_images(repositoryName="box")["imageDetails"]
    status, _, body = registry.request("GET", f"/v2/box/manifests/{image['imageDigest']}")
    assert status == 200 and digest(body) == image["imageDigest"]
    document = json.loads(body)
    for part in [document["config"], *document["layers"]]:
        assert digest(registry.request("GET", f"/v2/box/blobs/{part['digest']}")[2]) == part["digest"]


def kept(daemon):
    """How many files a push has brought about."""
    return sum(len(os.listdir(daemon.root / "images" / folder)) for folder in ("partial", "blobs/sha256"))


def test_a_full_disk_is_named_and_nothing_is_left(tmp_path):
    root = tmp_path / "small"
    root.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", root], check=True)
    try:
        with Daemon(root / "r") as daemon:
            registry = Registry(daemon, tmp_path)
            registry.create("box")
            content = os.urandom(32 << 20)
            path = registry.begin("box")
            connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
            status, body = None, b""
            try:
                connection.request("PATCH", path, content, registry.authorization())
                reply = connection.getresponse()
                status, body = reply.status, reply.read()
            finally:
                connection.close()
            assert status == 507, body
            (entry,) = json.loads(body)["errors"]
            assert "No space left on device" in entry["message"] and str(root) in entry["message"]
            assert uploads(daemon) == []
            assert registry.request("GET", path)[0] == 404
            small = os.urandom(1 << 20)
            registry.push_blob("box", small)
            assert registry.request("GET", f"/v2/box/blobs/{digest(small)}")[2] == small
    finally:
        subprocess.run(["umount", "-l", root], check=True)
