"""Tests of the image builders and of the ETL job. Run by pytest, or alone: python3 FILE"""

import contextlib
import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS))

from etl import check, job  # noqa: E402
from rootfs import layout  # noqa: E402
from rootfs.recipes import busybox  # noqa: E402
from rootfs.tree import FileTree, merge_usr  # noqa: E402

DATA = {
    "UnicodeData.txt": [
        "0000;<control>;Cc;0;BN;;;;;N;NULL;;;;",
        "0041;LATIN CAPITAL LETTER A;Lu;0;L;;;;;N;;;;0061;",
        "this is no record",
        "4E00;<CJK Ideograph, First>;Lo;0;L;;;;;N;;;;;",
        "4E0F;<CJK Ideograph, Last>;Lo;0;L;;;;;N;;;;;",
        "D800;<Non Private Use High Surrogate, First>;Cs;0;L;;;;;N;;;;;",
        "D80F;<Non Private Use High Surrogate, Last>;Cs;0;L;;;;;N;;;;;",
        "FFF9;TOO FEW FIELDS;Cf",
    ],
    "Blocks.txt": ["# Blocks-99.0.0.txt", "0000..007F; Basic Latin", "4E00..9FFF; CJK Unified Ideographs"],
    "Scripts.txt": ["0000..0040    ; Common # Cc [65]", "0041          ; Latin # L&", "4E00..4E07    ; Han # Lo [8]"],
}


class Directory(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = Path(directory.name)


class Layouts(Directory):
    def blobs(self, directory):
        """index, manifest, configuration and layers of a layout, each digest checked."""

        def read(descriptor):
            data = (directory / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
            self.assertEqual(len(data), descriptor["size"])
            self.assertEqual("sha256:" + hashlib.sha256(data).hexdigest(), descriptor["digest"])
            return data

        index = json.loads((directory / "index.json").read_text())
        manifest = json.loads(read(index["manifests"][0]))
        layers = [tarfile.open(fileobj=io.BytesIO(read(layer))) for layer in manifest["layers"]]
        return index, manifest, json.loads(read(manifest["config"])), layers

    def test_busybox_is_whole_and_the_same_every_time(self):
        self.assertTrue(busybox.build(self.path / "a", None))
        self.assertTrue(busybox.build(self.path / "b", None))
        self.assertEqual((self.path / "a/index.json").read_bytes(), (self.path / "b/index.json").read_bytes())
        _, _, config, (layer,) = self.blobs(self.path / "a")
        self.assertEqual(config["rootfs"]["type"], "layers")
        self.assertEqual(layer.getmember("bin/true").linkname, "busybox")
        self.assertEqual(layer.getmember("tmp").mode, 0o1777)
        self.assertIn(b"root:x:0:0:", layer.extractfile("etc/passwd").read())

    def test_an_image_that_is_up_to_date_is_left_alone(self):
        busybox.build(self.path / "a", None)
        before = (self.path / "a/index.json").stat().st_mtime_ns
        self.assertFalse(busybox.build(self.path / "a", None))
        self.assertEqual((self.path / "a/index.json").stat().st_mtime_ns, before)

    def test_a_build_that_fails_leaves_the_old_image_and_nothing_else(self):
        busybox.build(self.path / "a", None)
        before = (self.path / "a/index.json").read_bytes()
        broken = FileTree()
        broken.file("x", None)
        with self.assertRaises(TypeError):
            layout.write(self.path / "a", "latest", [("broken", broken)], {}, "recipe")
        self.assertEqual((self.path / "a/index.json").read_bytes(), before)
        self.assertEqual([entry.name for entry in self.path.iterdir()], ["a"])

    def test_the_order_of_adding_makes_no_difference(self):
        one, two = FileTree(), FileTree()
        one.file("a", b"1"), one.directory("b"), one.link("c", "a")
        two.link("c", "a"), two.directory("b"), two.file("a", b"1")
        self.assertEqual(one.tar(), two.tar())


class Packages(unittest.TestCase):
    def test_paths_are_as_on_a_merged_system(self):
        paths = {"./bin/sh": "usr/bin/sh", "./lib64/ld.so": "usr/lib64/ld.so", "./usr/bin/x": "usr/bin/x", "./bin/": "",
                 "./": "", "./library/x": "library/x", "./etc/": "etc"}
        self.assertEqual({path: merge_usr(path) for path in paths}, paths)

    def test_hard_links_come_after_what_they_name(self):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            file, link = tarfile.TarInfo("./bin/z"), tarfile.TarInfo("./bin/a")
            link.type, link.linkname, file.size = tarfile.LNKTYPE, "./bin/z", 1
            archive.addfile(file, io.BytesIO(b"z"))
            archive.addfile(link)
        buffer.seek(0)
        tree = FileTree()
        tree.add_package(tarfile.open(fileobj=buffer), lambda path: True)
        names = tarfile.open(fileobj=io.BytesIO(tree.tar())).getnames()
        self.assertEqual(names, ["usr/bin/z", "usr/bin/a"])


class Job(Directory):
    def run_job(self, data):
        for name, lines in data.items():
            (self.path / name).write_text("\n".join(lines) + "\n")
        before, arguments = os.getcwd(), sys.argv
        os.chdir(self.path)
        sys.argv = ["job.py", str(self.path)]
        try:
            with contextlib.redirect_stdout(io.StringIO()) as output:
                job.main()
        finally:
            os.chdir(before)
            sys.argv = arguments
        return json.loads(output.getvalue().splitlines()[-1])

    def package(self, data):
        """What check.py reads: the archive in a package."""
        files = {name: "\n".join(lines) + "\n" for name, lines in data.items()}
        return lambda package, names: {name: files[name] for name in names}

    def test_bad_records_are_counted_ranges_written_out_and_surrogates_dropped(self):
        summary = self.run_job(DATA)
        self.assertEqual((summary["records"], summary["malformed"], summary["ranges"]), (8, 2, 2))
        self.assertEqual(summary["dropped"], {"surrogates": 16, "private use": 0})
        self.assertEqual((summary["characters"], summary["controls"]), (17, 1))
        self.assertEqual(summary["largest scripts"], {"Han": 8, "Unknown": 8, "Common": 1, "Latin": 1})

    def test_the_independent_count_agrees_on_bad_data_too(self):
        summary, read = self.run_job(DATA), check.read
        check.read = self.package(DATA)
        self.addCleanup(setattr, check, "read", read)
        self.assertEqual(check.figures(None), summary)

    def test_a_missing_source_is_exit_code_2(self):
        sys.argv, before = ["job.py", str(self.path / "nowhere")], sys.argv
        self.addCleanup(setattr, sys, "argv", before)
        with contextlib.redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit) as end:
            job.main()
        self.assertEqual(end.exception.code, 2)
        self.assertIn("nowhere", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
