"""Manifests that are wrong or hostile: nothing is created outside the destination, whatever they say."""

import os
from pathlib import Path

from failure_case import BAD_DOCUMENT, OUTSIDE_ROOT, FailureCase
from support.program import files_below


class ManifestFailures(FailureCase):
    def rename_entry(self, path):
        manifest = self.make_upload()

        def change(document):
            document["paths"][0]["path"] = path

        return self.edit_manifest(manifest, change)

    def assert_download_refused(self, manifest, status, *named):
        before = files_below(self.scratch)
        outcome = self.download(manifest)
        self.assert_failure(outcome, status, *named)
        after = files_below(self.scratch)
        after.pop(os.path.relpath(os.fsencode(self.attache.home / "rules.json"), os.fsencode(self.scratch)), None)
        self.assertEqual(after.keys() - before.keys(), set(), "something was created")

    def test_a_path_with_dot_dot_is_refused(self):
        self.assert_download_refused(self.rename_entry("../escaped"), OUTSIDE_ROOT, "../escaped")

    def test_a_path_with_dot_dot_in_the_middle_is_refused(self):
        self.assert_download_refused(self.rename_entry("scene/../../escaped"), OUTSIDE_ROOT, "scene/../../escaped")

    def test_an_absolute_path_is_refused(self):
        target = str(self.scratch / "escaped")
        self.assert_download_refused(self.rename_entry(target), OUTSIDE_ROOT, target)

    def test_an_upload_with_dot_dot_is_refused(self):
        (self.scratch / "outside").write_bytes(b"a small file")
        manifest = self.rename_entry("../outside")
        outcome = self.attache.upload(manifest, str(self.project), f"file://{self.scratch}/other store")
        self.assert_failure(outcome, OUTSIDE_ROOT, "../outside")
        self.assertEqual(list(self.scratch.glob("other store/**/*.xxh128")), [])

    def test_a_linked_directory_that_leads_out_is_refused(self):
        manifest = self.make_upload()
        outside = self.scratch / "outside"
        outside.mkdir()
        self.destination.mkdir()
        (self.destination / "scene").symlink_to(outside)
        outcome = self.download(manifest)
        self.assert_failure(outcome, OUTSIDE_ROOT, "scene")
        self.assertEqual(list(outside.iterdir()), [])

    def test_a_linked_directory_that_stays_inside_is_followed(self):
        manifest = self.make_upload()
        (self.destination / "real").mkdir(parents=True)
        (self.destination / "scene").symlink_to("real")
        outcome = self.download(manifest)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual((self.destination / "real" / "big.vdb").read_bytes(), self.contents[b"scene/big.vdb"])

    def test_a_linked_file_that_leads_out_is_not_written_through(self):
        manifest = self.make_upload()
        outside = self.scratch / "outside"
        outside.write_bytes(b"precious")
        (self.destination / "scene").mkdir(parents=True)
        (self.destination / "scene" / "big.vdb").symlink_to(outside)
        self.attache.download(
            manifest, self.project, self.destination, self.store_uri, "--conflict-resolution", "overwrite"
        )  # refusing and replacing the link are both right
        self.assertEqual(outside.read_bytes(), b"precious")

    def write_manifest(self, text):
        manifest = Path(self.make_snapshot())
        manifest.write_text(text, encoding="ascii")
        return str(manifest)

    def test_text_that_is_not_json_is_refused(self):
        manifest = self.write_manifest('{"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[')
        self.assert_download_refused(manifest, BAD_DOCUMENT, Path(manifest).name)

    def test_an_empty_manifest_file_is_refused(self):
        manifest = self.write_manifest("")
        self.assert_download_refused(manifest, BAD_DOCUMENT, Path(manifest).name)

    def test_nesting_of_200000_levels_is_refused(self):
        for text in ("[" * 200_000, '{"paths":' * 200_000, '{"hashAlg":' + "[" * 200_000 + "]" * 200_000 + "}"):
            manifest = self.write_manifest(text)
            self.assert_download_refused(manifest, BAD_DOCUMENT, Path(manifest).name)
            Path(manifest).unlink()

    def test_a_manifest_of_another_version_is_refused(self):
        manifest = self.write_manifest('{"hashAlg":"xxh128","manifestVersion":"2099-01-01","paths":[],"totalSize":0}')
        self.assert_download_refused(manifest, BAD_DOCUMENT, "2099-01-01")

    def test_rules_that_are_not_json_are_refused(self):
        manifest = self.make_upload()
        rules = self.scratch / "rules.json"
        rules.write_text("[{")
        outcome = self.attache.run(
            "attachment",
            "download",
            "-m",
            manifest,
            "--s3-root-uri",
            self.store_uri,
            "--path-mapping-rules",
            str(rules),
        )
        self.assert_failure(outcome, BAD_DOCUMENT, "rules.json")
