"""The generator of hostile images: the same images each time, of every case, and none where it was not asked to."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[1] / "hostile-images"


def generate(out, *arguments):
    subprocess.run([TOOL, out, "--small", *arguments], check=True, stdout=subprocess.DEVNULL)
    return {
        str(path.relative_to(out)): os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in out.rglob("*") if path.is_symlink() or path.is_file()}


@pytest.mark.parametrize("case", [5, 13, 17, 23, 35])
def test_a_case_has_the_same_bytes_each_time(case, tmp_path):
    first = generate(tmp_path / "a", "--case", str(case))
    assert first and first == generate(tmp_path / "b", "--case", str(case))
    assert {name[:2] for name in first} == {f"{case:02}"}


def test_links_lead_to_the_victim_that_was_named(tmp_path):
    ours = generate(tmp_path / "a", "--case", "3", "--victim", "/nowhere")
    assert ours != generate(tmp_path / "b", "--case", "3", "--victim", "/elsewhere")


def test_the_list_names_every_case():
    listed = subprocess.run([TOOL, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    assert {int(line[:2]) for line in listed} == set(range(1, 37))
