"""ECR's operations by boto3, each answer held against the service model."""

import base64
import json
import time
import urllib.error
import urllib.request

import botocore.exceptions
import pytest

from support.registry import CONFIGURATION, MANIFEST, Registry, digest

ACCOUNT = "000000000000"


@pytest.fixture(scope="module")
def registry(daemon, tmp_path_factory):
    return Registry(daemon, tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def ecr(registry):
    return registry.ecr


def refusal(call, **parameters):
    """Code and text of the error that a call ends with."""
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"], raised.value.response["Error"]["Message"]


def image(registry, name, layer, tag=None):
    """A small image in a repository. Returns its manifest as text."""
    configuration = registry.push_blob(name, b"{}")
    blob = registry.push_blob(name, layer)
    text = json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": CONFIGURATION, **configuration},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", **blob}],
    })
    if tag:
        registry.push_manifest(name, tag, text.encode())
    return text


def test_the_token_is_ours_for_twelve_hours(registry, ecr):
    (data,) = ecr.get_authorization_token()["authorizationData"]
    user, password = base64.b64decode(data["authorizationToken"]).decode().split(":")
    assert user == "AWS" and password
    assert data["proxyEndpoint"] == f"http://{registry.host}"
    assert 11.9 < (data["expiresAt"].timestamp() - time.time()) / 3600 <= 12


def test_a_repository_from_its_making_to_its_end(registry, ecr):
    made = ecr.create_repository(
        repositoryName="a/life", tags=[{"Key": "team", "Value": "data"}], imageScanningConfiguration={"scanOnPush": True},
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": "alias/own"})["repository"]
    assert made["repositoryArn"] == f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/a/life"
    assert made["repositoryUri"] == f"{registry.host}/a/life" and made["registryId"] == ACCOUNT
    assert made["imageTagMutability"] == "MUTABLE" and made["imageScanningConfiguration"] == {"scanOnPush": True}
    assert made["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": "alias/own"}
    assert ecr.describe_repositories(repositoryNames=["a/life"])["repositories"] == [made]
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == [{"Key": "team", "Value": "data"}]
    ecr.tag_resource(resourceArn=made["repositoryArn"], tags=[{"Key": "stage", "Value": "test"}, {"Key": "team", "Value": "ml"}])
    ecr.untag_resource(resourceArn=made["repositoryArn"], tagKeys=["stage", "absent"])
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == [{"Key": "team", "Value": "ml"}]
    code, text = refusal(ecr.create_repository, repositoryName="a/life")
    assert code == "RepositoryAlreadyExistsException"
    assert text == f"The repository with name 'a/life' already exists in the registry with id '{ACCOUNT}'"
    image(registry, "a/life", b"one", "v1")
    code, text = refusal(ecr.delete_repository, repositoryName="a/life")
    assert code == "RepositoryNotEmptyException"
    assert text == f"The repository with name 'a/life' in registry with id '{ACCOUNT}' cannot be deleted because it still contains images"
    assert ecr.delete_repository(repositoryName="a/life", force=True)["repository"]["repositoryName"] == "a/life"
    code, text = refusal(ecr.describe_repositories, repositoryNames=["a/life"])
    assert code == "RepositoryNotFoundException"
    assert text == f"The repository with name 'a/life' does not exist in the registry with id '{ACCOUNT}'"


def test_repositories_in_pages(ecr):
    names = [f"pages/{number:02}" for number in range(7)]
    for name in names:
        ecr.create_repository(repositoryName=name)
    pages = list(ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 3}))
    assert all(len(page["repositories"]) <= 3 for page in pages)
    found = [repository["repositoryName"] for page in pages for repository in page["repositories"]]
    assert found == sorted(found) and set(names) <= set(found)
    assert refusal(ecr.describe_repositories, nextToken="of-nobody")[0] == "InvalidParameterException"


@pytest.mark.parametrize("parameters", [
    {"repositoryName": "Upper"}, {"repositoryName": "a//b"}, {"repositoryName": "../etc"}, {"repositoryName": "x" * 257},
    {"repositoryName": "fine", "imageTagMutability": "SOMETIMES"},
    {"repositoryName": "fine", "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"},
    {"repositoryName": "fine", "encryptionConfiguration": {"encryptionType": "ROT13"}},
])
def test_repositories_that_cannot_be(ecr, parameters):
    assert refusal(ecr.create_repository, **parameters)[0] == "InvalidParameterException"


def test_images_are_listed_described_and_got(registry, ecr):
    registry.create("images")
    texts = [image(registry, "images", b"layer %d" % number) for number in range(5)]
    for number, text in enumerate(texts[:4]):
        for tag in [f"v{number}", f"also-v{number}"]:
            registry.push_manifest("images", tag, text.encode())
    registry.push_manifest("images", digest(texts[4].encode()), texts[4].encode())

    pages = list(ecr.get_paginator("list_images").paginate(repositoryName="images", PaginationConfig={"PageSize": 2}))
    ids = [each for page in pages for each in page["imageIds"]]
    assert len(ids) == 9 and len({each.get("imageTag") for each in ids}) == 9
    tagged = ecr.list_images(repositoryName="images", filter={"tagStatus": "TAGGED"})["imageIds"]
    assert len(tagged) == 8 and all("imageTag" in each for each in tagged)
    untagged = ecr.list_images(repositoryName="images", filter={"tagStatus": "UNTAGGED"})["imageIds"]
    assert untagged == [{"imageDigest": digest(texts[4].encode())}]

    pages = list(ecr.get_paginator("describe_images").paginate(repositoryName="images", PaginationConfig={"PageSize": 2}))
    details = [each for page in pages for each in page["imageDetails"]]
    assert len(details) == 5
    (one,) = ecr.describe_images(repositoryName="images", imageIds=[{"imageTag": "v2"}])["imageDetails"]
    assert one["imageTags"] == ["also-v2", "v2"] and one["imageSizeInBytes"] == len(b"{}") + len(b"layer 2")
    assert one["artifactMediaType"] == CONFIGURATION
    code, text = refusal(ecr.describe_images, repositoryName="images", imageIds=[{"imageTag": "v9"}])
    assert code == "ImageNotFoundException"
    assert text == (
        "The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the repository with name "
        f"'images' in the registry with id '{ACCOUNT}'")

    got = ecr.batch_get_image(repositoryName="images", imageIds=[
        {"imageTag": "v1"}, {"imageDigest": digest(texts[0].encode())}, {"imageTag": "v9"}, {"imageDigest": "sha256:xyz"},
        {"imageDigest": digest(texts[0].encode()), "imageTag": "v1"}])
    assert [each["imageManifest"] for each in got["images"]] == [texts[1], texts[0]]
    assert [each["failureCode"] for each in got["failures"]] == ["ImageNotFound", "InvalidImageDigest", "ImageTagDoesNotMatchDigest"]


def test_images_are_deleted(registry, ecr):
    registry.create("deleted")
    text = image(registry, "deleted", b"layer", "v1")
    registry.push_manifest("deleted", "v2", text.encode())
    name = digest(text.encode())
    first = ecr.batch_delete_image(repositoryName="deleted", imageIds=[{"imageTag": "v1"}, {"imageTag": "v9"}])
    assert first["imageIds"] == [{"imageDigest": name, "imageTag": "v1"}]
    assert [each["failureCode"] for each in first["failures"]] == ["ImageNotFound"]
    assert len(ecr.describe_images(repositoryName="deleted")["imageDetails"]) == 1
    # With its last tag the image goes, as AWS has it.
    ecr.batch_delete_image(repositoryName="deleted", imageIds=[{"imageTag": "v2"}])
    assert ecr.describe_images(repositoryName="deleted")["imageDetails"] == []
    text = image(registry, "deleted", b"layer", "v1")
    gone = ecr.batch_delete_image(repositoryName="deleted", imageIds=[{"imageDigest": name}])
    assert gone["imageIds"] == [{"imageDigest": name, "imageTag": "v1"}]


def test_put_image_gives_an_image_a_further_tag(registry, ecr):
    """As AWS's guide retags an image without pulling it."""
    registry.create("retagged", imageTagMutability="IMMUTABLE")
    text = image(registry, "retagged", b"layer", "v1")
    (got,) = ecr.batch_get_image(repositoryName="retagged", imageIds=[{"imageTag": "v1"}])["images"]
    put = ecr.put_image(repositoryName="retagged", imageTag="stable", imageManifest=got["imageManifest"])["image"]
    assert put["imageId"] == {"imageDigest": digest(text.encode()), "imageTag": "stable"}
    assert refusal(ecr.put_image, repositoryName="retagged", imageTag="stable", imageManifest=text)[0] == "ImageAlreadyExistsException"
    other = image(registry, "retagged", b"another layer")
    code, text = refusal(ecr.put_image, repositoryName="retagged", imageTag="stable", imageManifest=other)
    assert code == "ImageTagAlreadyExistsException"
    assert text == (
        "The image tag 'stable' already exists in the 'retagged' repository and cannot be overwritten because the tag is immutable.")
    missing = json.loads(other)
    missing["layers"][0]["digest"] = "sha256:" + "0" * 64
    assert refusal(ecr.put_image, repositoryName="retagged", imageManifest=json.dumps(missing))[0] == "LayersNotFoundException"
    assert refusal(ecr.put_image, repositoryName="retagged", imageManifest="{}")[0] == "InvalidParameterException"
    assert refusal(
        ecr.put_image, repositoryName="retagged", imageManifest=other, imageTag="x", imageDigest="sha256:" + "0" * 64
    )[0] == "ImageDigestDoesNotMatchException"


def test_mutability_may_change_and_have_exceptions(registry, ecr):
    registry.create("moods")
    image(registry, "moods", b"1", "latest")
    image(registry, "moods", b"2", "latest")
    ecr.put_image_tag_mutability(repositoryName="moods", imageTagMutability="IMMUTABLE")
    other = image(registry, "moods", b"3")
    refused = registry.push_manifest("moods", "latest", other.encode(), expect=400)
    assert refused["code"] == "TAG_INVALID" and "cannot be overwritten because the tag is immutable" in refused["message"]
    changed = ecr.put_image_tag_mutability(
        repositoryName="moods", imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "lat*"}])
    assert changed["imageTagMutabilityExclusionFilters"] == [{"filterType": "WILDCARD", "filter": "lat*"}]
    registry.push_manifest("moods", "latest", other.encode())
    registry.push_manifest("moods", "v1", other.encode())
    registry.push_manifest("moods", "v1", image(registry, "moods", b"4").encode(), expect=400)


def test_policies_are_kept_and_told(ecr):
    ecr.create_repository(repositoryName="ruled")
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    assert refusal(ecr.get_repository_policy, repositoryName="ruled")[0] == "RepositoryPolicyNotFoundException"
    assert ecr.set_repository_policy(repositoryName="ruled", policyText=policy)["policyText"] == policy
    assert ecr.get_repository_policy(repositoryName="ruled")["policyText"] == policy
    ecr.delete_repository_policy(repositoryName="ruled")
    assert refusal(ecr.delete_repository_policy, repositoryName="ruled")[0] == "RepositoryPolicyNotFoundException"
    assert refusal(ecr.set_repository_policy, repositoryName="ruled", policyText="no json")[0] == "InvalidParameterException"
    rules = json.dumps({"rules": [{"rulePriority": 1, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}, "action": {"type": "expire"}}]})
    assert refusal(ecr.get_lifecycle_policy, repositoryName="ruled")[0] == "LifecyclePolicyNotFoundException"
    assert ecr.put_lifecycle_policy(repositoryName="ruled", lifecyclePolicyText=rules)["lifecyclePolicyText"] == rules
    assert ecr.get_lifecycle_policy(repositoryName="ruled")["lifecyclePolicyText"] == rules
    assert ecr.delete_lifecycle_policy(repositoryName="ruled")["lifecyclePolicyText"] == rules
    configuration = ecr.put_image_scanning_configuration(repositoryName="ruled", imageScanningConfiguration={"scanOnPush": True})
    assert configuration["imageScanningConfiguration"] == {"scanOnPush": True}
    assert refusal(ecr.start_image_scan, repositoryName="ruled", imageId={"imageTag": "v1"})[0] == "ValidationException"
    assert refusal(ecr.describe_image_scan_findings, repositoryName="ruled", imageId={"imageTag": "v1"})[0] == "ScanNotFoundException"


def test_what_tools_ask_of_the_registry_as_a_whole(registry, ecr):
    assert ecr.describe_registry()["registryId"] == ACCOUNT
    assert ecr.get_registry_scanning_configuration()["scanningConfiguration"] == {"scanType": "BASIC", "rules": []}
    assert ecr.describe_pull_through_cache_rules()["pullThroughCacheRules"] == []
    registry.create("layers")
    blob = registry.push_blob("layers", b"here")["digest"]
    reply = ecr.batch_check_layer_availability(repositoryName="layers", layerDigests=[blob, "sha256:" + "0" * 64, "nonsense"])
    assert [layer["layerAvailability"] for layer in reply["layers"]] == ["AVAILABLE", "UNAVAILABLE"]
    assert reply["failures"][0]["failureCode"] == "InvalidLayerDigest"


def test_another_registry_is_not_here(ecr):
    code, text = refusal(ecr.list_images, repositoryName="images", registryId="123456789012")
    assert code == "RepositoryNotFoundException" and "'123456789012'" in text
    assert refusal(ecr.get_authorization_token, registryIds=["123456789012"])[0] == "InvalidParameterException"
    assert refusal(ecr.list_tags_for_resource, resourceArn="arn:aws:s3:::bucket")[0] == "InvalidParameterException"


def test_a_layer_comes_in_parts_and_goes_by_a_link(registry, ecr):
    registry.create("parts")
    layer = bytes(range(256)) * 20_000
    name = digest(layer)
    begun = ecr.initiate_layer_upload(repositoryName="parts")
    size, upload = begun["partSize"], begun["uploadId"]
    assert size < len(layer), "the layer is sent in more than one part"

    def part(first, blob):
        return ecr.upload_layer_part(repositoryName="parts", uploadId=upload, partFirstByte=first,
                                     partLastByte=first + len(blob) - 1, layerPartBlob=blob)

    for first in range(0, len(layer), size):
        blob = layer[first:first + size]
        answer = part(first, blob)
        assert answer["lastByteReceived"] == first + len(blob) - 1 and answer["uploadId"] == upload
        code, text = refusal(part, first=first, blob=blob)
        assert code == "InvalidLayerPartException" and f"the last valid byte received is {first + len(blob) - 1}" in text
    done = ecr.complete_layer_upload(repositoryName="parts", uploadId=upload, layerDigests=[name])
    assert done["layerDigest"] == name and done["repositoryName"] == "parts" and done["registryId"] == ACCOUNT
    (found,) = ecr.batch_check_layer_availability(repositoryName="parts", layerDigests=[name])["layers"]
    assert found == {"layerDigest": name, "layerAvailability": "AVAILABLE", "layerSize": len(layer)}

    link = ecr.get_download_url_for_layer(repositoryName="parts", layerDigest=name)
    assert link["layerDigest"] == name
    url = link["downloadUrl"]
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == layer
    # A link is good for its layer alone, and for nobody who changed it.
    other = registry.push_blob("parts", b"another layer")["digest"]
    for wrong in [url.replace(name, other), url[:-4] + "AAAA", url.split("?")[0], url.replace("/parts/", "/images/")]:
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(wrong)
        with raised.value as answer:
            assert answer.code == 401

    # An image of layers that came so.
    configuration = registry.push_blob("parts", b"{}")
    text = json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": CONFIGURATION, **configuration},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": name, "size": len(layer)}],
    })
    assert ecr.put_image(repositoryName="parts", imageManifest=text, imageTag="v1")["image"]["imageId"]["imageTag"] == "v1"


def test_uploads_of_layers_that_cannot_be(registry, ecr):
    registry.create("bad-parts")
    layer = b"some bytes"

    def begin():
        return ecr.initiate_layer_upload(repositoryName="bad-parts")["uploadId"]

    def part(upload, first, last, blob=layer):
        return ecr.upload_layer_part(repositoryName="bad-parts", uploadId=upload, partFirstByte=first, partLastByte=last,
                                     layerPartBlob=blob)

    def complete(upload, layer_digest=digest(layer)):
        return ecr.complete_layer_upload(repositoryName="bad-parts", uploadId=upload, layerDigests=[layer_digest])

    assert refusal(ecr.initiate_layer_upload, repositoryName="of-nobody")[0] == "RepositoryNotFoundException"
    assert refusal(part, upload="of-nobody", first=0, last=9)[0] == "UploadNotFoundException"
    assert refusal(complete, upload="of-nobody")[0] == "UploadNotFoundException"
    upload = begin()
    assert refusal(complete, upload=upload)[0] == "EmptyUploadException"
    for first, last in [(0, 8), (0, 10), (5, 4)]:
        assert refusal(part, upload=upload, first=first, last=last)[0] == "InvalidParameterException", (first, last)
    assert refusal(part, upload=upload, first=1, last=10)[0] == "InvalidLayerPartException"
    part(upload, 0, 9)
    assert refusal(complete, upload=upload, layer_digest="md5:" + "0" * 32)[0] == "InvalidParameterException"
    assert complete(upload)["layerDigest"] == digest(layer)
    # A client that is told so goes on as if it had brought it.
    again = begin()
    part(again, 0, 9)
    assert refusal(complete, upload=again)[0] == "LayerAlreadyExistsException"
    assert refusal(part, upload=again, first=10, last=19)[0] == "UploadNotFoundException"
    wrong = begin()
    part(wrong, 0, 9)
    assert refusal(complete, upload=wrong, layer_digest=digest(b"other"))[0] == "InvalidLayerException"
    assert refusal(ecr.get_download_url_for_layer, repositoryName="bad-parts", layerDigest=digest(b"other"))[0] == "LayersNotFoundException"
