"""Failures of stored objects: wrong bytes, truncated, missing. In the directory store and on a real S3 server."""

from pathlib import Path

from failure_case import INTEGRITY, NOT_FOUND, FailureCase, OnS3

BAD = "scene/big.vdb"


class DirectoryStoreFailures(FailureCase):
    def stored(self):
        manifest = self.make_upload()
        return manifest, self.object_of(manifest, BAD)

    def assert_download_fails(self, manifest, stored, status):
        outcome = self.download(manifest)
        self.assert_failure(outcome, status, Path(stored).name.removesuffix(".xxh128"))
        self.assert_restored_files_are_true(without=[BAD.encode()])

    def test_an_object_with_wrong_bytes_is_refused(self):
        manifest, stored = self.stored()
        with open(stored, "r+b") as file:
            file.seek(2_000_000)
            file.write(b"X")
        self.assert_download_fails(manifest, stored, INTEGRITY)

    def test_a_truncated_object_is_refused(self):
        manifest, stored = self.stored()
        with open(stored, "r+b") as file:
            file.truncate(1_000_000)
        self.assert_download_fails(manifest, stored, INTEGRITY)

    def test_an_object_that_is_too_long_is_refused(self):
        manifest, stored = self.stored()
        with open(stored, "ab") as file:
            file.write(b"more")
        self.assert_download_fails(manifest, stored, INTEGRITY)

    def test_a_missing_object_is_named(self):
        manifest, stored = self.stored()
        stored.unlink()
        self.assert_download_fails(manifest, stored, NOT_FOUND)

    def test_a_failed_download_keeps_the_file_that_was_there(self):
        manifest, stored = self.stored()
        stored.unlink()
        present = self.destination / BAD
        present.parent.mkdir(parents=True)
        present.write_bytes(b"an older version")
        outcome = self.attache.download(
            manifest, self.project, self.destination, self.store_uri, "--conflict-resolution", "overwrite"
        )
        self.assert_failure(outcome, NOT_FOUND)
        self.assertEqual(present.read_bytes(), b"an older version")

    def test_a_truncated_object_is_replaced_by_the_next_upload(self):
        manifest, stored = self.stored()
        with open(stored, "r+b") as file:
            file.truncate(1_000_000)
        outcome = self.attache.upload(manifest, str(self.project), self.store_uri)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(stored.read_bytes(), self.contents[BAD.encode()])

    def test_no_store_at_all_is_named(self):
        manifest = self.make_snapshot()
        outcome = self.attache.download(manifest, self.project, self.destination, f"file://{self.scratch}/nothing here")
        self.assert_failure(outcome, NOT_FOUND)
        self.assert_nothing_restored_but()


class S3StoreFailures(OnS3, DirectoryStoreFailures):
    """The same on versitygw."""

    def test_no_store_at_all_is_named(self):
        manifest = self.make_snapshot()
        outcome = self.attache.download(manifest, self.project, self.destination, "s3://no-such-bucket/prefix")
        self.assert_failure(outcome, NOT_FOUND, "no-such-bucket")
        self.assert_nothing_restored_but()
