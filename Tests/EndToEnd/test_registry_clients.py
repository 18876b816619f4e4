"""The registry inside, judged by those who push to registries every day: what a user of AWS types, typed here."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from support import layouts
from support.clients import Tasks, shell, task_id
from support.paths import AWS
from support.registry import Registry
from support.waiting import until


@pytest.fixture(scope="module")
def registry(daemon, tmp_path_factory):
    return Registry(daemon, tmp_path_factory.mktemp("registry"))


@pytest.fixture(scope="module")
def containers(registry):
    """podman and buildah with a storage of their own, which needs nothing of the machine's set-up."""
    options = ["--root", registry.directory / "storage", "--runroot", registry.directory / "run", "--storage-driver", "vfs"]

    def call(program, *arguments, **keywords):
        return registry.run(program, *options, *arguments, **keywords).stdout.strip()

    yield call
    shutil.rmtree(registry.directory / "storage", ignore_errors=True)


def runs(tasks, image):
    """Runs a pushed image as a task, and gives what it printed."""
    ended = tasks.complete(
        shell("echo from $0; cat /made 2>/dev/null; true"), image=image,
        executionRoleArn="arn:aws:iam::000000000000:role/execution")
    assert ended["containers"][0].get("exitCode") == 0, ended["stoppedReason"]
    return ended, tasks.output(ended)[0]


def test_what_a_user_of_aws_types(daemon, registry, tasks, busybox):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "AWS_SHARED_CREDENTIALS_FILE": str(daemon.root / "credentials"), "AWS_ENDPOINT_URL": daemon.endpoint,
        "AWS_CONFIG_FILE": "/nonexistent", "AWS_PAGER": "", "AWS": str(AWS), "AUTH": str(registry.directory / "typed.json"),
        "LAYOUT": busybox,
    }
    script = """
        set -eu -o pipefail
        uri=$($AWS ecr create-repository --repository-name typed/app --query repository.repositoryUri --output text)
        $AWS ecr get-login-password | skopeo login --authfile $AUTH --tls-verify=false --username AWS --password-stdin ${uri%%/*}
        skopeo copy --authfile $AUTH --dest-tls-verify=false oci:$LAYOUT docker://$uri:v1
        echo $uri
    """
    result = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    uri = result.stdout.split()[-1]
    assert uri == f"{registry.host}/typed/app"
    ended, said = runs(tasks, f"{uri}:v1")
    assert said == "from sh\n"
    assert ended["containers"][0]["imageDigest"] == manifest_digest(busybox)
    # The name that the same repository has in a definition which came from the cloud.
    assert runs(tasks, "000000000000.dkr.ecr.us-east-1.amazonaws.com/typed/app:v1")[1] == "from sh\n"
    assert runs(tasks, f"{uri}@{manifest_digest(busybox)}")[1] == "from sh\n"


def manifest_digest(layout):
    with open(f"{layout}/index.json", encoding="utf-8") as file:
        return json.load(file)["manifests"][0]["digest"]


def test_describe_images_tells_size_and_digest(registry, busybox):
    registry.create("described")
    registry.push(f"oci:{busybox}", "described:v1")
    registry.push(f"oci:{busybox}", "described:v2")
    (image,) = registry.ecr.describe_images(repositoryName="described")["imageDetails"]
    digest = manifest_digest(busybox)
    with open(f"{busybox}/blobs/sha256/{digest[7:]}", encoding="utf-8") as file:
        manifest = json.load(file)
    assert image["imageDigest"] == digest
    assert image["imageTags"] == ["v1", "v2"]
    assert image["imageSizeInBytes"] == sum(part["size"] for part in [manifest["config"], *manifest["layers"]])
    assert image["imageManifestMediaType"] == manifest["mediaType"]
    assert image["imagePushedAt"]


def test_skopeo_gets_back_what_it_pushed(registry, busybox, tmp_path):
    registry.create("same")
    registry.push(f"oci:{busybox}", "same:v1")
    back = tmp_path / "back"
    registry.skopeo("copy", "--src-tls-verify=false", f"docker://{registry.host}/same:v1", f"oci:{back}:v1")
    assert manifest_digest(back) == manifest_digest(busybox)
    names = sorted(os.listdir(f"{back}/blobs/sha256"))
    for name in names:
        with open(f"{back}/blobs/sha256/{name}", "rb") as ours, open(f"{busybox}/blobs/sha256/{name}", "rb") as theirs:
            assert ours.read() == theirs.read()
    listed = json.loads(registry.skopeo("list-tags", "--tls-verify=false", f"docker://{registry.host}/same").stdout)
    assert listed["Tags"] == ["v1"]
    registry.skopeo("delete", "--tls-verify=false", f"docker://{registry.host}/same:v1")
    assert registry.ecr.list_images(repositoryName="same")["imageIds"] == []


def test_skopeo_pushes_docker_manifests_and_zstd(registry, tasks, busybox):
    registry.create("formats")
    registry.push(f"oci:{busybox}", "formats:oci")
    registry.skopeo(
        "copy", "--dest-tls-verify=false", "--format", "v2s2", f"oci:{busybox}", f"docker://{registry.host}/formats:docker")
    registry.skopeo(
        "copy", "--dest-tls-verify=false", "--dest-compress-format", "zstd", "--dest-compress", f"oci:{busybox}",
        f"docker://{registry.host}/formats:zstd")
    for tag in ("oci", "docker", "zstd"):
        assert runs(tasks, f"{registry.host}/formats:{tag}")[1] == "from sh\n"
    types = {i["imageManifestMediaType"] for i in registry.ecr.describe_images(repositoryName="formats")["imageDetails"]}
    assert "application/vnd.docker.distribution.manifest.v2+json" in types


def test_podman_pushes_and_pulls(registry, containers, tasks, busybox):
    registry.create("by/podman")
    image = containers("podman", "pull", "--quiet", f"oci:{busybox}")
    target = f"{registry.host}/by/podman:v1"
    containers("podman", "push", "--quiet", "--tls-verify=false", "--authfile", registry.authfile, image, target)
    assert runs(tasks, target)[1] == "from sh\n"
    containers("podman", "rmi", "--force", image)
    assert containers("podman", "pull", "--quiet", "--tls-verify=false", "--authfile", registry.authfile, target)


def test_buildah_builds_and_pushes(registry, containers, tasks, busybox, tmp_path):
    registry.create("by/buildah")
    (tmp_path / "made").write_text("made by buildah\n")
    container = containers("buildah", "from", f"oci:{busybox}")
    containers("buildah", "copy", container, tmp_path / "made", "/made")
    image = containers("buildah", "commit", "--quiet", container)
    target = f"{registry.host}/by/buildah:v1"
    containers("buildah", "push", "--quiet", "--tls-verify=false", "--authfile", registry.authfile, image, f"docker://{target}")
    assert runs(tasks, target)[1] == "from sh\nmade by buildah\n"


def test_an_image_that_umoci_made(registry, tasks, busybox, tmp_path):
    registry.create("by/umoci")
    layout, bundle = tmp_path / "layout", tmp_path / "bundle"
    shutil.copytree(busybox, layout)
    registry.run("umoci", "unpack", "--image", f"{layout}:{layout_tag(layout)}", bundle)
    (bundle / "rootfs/made").write_text("made by umoci\n")
    registry.run("umoci", "repack", "--image", f"{layout}:new", bundle)
    registry.push(f"oci:{layout}:new", "by/umoci:v1")
    assert runs(tasks, f"{registry.host}/by/umoci:v1")[1] == "from sh\nmade by umoci\n"


def layout_tag(layout):
    (entry,) = json.loads((layout / "index.json").read_text())["manifests"]
    return entry["annotations"]["org.opencontainers.image.ref.name"]


def test_an_image_for_several_machines(registry, tasks, busybox, tmp_path):
    """An index: all its manifests are pushed, and the one for this machine runs."""
    registry.create("many")
    layout = tmp_path / "layout"
    shutil.copytree(busybox, layout)
    index = json.loads((layout / "index.json").read_text())
    (own,) = index["manifests"]
    inner = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [{key: value for key, value in own.items() if key != "annotations"}],
    }).encode()
    registry.push(f"oci:{busybox}", "many:single")
    registry.push_manifest("many", "all", inner, "application/vnd.oci.image.index.v1+json")
    assert runs(tasks, f"{registry.host}/many:all")[1] == "from sh\n"
    refused = registry.ecr.batch_delete_image(repositoryName="many", imageIds=[{"imageDigest": own["digest"]}])
    assert refused["failures"][0]["failureCode"] == "ImageReferencedByManifestList"


def test_an_immutable_tag_stays(registry, busybox, containers, tmp_path):
    registry.create("fixed", imageTagMutability="IMMUTABLE")
    registry.push(f"oci:{busybox}", "fixed:v1")
    # The same image again changes nothing.
    registry.push(f"oci:{busybox}", "fixed:v1")
    layout = tmp_path / "layout"
    shutil.copytree(busybox, layout)
    (tmp_path / "made").write_text("another\n")
    registry.run("umoci", "insert", "--image", f"{layout}:{layout_tag(layout)}", "--tag", "new", tmp_path / "made", "/made")
    refused = registry.push(f"oci:{layout}:new", "fixed:v1", check=False)
    assert refused.returncode != 0
    assert "tag invalid: The image tag 'v1' already exists in the 'fixed' repository" in refused.stderr
    registry.push(f"oci:{layout}:new", "fixed:v2")
    assert sorted(i["imageTag"] for i in registry.ecr.list_images(repositoryName="fixed")["imageIds"]) == ["v1", "v2"]


def test_a_push_to_no_repository_says_what_to_do(registry, busybox):
    refused = registry.push(f"oci:{busybox}", "nowhere:v1", check=False)
    assert refused.returncode != 0
    assert "name unknown" in refused.stderr and "aws ecr create-repository --repository-name nowhere" in refused.stderr


def test_a_wrong_password_and_none_are_refused(registry, busybox):
    registry.create("guarded")
    for credentials in (["--dest-creds", "AWS:wrong"], ["--dest-no-creds"]):
        refused = registry.run(
            "skopeo", "copy", *credentials, "--dest-tls-verify=false", f"oci:{busybox}", f"docker://{registry.host}/guarded:v1",
            check=False)
        assert refused.returncode != 0 and "uthentication required" in refused.stderr, refused.stderr


def test_a_key_pair_is_a_password_too(registry, daemon, busybox):
    from support.clients import keys

    key, secret, _ = keys(daemon)
    registry.create("by-key")
    registry.run(
        "skopeo", "copy", "--dest-creds", f"{key}:{secret}", "--dest-tls-verify=false", f"oci:{busybox}",
        f"docker://{registry.host}/by-key:v1")


def test_a_pushed_image_runs_after_a_restart_and_no_more_once_it_is_deleted(fresh_daemon, busybox, tmp_path):
    registry = Registry(fresh_daemon, tmp_path)
    uri = registry.create("lasting")
    registry.push(f"oci:{busybox}", "lasting:v1")
    fresh_daemon.kill()
    fresh_daemon.start()
    tasks = Tasks(fresh_daemon)
    assert runs(tasks, f"{uri}:v1")[1] == "from sh\n"
    Registry(fresh_daemon, tmp_path).ecr.delete_repository(repositoryName="lasting", force=True)
    ended = tasks.complete(["true"], image=f"{uri}:v1")
    assert ended["stopCode"] == "TaskFailedToStart"
    assert "there is no repository lasting" in ended["stoppedReason"]


def test_a_pushed_image_is_one_of_the_images(daemon, registry, busybox, tmp_path):
    for tag in ["v1", "v2"]:
        if tag == "v1":
            registry.create("listed/app")
        registry.push(f"oci:{busybox}", f"listed/app:{tag}")
    names = [f"{registry.host}/listed/app:{tag}" for tag in ["v1", "v2"]]
    # Waits until it is unpacked.
    details = json.loads(daemon.command("image", "inspect", names[0]).stdout)
    assert details["name"] == names[0] and details["digest"] == manifest_digest(busybox)
    assert set(names) <= set(details["names"])
    assert json.loads(daemon.command("image", "inspect", details["digest"]).stdout)["names"] == details["names"]
    assert listed(daemon, "listed/app") == names
    assert daemon.command("image", "history", names[0]).stdout.decode().startswith("CREATED")
    archive = tmp_path / "saved.tar"
    daemon.command("image", "save", names[1], "--output", archive)
    seen = json.loads(registry.run("skopeo", "inspect", f"oci-archive:{archive}").stdout)
    assert seen["Digest"] == details["digest"]

    # A tag goes by its name, the image with its last one.
    assert f"untagged {names[0]}" in daemon.command("image", "rm", names[0]).stdout.decode()
    assert listed(daemon, "listed/app") == names[1:]
    (image,) = registry.ecr.describe_images(repositoryName="listed/app")["imageDetails"]
    assert image["imageTags"] == ["v2"]
    daemon.command("image", "rm", names[1])
    assert listed(daemon, "listed/app") == []
    assert registry.ecr.describe_images(repositoryName="listed/app")["imageDetails"] == []
    refused = daemon.command("image", "rm", names[1], check=False)
    assert refused.returncode == 1 and b"NotFoundException" in refused.stderr


def test_a_pushed_image_that_a_task_runs_on_keeps_its_last_tag(daemon, registry, tasks, tmp_path):
    # One of its own: others of the module have the same image under other names.
    registry.create("used/app")
    layout = layouts.write(tmp_path / "layout", [layouts.layer({"bin/sleep": Path("/bin/busybox").read_bytes()})])
    registry.push(f"oci:{layout}", "used/app:v1")
    name = f"{registry.host}/used/app:v1"
    registry.push(f"oci:{layout}", "used/app:v2")
    task = tasks.run(["sleep", "1000"], image=name, executionRoleArn="arn:aws:iam::000000000000:role/execution")
    tasks.wait(task, "RUNNING")
    daemon.command("image", "rm", name.replace(":v1", ":v2"))
    refused = daemon.command("image", "rm", name, check=False)
    assert refused.returncode == 1 and b"InUseException" in refused.stderr and task_id(task).encode() in refused.stderr
    refused = daemon.command("image", "rm", manifest_digest(layout), check=False)
    assert refused.returncode == 1 and name.encode() in refused.stderr
    tasks.ecs.stop_task(task=task["taskArn"])
    tasks.wait(task)
    gone = daemon.command("image", "rm", name).stdout.decode()
    assert f"deleted {manifest_digest(layout)}" in gone


def listed(daemon, repository):
    lines = daemon.command("image", "ls").stdout.decode().splitlines()[1:]
    return sorted(line.split()[0] for line in lines if f"/{repository}:" in line)


@pytest.fixture(scope="module")
def docker(registry):
    """dockerd in a directory of its own, without a bridge and without a rule of the firewall. Gives a caller of docker."""
    dockerd = shutil.which("dockerd", path=f"{os.environ['PATH']}:/usr/sbin")
    if dockerd is None or shutil.which("docker") is None:
        pytest.skip("SKIPPED: no docker.io")
    # In memory: it unpacks every layer into a copy of the one below.
    state = Path(tempfile.mkdtemp(prefix="be-", dir="/dev/shm"))
    host = f"unix://{state}/socket"
    with open(state / "log", "wb") as log:
        process = subprocess.Popen(
            [dockerd, "--data-root", state / "data", "--exec-root", state / "exec", "--pidfile", state / "pid", "--host", host,
             "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false", "--bridge=none",
             "--storage-driver=vfs", "--log-level=warn"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        until(lambda: (state / "socket").exists() or process.poll() is not None, "dockerd listens")
        if process.poll() is not None:
            pytest.skip(f"SKIPPED: dockerd does not start here: {(state / 'log').read_text().splitlines()[-1]}")

        def call(*arguments, **keywords):
            return registry.run("docker", "--config", state, "--host", host, *arguments, **keywords).stdout

        yield call
    finally:
        process.terminate()
        process.wait(60)
        subprocess.run(["umount", "--lazy", *state.glob("exec/netns/*")], capture_output=True, check=False)
        # What dockerd started itself ends a moment later.
        until(lambda: shutil.rmtree(state, ignore_errors=True) or not state.exists(), "what dockerd left is gone")


def test_docker_pushes_and_pulls(docker, registry, tasks, tmp_path):
    registry.create("by-docker/app")
    name = f"{registry.host}/by-docker/app:v1"
    layers = [layouts.layer({"bin/busybox": Path("/bin/busybox").read_bytes(), "bin/sh": Path("/bin/busybox").read_bytes()}),
              layouts.layer({"made": b"with docker\n"})]
    archive = tmp_path / "saved.tar"
    registry.run("skopeo", "copy", "--quiet", f"oci:{layouts.write(tmp_path / 'layout', layers)}", f"docker-archive:{archive}:{name}")
    docker("load", "--quiet", "--input", archive)
    refused = docker_error(docker, "push", name)
    assert "no basic auth credentials" in refused or "unauthorized" in refused, refused
    docker("login", "--username", "AWS", "--password", registry.password, registry.host)
    docker("push", "--quiet", name)
    pushed = registry.ecr.describe_images(repositoryName="by-docker/app")["imageDetails"][0]
    assert pushed["imageTags"] == ["v1"] and pushed["imageManifestMediaType"] == "application/vnd.docker.distribution.manifest.v2+json"
    assert runs(tasks, name)[1] == "from sh\nwith docker\n"

    # Another tag of the same image, whose layers are there already.
    docker("tag", name, name.replace(":v1", ":v2"))
    docker("push", "--quiet", name.replace(":v1", ":v2"))
    docker("rmi", name, name.replace(":v1", ":v2"))
    assert docker("images", "--quiet") == ""
    assert docker("pull", "--quiet", name).strip() == name
    (seen,) = json.loads(docker("inspect", name))
    assert seen["RepoDigests"] == [f"{registry.host}/by-docker/app@{pushed['imageDigest']}"]
    assert len(seen["RootFS"]["Layers"]) == 2
    docker("pull", "--quiet", f"{registry.host}/by-docker/app@{pushed['imageDigest']}")
    assert "not found" in docker_error(docker, "pull", name.replace(":v1", ":v3"))
    docker("tag", name, f"{registry.host}/of-nobody/app:v1")
    refused = docker_error(docker, "push", f"{registry.host}/of-nobody/app:v1")
    assert "aws ecr create-repository --repository-name of-nobody/app" in refused, refused


def docker_error(docker, *arguments):
    with pytest.raises(AssertionError) as raised:
        docker(*arguments)
    return str(raised.value)
