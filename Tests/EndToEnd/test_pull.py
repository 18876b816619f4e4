"""Images from a registry: pulled by hand, by tasks, by many at once, and across the end of a daemon."""

import collections
import contextlib
import json
import os
import re
import subprocess

import pytest

from support.clients import Tasks, shell
from support.upstream import Gate, Upstream
from support.waiting import until


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as registry:
        yield registry


@pytest.fixture(scope="module")
def app(upstream, busybox):
    """The name, without its host, of busybox with 4 MiB on top that do not compress."""
    directory = upstream.directory / "app"
    subprocess.run(["cp", "-r", busybox, directory], check=True)
    bundle = upstream.directory / "bundle"
    tag = subprocess.run(["umoci", "ls", "--layout", directory], check=True, capture_output=True, text=True).stdout.split()[0]
    subprocess.run(["umoci", "unpack", "--image", f"{directory}:{tag}", bundle], check=True, capture_output=True)
    (bundle / "rootfs/noise").write_bytes(os.urandom(4 << 20))
    subprocess.run(["umoci", "repack", "--image", f"{directory}:app", bundle], check=True, capture_output=True)
    upstream.push(f"oci:{directory}:app", "team/app:1")
    return "team/app:1"


@pytest.fixture(scope="module")
def noise(upstream, app):
    """The digest of its upper layer."""
    reference = f"docker://{upstream.host}/{app}"
    manifest = subprocess.run(
        ["skopeo", "inspect", "--raw", "--tls-verify=false", reference], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(manifest)["layers"][-1]["digest"]


@pytest.fixture
def gate(upstream):
    with Gate(upstream) as proxy:
        yield proxy


def pull(daemon, *arguments, **options):
    return daemon.command("image", "pull", *arguments, **options)


def wait(event):
    assert event.wait(60), "nobody came so far"


def came(daemon, blob):
    """Bytes of the blob that are in its partial file, which comes and goes."""
    for path in (daemon.root / "images/partial").glob(blob.removeprefix("sha256:") + "*"):
        with contextlib.suppress(FileNotFoundError):
            return path.stat().st_size
    return 0


def test_pull_says_what_it_does(fresh_daemon, upstream, app):
    name = f"{upstream.host}/{app}"
    first = pull(fresh_daemon, name)
    assert re.fullmatch(rf"{re.escape(name)} sha256:[0-9a-f]{{64}}\n", first.stdout.decode())
    said = first.stderr.decode()
    assert re.search(r"^[0-9a-f]{12}  downloading  .* of 4\.0 MiB$", said, re.M), said
    assert len(re.findall(r"^[0-9a-f]{12}  done  ", said, re.M)) == 2, said
    assert "\x1b" not in said, "no terminal, no control sequences"
    again = pull(fresh_daemon, name)
    assert again.stdout == first.stdout
    assert len(re.findall(r"^[0-9a-f]{12}  here  ", again.stderr.decode(), re.M)) == 2
    assert pull(fresh_daemon, "--quiet", name).stderr == b""


def test_what_cannot_be_pulled_is_said_by_name(fresh_daemon, upstream):
    for reference, words in {
        f"{upstream.host}/nothing:1": f"cannot pull {upstream.host}/nothing:1: {upstream.host} does not have it",
        "a//b": '"a//b" is no image reference',
    }.items():
        result = pull(fresh_daemon, reference, check=False)
        assert result.returncode == 1
        assert result.stderr.decode().startswith(f"berth: {words}"), result.stderr
        assert result.stdout == b""
    never = pull(fresh_daemon, "--policy", "never", f"{upstream.host}/team/app:1", check=False)
    assert b"the pull policy is never" in never.stderr


def test_a_task_pulls_its_image(fresh_daemon, upstream, app):
    ended = Tasks(fresh_daemon).complete(shell("wc -c < /noise"), image=f"{upstream.host}/{app}")
    assert ended["containers"][0]["exitCode"] == 0
    assert ended["createdAt"] <= ended["pullStartedAt"] < ended["pullStoppedAt"] <= ended["startedAt"]
    assert Tasks(fresh_daemon).output(ended)[0].split() == [str(4 << 20)]


def test_tasks_that_want_one_image_share_its_download(fresh_daemon, gate, app):
    tasks = Tasks(fresh_daemon)
    gate.shut()
    started = [tasks.run(shell("exit 0"), image=f"{gate.host}/{app}") for _ in range(4)]
    wait(gate.reached)
    until(lambda: {tasks.describe(task)["lastStatus"] for task in started} == {"PENDING"})
    gate.opened.set()
    for task in started:
        assert tasks.wait(task)["containers"][0]["exitCode"] == 0
    times = collections.Counter(blob for blob, _ in gate.blobs())
    layers = {blob: count for blob, count in times.items() if count > 0}
    assert max(layers.values()) <= 4 and sorted(layers.values())[:2] == [1, 1], "each layer once, the configuration by each"


def test_a_stop_ends_a_pull(fresh_daemon, gate, app):
    tasks = Tasks(fresh_daemon)
    gate.shut()
    task = tasks.run(shell("exit 0"), image=f"{gate.host}/{app}")
    wait(gate.reached)
    tasks.ecs.stop_task(task=task["taskArn"], reason="enough")
    ended = tasks.wait(task)
    assert (ended["stopCode"], ended["stoppedReason"]) == ("UserInitiated", "enough")
    assert "exitCode" not in ended["containers"][0]
    # It did not wait for the registry, which still holds the bytes back.
    assert not gate.opened.is_set()


# Near the beginning, in the middle, near the end, and wherever it is when nothing holds it back.
@pytest.mark.parametrize("free", [300_000, 1 << 20, 3_900_000, 1 << 30])
def test_a_killed_daemon_goes_on_with_its_pulls(fresh_daemon, gate, app, noise, free):
    tasks = Tasks(fresh_daemon)
    gate.shut(free)
    task = tasks.run(shell("exit 7"), image=f"{gate.host}/{app}")
    until(lambda: came(fresh_daemon, noise) >= 100_000 or tasks.describe(task)["lastStatus"] in ("RUNNING", "STOPPED"))
    fresh_daemon.kill()
    gate.opened.set()
    fresh_daemon.start()
    assert tasks.wait(task)["containers"][0]["exitCode"] == 7
    if free < 1 << 30:
        first, *later = [span for blob, span in gate.blobs() if blob == noise]
        assert first is None and later, gate.blobs()
        resumed = [span for _, span in gate.blobs() if span]
        assert all(later) and all(re.fullmatch(r"bytes=[1-9]\d*-", span) for span in resumed), gate.blobs()
    assert fresh_daemon.command("image", "ls").stdout.decode().count(app) == 1


def test_images_of_every_maker_run(fresh_daemon, upstream, busybox, tmp_path):
    storage = ["--root", tmp_path / "storage", "--runroot", tmp_path / "run", "--storage-driver", "vfs"]

    def buildah(*arguments):
        return subprocess.run(
            ["buildah", *storage, *arguments], check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            timeout=120).stdout.strip()

    made = tmp_path / "made"
    made.write_text("by buildah\n")
    container = buildah("from", f"oci:{busybox}")
    buildah("copy", container, made, "/made")
    for form in ("oci", "docker"):
        buildah("commit", "--format", form, container, f"localhost/{form}")
        buildah("push", "--tls-verify=false", f"localhost/{form}", f"docker://{upstream.host}/buildah:{form}")
    tasks = Tasks(fresh_daemon)
    for tag in ("oci", "docker"):
        ended = tasks.complete(shell("cat /made"), image=f"{upstream.host}/buildah:{tag}")
        assert tasks.output(ended)[0] == "by buildah\n", ended
    # skopeo writes zstd and single files of Docker's form too.
    upstream.push(f"oci:{busybox}", "skopeo:oci")
    subprocess.run(
        ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false", "--format", "v2s2", f"oci:{busybox}",
         f"docker://{upstream.host}/skopeo:docker"], check=True, stdin=subprocess.DEVNULL, timeout=120)
    for tag in ("oci", "docker"):
        assert tasks.complete(shell("exit 4"), image=f"{upstream.host}/skopeo:{tag}")["containers"][0]["exitCode"] == 4
