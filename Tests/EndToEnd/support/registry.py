"""The registry inside as its clients see it: ECR's API, the distribution API byte by byte, and skopeo, podman, buildah."""

import base64
import hashlib
import http.client
import json
import os
import subprocess

from .clients import client

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Registry:
    """Of one daemon, with a password of GetAuthorizationToken."""

    def __init__(self, daemon, directory):
        self.daemon = daemon
        self.host = f"127.0.0.1:{daemon.port}"
        self.ecr = client(daemon, "ecr")
        data = self.ecr.get_authorization_token()["authorizationData"][0]
        self.user, self.password = base64.b64decode(data["authorizationToken"]).decode().split(":", 1)
        self.directory = directory
        self.authfile = directory / "auth.json"
        self.authfile.write_text(json.dumps({"auths": {self.host: {"auth": data["authorizationToken"]}}}))

    def create(self, name, **options):
        """Returns the repository's URI."""
        return self.ecr.create_repository(repositoryName=name, **options)["repository"]["repositoryUri"]

    # The distribution API

    def request(self, method, path, body=b"", headers=None, auth=True):
        """Returns status, headers and body of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=300)
        try:
            connection.request(method, path, body, {**(self.authorization() if auth else {}), **(headers or {})})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def authorization(self, user=None, password=None):
        text = f"{user or self.user}:{password or self.password}"
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}

    def begin(self, name):
        """Begins an upload. Returns its path."""
        status, headers, body = self.request("POST", f"/v2/{name}/blobs/uploads/")
        assert status == 202, body
        return headers["Location"]

    def push_blob(self, name, content):
        status, headers, body = self.request(
            "POST", f"/v2/{name}/blobs/uploads/?digest={digest(content)}", content, {"Content-Type": "application/octet-stream"})
        assert status == 201, body
        return {"digest": headers["Docker-Content-Digest"], "size": len(content)}

    def push_manifest(self, name, reference, document, media_type=MANIFEST, expect=201):
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        status, headers, body = self.request("PUT", f"/v2/{name}/manifests/{reference}", content, {"Content-Type": media_type})
        assert status == expect, (status, body)
        return headers if expect == 201 else json.loads(body)["errors"][0]

    def artifact(self, name, text, subject=None, kind="application/vnd.example.thing"):
        """A manifest of an artifact whose blobs are pushed."""
        configuration = self.push_blob(name, b"{}")
        layer = self.push_blob(name, text)
        document = {
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": kind,
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", **configuration},
            "layers": [{"mediaType": "application/octet-stream", **layer}],
        }
        if subject:
            document["subject"] = subject
        return json.dumps(document).encode()

    # Clients

    def skopeo(self, command, *arguments, check=True):
        """Where a flag is for one end only, the other one must not have it."""
        return self.run("skopeo", command, "--authfile", self.authfile, *arguments, check=check)

    def push(self, source, name, check=True):
        return self.skopeo("copy", "--quiet", "--dest-tls-verify=false", source, f"docker://{self.host}/{name}", check=check)

    def run(self, *arguments, check=True):
        result = subprocess.run(
            arguments, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(self.directory), "XDG_RUNTIME_DIR": str(self.directory)})
        if check:
            assert result.returncode == 0, f"{arguments}: {result.stderr}\n{self.daemon.last_words()}"
        return result
