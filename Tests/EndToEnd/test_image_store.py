"""`berth image` as an operator uses it: what is there, what it takes up, what goes and what stays."""

import json
import shutil
import subprocess
import threading

import pytest

from support.clients import Tasks, task_id


@pytest.fixture
def own(fresh_daemon, busybox):
    fresh_daemon.import_image(busybox, "busybox")
    return fresh_daemon


def inspect(daemon, image="busybox"):
    return json.loads(daemon.command("image", "inspect", image).stdout)


def disk_use(daemon):
    lines = daemon.command("image", "df", "--bytes").stdout.decode().splitlines()[1:]
    return [int(line.split()[-1]) for line in lines]


def du(*paths):
    output = subprocess.run(["du", "--block-size=1", "-sc", *paths], check=True, stdout=subprocess.PIPE, text=True)
    return int(output.stdout.splitlines()[-1].split()[0])


def test_what_is_known_of_an_image(own):
    details = inspect(own)
    assert details["names"] == ["docker.io/library/busybox:latest"]
    assert details["usedBy"] == [] and details["isPulled"] is False
    assert details["layers"] and all(layer["size"] > 0 for layer in details["layers"])
    history = own.command("image", "history", "busybox").stdout.decode().splitlines()
    assert history[0].split() == ["CREATED", "SIZE", "STEP"]
    refused = own.command("image", "inspect", "nothing", check=False)
    assert refused.returncode == 1 and b"there is no image nothing" in refused.stderr


def test_disk_use_is_what_du_says(own):
    blobs, layers, unused, unfinished, trash = disk_use(own)
    images = own.root / "images"
    assert blobs + layers == du(images / "blobs", images / "layers")
    assert (unused, unfinished, trash) == (0, 0, 0)
    own.command("image", "rm", "busybox")
    assert sum(disk_use(own)[:2]) == du(images / "blobs", images / "layers") < layers


def test_an_image_that_a_task_runs_on_stays(own):
    tasks = Tasks(own)
    task = tasks.run(["sleep", "1000"])
    tasks.wait(task, "RUNNING")

    def refused():
        result = own.command("image", "rm", "busybox", check=False)
        assert result.returncode == 1
        assert task_id(task) in result.stderr.decode() and "InUseException" in result.stderr.decode()
        own.command("image", "prune", "--all")
        assert inspect(own)["usedBy"] == [f"task {task_id(task)}"]

    refused()
    own.kill()
    own.start()
    refused()
    tasks.ecs.stop_task(task=task["taskArn"])
    tasks.wait(task)
    assert b"deleted sha256:" in own.command("image", "rm", "busybox").stdout
    assert own.command("image", "ls").stdout.decode().count("\n") == 1


def test_tasks_start_while_images_are_pruned(own):
    tasks = Tasks(own)
    keeper = tasks.run(["sleep", "1000"])
    tasks.wait(keeper, "RUNNING")
    is_over = threading.Event()

    def prune():
        while not is_over.is_set():
            own.command("image", "prune", "--all")

    pruning = threading.Thread(target=prune)
    pruning.start()
    try:
        for _ in range(10):
            assert tasks.complete(["true"])["containers"][0]["exitCode"] == 0
    finally:
        is_over.set()
        pruning.join()
    tasks.ecs.stop_task(task=keeper["taskArn"])
    tasks.wait(keeper)


@pytest.mark.skipif(not shutil.which("skopeo"), reason="SKIPPED: no skopeo")
def test_a_saved_image_is_the_same_to_others(own, tmp_path):
    details = inspect(own)
    archive = tmp_path / "saved.tar"
    own.command("image", "save", "busybox", "--output", archive)
    seen = json.loads(subprocess.run(
        ["skopeo", "inspect", f"oci-archive:{archive}"], check=True, stdout=subprocess.PIPE).stdout)
    assert seen["Digest"] == details["digest"]
    subprocess.run(["skopeo", "copy", "--quiet", f"oci-archive:{archive}", f"dir:{tmp_path}/copy"], check=True)
    own.command("image", "rm", "busybox")
    own.import_image(archive, "again")
    assert inspect(own, "again")["digest"] == details["digest"]
