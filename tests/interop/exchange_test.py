"""Files that one program submits, the other restores: on a real S3 server and in directory stores.

The incumbent has no directory store for submissions of its own; two stand in for it. Its debug snapshot is a directory
in the store's layout; and a directory store that lies where the S3 server keeps its objects is also an S3 store.
"""

import json
import shutil
import unittest
from pathlib import Path

from compare_trees import compare
from support.cases import IncumbentOnS3Case
from support.trees import make_named_tree

INCUMBENT_EARLY_US = 1  # the incumbent sets times through a double and loses up to 1 us (only where it downloads)


class Exchange(IncumbentOnS3Case):
    def setUp(self):
        super().setUp()
        self.uri = f"s3://{self.bucket}/root"
        self.project = self.folder / "project"
        make_named_tree(self.project)
        self.restored = self.folder / "restored"
        self.attache = self.attache_with_server()

    def assert_restored(self, manifest, early_mtime_us=0):
        result = compare(self.project, self.restored, manifest, early_mtime_us=early_mtime_us)
        self.assertTrue(result.identical, result.differences)
        self.assertGreater(result.files, 20)

    def assert_succeeds(self, outcome):
        self.assertEqual(outcome.status, 0, outcome)

    def test_the_incumbent_submits_to_s3_and_attache_restores(self):
        manifest = self.incumbent.snapshot(self.project, self.folder / "manifests")
        self.incumbent.upload(manifest, self.project, self.uri)
        self.assert_succeeds(self.attache.download(manifest, self.project, self.restored, self.uri))
        self.assert_restored(manifest)

    def test_attache_submits_to_s3_and_the_incumbent_restores(self):
        manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))
        self.assert_succeeds(self.attache.upload(manifest, str(self.project), self.uri))
        self.incumbent.download(manifest, self.attache.write_rules(self.project, self.restored), self.uri)
        self.assert_restored(manifest, early_mtime_us=INCUMBENT_EARLY_US)

    def upload_tree(self, *more):
        """Hashes and uploads the project in one go; the report."""
        destination = self.folder / "manifests"
        destination.mkdir()
        arguments = ["--root", str(self.project), "--destination", str(destination), "--s3-root-uri", self.uri]
        outcome = self.attache.run("attachment", "upload", *arguments, "--json", *more)
        self.assert_succeeds(outcome)
        return outcome.json()

    def test_attache_hashes_and_submits_in_one_go_and_the_incumbent_restores(self):
        report = self.upload_tree()
        manifest = report["manifests"][0]["file"]
        outcomes = {entry["outcome"] for entry in report["manifests"][0]["entries"]}
        self.assertLessEqual(outcomes, {"sent", "duplicate"})
        self.incumbent.download(manifest, self.attache.write_rules(self.project, self.restored), self.uri)
        self.assert_restored(manifest, early_mtime_us=INCUMBENT_EARLY_US)

    def test_attache_uploads_chunks_and_finds_them_again(self):
        (self.project / "large.bin").write_bytes(bytes(range(256)) * 1024)
        report = self.upload_tree("--format", "v2025-12", "--chunk-size", "100000")
        manifest = report["manifests"][0]["file"]
        stored = {path.name: path.stat().st_size for path in (self.bucket_folder / "root/Data").iterdir()}
        chunks = 0
        for entry in json.loads(Path(manifest).read_text())["files"]:
            for hash in entry.get("chunkhashes", []):
                self.assertIn(f"{hash}.xxh128", stored)
                chunks += 1
        self.assertEqual(chunks, 3)
        outcome = self.attache.upload(manifest, str(self.project), self.uri, "--chunk-size", "100000", "--json")
        self.assert_succeeds(outcome)
        self.assertEqual(outcome.json()["objectsSent"], 0)
        self.assertEqual(outcome.json()["objectsPresent"], len(stored))
        outcome = self.attache.download(manifest, self.project, self.restored, self.uri, "--chunk-size", "100000")
        self.assert_succeeds(outcome)
        self.assertEqual((self.restored / "large.bin").read_bytes(), (self.project / "large.bin").read_bytes())

    def test_attache_moves_a_tree_of_the_other_format_there_and_back(self):
        (self.project / "large.bin").write_bytes(bytes(range(255)) * 2048)
        (self.project / "tool.sh").write_text("#!/bin/sh")
        (self.project / "tool.sh").chmod(0o755)
        (self.project / "empty").mkdir()
        (self.project / "link").symlink_to("large.bin")
        chunks = ["--chunk-size", "65536"]
        manifest = self.upload_tree("--format", "v2025-12", *chunks)["manifests"][0]["file"]
        self.assert_succeeds(self.attache.download(manifest, self.project, self.restored, self.uri, *chunks))
        # Taken again, the restored tree has the same manifest: contents, times, links, directories and execute bits.
        again = self.attache.snapshot(
            str(self.restored), str(self.folder / "again"), "--format", "v2025-12", *chunks, "--no-cache"
        )
        self.assertEqual(Path(again).read_bytes(), Path(manifest).read_bytes())
        self.assertEqual((self.restored / "link").readlink(), Path("large.bin"))

    def test_attache_submits_to_s3_and_attache_restores(self):
        manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))
        self.assert_succeeds(self.attache.upload(manifest, str(self.project), self.uri))
        self.assert_succeeds(self.attache.download(manifest, self.project, self.restored, self.uri))
        self.assert_restored(manifest)

    def test_the_incumbent_fills_a_directory_store_and_attache_restores(self):
        store = self.folder / "store"
        shutil.rmtree(self.project)  # the debug snapshot takes hidden files too; the comparison must see none
        make_named_tree(self.project)
        stored = self.incumbent.snapshot_directory(self.project, store)
        manifest = self.incumbent.snapshot(self.project, self.folder / "manifests")
        self.assertEqual(Path(stored).read_bytes(), Path(manifest).read_bytes())
        self.assert_succeeds(self.attache.download(manifest, self.project, self.restored, f"file://{store}"))
        self.assert_restored(manifest)

    def test_the_incumbent_submits_to_s3_and_attache_restores_from_the_servers_directory(self):
        manifest = self.incumbent.snapshot(self.project, self.folder / "manifests")
        self.incumbent.upload(manifest, self.project, self.uri)
        uri = f"file://{self.bucket_folder}/root"
        self.assert_succeeds(self.attache.download(manifest, self.project, self.restored, uri))
        self.assert_restored(manifest)

    def test_attache_fills_a_directory_store_and_the_incumbent_restores(self):
        manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))
        self.assert_succeeds(self.attache.upload(manifest, str(self.project), f"file://{self.bucket_folder}/root"))
        self.incumbent.download(manifest, self.attache.write_rules(self.project, self.restored), self.uri)
        self.assert_restored(manifest, early_mtime_us=INCUMBENT_EARLY_US)

    def objects(self):
        """{key: (inode, mtime)}: an object that is stored again gets new ones."""
        found = {}
        for path in self.bucket_folder.rglob("*.xxh128"):
            status = path.stat()
            found[str(path.relative_to(self.bucket_folder))] = (status.st_ino, status.st_mtime_ns)
        return found

    def test_attache_finds_what_the_incumbent_stored_and_sends_nothing(self):
        manifest = self.incumbent.snapshot(self.project, self.folder / "manifests")
        self.incumbent.upload(manifest, self.project, self.uri)
        before = self.objects()
        self.assertTrue(before)
        self.assert_succeeds(self.attache.upload(manifest, str(self.project), self.uri))
        self.assertEqual(self.objects(), before)

    def test_the_incumbent_finds_what_attache_stored_and_sends_nothing(self):
        manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))
        self.assert_succeeds(self.attache.upload(manifest, str(self.project), self.uri))
        before = self.objects()
        self.assertTrue(before)
        self.incumbent.upload(manifest, self.project, self.uri)
        self.assertEqual(self.objects(), before)

    def test_both_publish_a_manifest_under_the_same_key_with_the_same_bytes_and_root(self):
        manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))
        root_of = {}
        for program, prefix in (("attache", "by-attache"), ("incumbent", "by-incumbent")):
            if program == "attache":
                self.assert_succeeds(
                    self.attache.upload(manifest, str(self.project), self.uri, "--upload-manifest-path", prefix)
                )
            else:
                self.incumbent.upload(manifest, self.project, self.uri, manifest_path=prefix)
            key = f"root/Manifests/{prefix}/{Path(manifest).name}"
            self.assertEqual((self.bucket_folder / key).read_bytes(), Path(manifest).read_bytes(), program)
            root_of[program] = self.incumbent.object_metadata(self.bucket, key).get("asset-root")
        self.assertEqual(root_of, {"attache": str(self.project), "incumbent": str(self.project)})


class IncumbentCommand(Exchange):
    """The `deadline` command itself, both ways, once; the tests above drive its functions."""

    def setUp(self):
        super().setUp()
        settings = self.incumbent.home / ".aws"
        settings.mkdir(exist_ok=True)
        (settings / "config").write_text("[profile test]\nregion = us-east-1\n")
        (settings / "credentials").write_text(
            "[test]\naws_access_key_id = {AWS_ACCESS_KEY_ID}\naws_secret_access_key = {AWS_SECRET_ACCESS_KEY}\n".format(
                **self.server.environment()
            )
        )

    def command(self, *arguments):
        result = self.incumbent.command(*arguments)
        self.assertEqual(result.returncode, 0, result.stdout)
        return result.stdout

    def test_the_incumbent_submits_to_s3_and_attache_restores(self):
        manifests = self.folder / "manifests"
        manifests.mkdir()  # the command does not make it
        self.command("manifest", "snapshot", "--root", self.project, "--destination", manifests)
        (manifest,) = manifests.glob("*.manifest")
        self.command(
            "attachment", "upload", "-m", manifest, "-r", self.project, "--s3-root-uri", self.uri, "--profile", "test"
        )
        self.assert_succeeds(self.attache.download(str(manifest), self.project, self.restored, self.uri))
        self.assert_restored(manifest)

    def test_attache_submits_to_s3_and_the_incumbent_restores(self):
        manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))
        self.assert_succeeds(self.attache.upload(manifest, str(self.project), self.uri))
        rules = self.attache.write_rules(self.project, self.restored)
        output = self.command(
            "attachment", "download", "-m", manifest, "--path-mapping-rules", rules, "--s3-root-uri", self.uri,
            "--profile", "test", "--json",
        )  # fmt: skip
        summary = json.loads(output[output.index("{") :])
        self.assertEqual(summary["processed_files"], len(json.loads(Path(manifest).read_text())["paths"]))
        self.assert_restored(manifest, early_mtime_us=INCUMBENT_EARLY_US)


def load_tests(loader, _, __):
    """IncumbentCommand repeats two of the tests with the command; the rest would only run twice."""
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(Exchange))
    for name in IncumbentCommand.__dict__:
        if name.startswith("test_") and name in loader.getTestCaseNames(IncumbentCommand):
            suite.addTest(IncumbentCommand(name))
    return suite
