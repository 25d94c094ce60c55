"""Failures of manifests in stores: wrong objects, wrong metadata, wrong ids. In a directory and on a real S3 server."""

import json
import os
import shutil

from failure_case import BAD_DOCUMENT, INTEGRITY, NOT_FOUND, USAGE, FailureCase, OnS3
from support.program import files_below

JOB = ("--farm-id", "farm-1", "--queue-id", "queue-1", "--job-id", "job-1")
OUTPUT = (*JOB, "--step-id", "step-1", "--task-id", "task-1", "--session-action-id", "sessionaction-a-1")
FOLDER = "Manifests/farm-1/queue-1/job-1/step-1/task-1/2024-02-03T04:05:06.000000Z_sessionaction-a-1"


class ManifestStoreFailures(FailureCase):
    def setUp(self):
        super().setUp()
        self.destination.mkdir()

    def upload(self, manifest, *options):
        return self.attache.run("manifest", "upload", manifest, "--s3-root-uri", self.store_uri, *options)

    def download_manifests(self, *options):
        return self.attache.run("manifest", "download", self.destination, "--s3-root-uri", self.store_uri, *options)

    def make_output(self, *options):
        """An output manifest in the store; its file there."""
        manifest = self.make_snapshot()
        outcome = self.upload(
            manifest, "--asset-type", "output", *OUTPUT, "--time", "2024-02-03T04:05:06Z", "--root", self.project, *options
        )
        self.assertEqual(outcome.status, 0, outcome)
        (stored,) = (self.store / FOLDER).iterdir()
        return stored

    def replace(self, stored, content):
        """Other bytes, as if they had been stored."""
        stored.write_bytes(content)

    def assert_refused(self, outcome, status, *named):
        self.assert_failure(outcome, status, *named)
        self.assertEqual(files_below(self.destination), {}, "nothing is written")

    # What is stored

    def test_an_object_that_is_no_manifest_is_named(self):
        stored = self.make_output()
        self.replace(stored, b"\x00\x01 something else")
        self.assert_refused(self.download_manifests(*JOB), BAD_DOCUMENT, stored.name)

    def test_a_truncated_manifest_is_named(self):
        stored = self.make_output()
        self.replace(stored, stored.read_bytes()[:50])
        self.assert_refused(self.download_manifests(*JOB), BAD_DOCUMENT, stored.name)

    def test_a_manifest_of_another_version_is_named(self):
        stored = self.make_output()
        document = json.loads(stored.read_text())
        document["manifestVersion"] = "2099-01-01"
        self.replace(stored, json.dumps(document).encode())
        self.assert_refused(self.download_manifests(*JOB), BAD_DOCUMENT, stored.name, "2099-01-01")

    def test_a_manifest_of_the_beta_is_named(self):
        stored = self.make_output()
        self.replace(stored, b'{"manifestVersion":"2025-12-04-beta","dirs":[],"files":[]}')
        outcome = self.download_manifests(*JOB)
        self.assertNotEqual(outcome.status, 0)
        self.assert_refused(outcome, outcome.status, stored.name, "2025-12-04-beta")

    def test_a_manifest_that_does_not_state_its_root_is_named(self):
        stored = self.make_output()
        manifest = self.make_snapshot()
        self.assertEqual(self.upload(manifest, "--s3-manifest-prefix", "x").status, 0)
        # The same bytes without metadata.
        (bare,) = (self.store / "Manifests/x").iterdir()
        target = stored.with_name("0" * 32 + "_output")
        shutil.copyfile(bare, target)
        self.assert_refused(self.download_manifests(*JOB), BAD_DOCUMENT, target.name, "root")

    def test_a_manifest_with_other_bytes_than_the_job_states_is_refused(self):
        stored = self.make_output()
        path = str(stored.relative_to(self.store / "Manifests"))
        attachments = self.scratch / "job.json"
        properties = {"rootPath": "/r", "rootPathFormat": "posix", "inputManifestPath": path, "inputManifestHash": "0" * 32}
        attachments.write_text(json.dumps({"manifests": [properties]}))
        self.assert_refused(self.download_manifests("--attachments", attachments), INTEGRITY, stored.name, "0" * 32)

    def test_a_missing_manifest_is_named(self):
        attachments = self.scratch / "job.json"
        attachments.write_text(
            '{"manifests":[{"rootPath":"/r","rootPathFormat":"posix","inputManifestPath":"farm/queue/Inputs/g/h_input"}]}'
        )
        outcome = self.download_manifests("--attachments", attachments)
        self.assert_refused(outcome, NOT_FOUND, "Manifests/farm/queue/Inputs/g/h_input")

    def test_a_key_that_cannot_be_one_is_refused(self):
        for key in ("Manifests/../x", "Manifests//x", "/"):
            with self.subTest(key):
                self.assert_refused(self.download_manifests("--key", key), USAGE)

    def test_attachments_that_are_none_are_named(self):
        attachments = self.scratch / "job.json"
        for text in ("", "[1]", '{"manifests":[{"inputManifestPath":"x"}]}', '{"attachments":{"manifests":3}}'):
            with self.subTest(text):
                attachments.write_text(text)
                self.assert_refused(self.download_manifests("--attachments", attachments), BAD_DOCUMENT, "job.json")

    # What is asked for

    def test_ids_that_cannot_be_part_of_a_key_are_refused(self):
        for ids in (("a/b", "q", "j"), ("f", "..", "j"), ("f", "q", "")):
            with self.subTest(ids):
                options = [word for pair in zip(("--farm-id", "--queue-id", "--job-id"), ids) for word in pair]
                self.assert_refused(self.download_manifests(*options), USAGE)

    def test_the_inputs_of_a_job_need_its_attachments(self):
        self.assert_refused(self.download_manifests(*JOB, "--asset-type", "input"), USAGE, "--attachments")

    def test_a_directory_that_is_missing_is_named(self):
        outcome = self.attache.run(
            "manifest", "download", self.scratch / "nowhere", "--s3-root-uri", self.store_uri, *JOB
        )
        self.assert_failure(outcome, NOT_FOUND, "nowhere")

    # What cannot be stored

    def assert_not_stored(self, outcome, status, *named):
        self.assert_failure(outcome, status, *named)
        self.assertEqual(files_below(self.store) if self.store.exists() else {}, {})

    def test_a_location_name_that_cannot_be_sent_is_refused(self):
        manifest = self.make_snapshot()
        for location in ("Größe", "line\nbreak", " space"):
            with self.subTest(location):
                outcome = self.upload(
                    manifest, "--asset-type", "output", *OUTPUT, "--root", "/r", "--file-system-location-name", location
                )
                self.assert_not_stored(outcome, USAGE, "location")

    def test_a_root_that_is_too_long_is_refused(self):
        outcome = self.upload(self.make_snapshot(), "--asset-type", "output", *OUTPUT, "--root", "/" + "é" * 400)
        self.assert_not_stored(outcome, USAGE, "2048")

    def test_a_root_without_a_hash_is_refused(self):
        outcome = self.upload(self.make_snapshot(), "--asset-type", "output", *OUTPUT, "--root", b"/r\xff")
        self.assert_not_stored(outcome, USAGE, "\\udcff")

    def test_what_is_no_manifest_is_not_stored(self):
        file = self.scratch / "file.manifest"
        for text in ("", "{}", "[1]", '{"hashAlg":"xxh128","manifestVersion":"2023-03-03","paths":[],"totalSize":0}'):
            with self.subTest(text):
                file.write_text(text)
                self.assert_not_stored(self.upload(file), BAD_DOCUMENT, "file.manifest")

    def test_files_without_a_hash_are_not_stored(self):
        file = self.scratch / "unhashed.manifest"
        file.write_text(
            '{"dirs":[],"files":[{"path":"a","size":1,"mtime":1}],"hashAlg":"xxh128",'
            '"specificationVersion":"relative-manifest-snapshot-beta-2025-12","totalSize":1}'
        )
        self.assert_not_stored(self.upload(file), BAD_DOCUMENT, "unhashed.manifest", "without a hash")


class S3ManifestStoreFailures(OnS3, ManifestStoreFailures):
    """The same on versitygw."""

    def replace(self, stored, content):
        super().replace(stored, content)
        os.removexattr(stored, "user.checksums")  # else the server's checksum of what was there gives it away

    def test_metadata_that_is_not_json_is_named(self):
        stored = self.make_output()
        os.setxattr(stored, "user.metadata", b'{"asset-root":"/r","asset-root-json":"not JSON"}')
        self.assert_refused(self.download_manifests(*JOB), BAD_DOCUMENT, stored.name, "not JSON")

    def test_a_missing_bucket_is_named(self):
        outcome = self.attache.run(
            "manifest", "download", self.destination, "--s3-root-uri", "s3://no-such-bucket/prefix", *JOB
        )
        self.assert_refused(outcome, NOT_FOUND, "no-such-bucket")
