"""Signature Version 4, from the first request on."""

import json
import os
import stat

import pytest
from botocore.exceptions import ClientError

from support.clients import ECS_TARGET, client, keys, raw, send


def code(call):
    with pytest.raises(ClientError) as refusal:
        call()
    return refusal.value.response["Error"]["Code"]


def test_the_first_start_writes_a_key_pair_that_only_its_owner_reads(daemon):
    path = daemon.root / "credentials"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(daemon.root).st_mode) == 0o700
    key, secret, region = keys(daemon)
    assert (len(key), len(secret), region) == (20, 40, "us-east-1")


def test_the_key_pair_stays_the_same_over_a_restart(fresh_daemon):
    before = keys(fresh_daemon)
    fresh_daemon.stop()
    fresh_daemon.start()
    assert keys(fresh_daemon) == before


def test_the_right_keys_are_let_in_and_named(daemon):
    identity = client(daemon, "sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"].startswith("arn:aws:iam::000000000000:user/")
    assert identity["UserId"]


def test_a_wrong_secret_is_refused(daemon):
    assert code(client(daemon, "ecs", secret="x" * 40).list_clusters) == "InvalidSignatureException"


def test_an_unknown_key_is_refused(daemon):
    assert code(client(daemon, "ecs", key="AKIA0000000000000000").list_clusters) == "UnrecognizedClientException"


def test_no_signature_is_refused(daemon):
    status, headers, body = send(daemon, "/", b"{}", {"X-Amz-Target": f"{ECS_TARGET}.ListClusters"})
    assert status in (400, 403)
    assert json.loads(body)["__type"] == "MissingAuthenticationTokenException"
    assert headers["x-amzn-requestid"]


def test_a_changed_body_is_refused(daemon):
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    key, secret, region = keys(daemon)
    request = botocore.awsrequest.AWSRequest("POST", daemon.endpoint + "/", data=b"{}", headers={"X-Amz-Target": f"{ECS_TARGET}.ListClusters"})
    botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), "ecs", region).add_auth(request)
    status, _, body = send(daemon, "/", b'{"maxResults":1}', dict(request.headers))
    assert status in (400, 403)
    assert json.loads(body)["__type"] == "InvalidSignatureException"


def test_a_signature_for_another_service_is_refused(daemon):
    status, _, _ = raw(daemon, f"{ECS_TARGET}.ListClusters", b"{}", service="logs")
    assert status in (400, 403)


def test_health_needs_no_signature(daemon):
    status, _, _ = send(daemon, "/healthz", None, {})
    assert status == 200


def test_the_unix_socket_is_for_this_machines_root(daemon):
    assert stat.S_IMODE(os.stat(daemon.root / "berth.sock").st_mode) & 0o007 == 0
    assert b"TASK" in daemon.command("ps").stdout
