"""Failures of the files that are to be submitted: missing, unreadable, changed. Directory store."""

import os

from failure_case import INTEGRITY, NOT_FOUND, REFUSED, FailureCase
from support.program import unprivileged_copy


class SourceFailures(FailureCase):
    def upload(self, manifest, **how):
        return self.attache.upload(
            manifest, str(self.project), self.store_uri, "--upload-manifest-path", "jobs/1", **how
        )

    def assert_no_manifest_published(self):
        self.assertFalse((self.store / "Manifests").exists() and any((self.store / "Manifests").rglob("*.manifest")))
        self.assert_store_is_true()

    def test_a_file_deleted_after_the_snapshot_is_named(self):
        manifest = self.make_snapshot()
        (self.project / "scene" / "big.vdb").unlink()
        outcome = self.upload(manifest)
        self.assert_failure(outcome, NOT_FOUND, "scene/big.vdb")
        self.assert_no_manifest_published()

    def test_a_file_changed_in_place_after_the_snapshot_is_refused(self):
        manifest = self.make_snapshot()
        path = self.project / "scene" / "big.vdb"
        status = path.stat()
        with open(path, "r+b") as file:  # same size, same mtime: only the bytes tell
            file.seek(1_000_000)
            file.write(b"changed")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        digest = self.entry(manifest, "scene/big.vdb")["hash"]
        outcome = self.upload(manifest)
        self.assert_failure(outcome, INTEGRITY, "scene/big.vdb")
        self.assertFalse((self.store / "Data" / f"{digest}.xxh128").exists(), "stored under a hash that it has not")
        self.assert_no_manifest_published()

    def test_a_file_that_grew_after_the_snapshot_is_refused(self):
        manifest = self.make_snapshot()
        with open(self.project / "a small file.txt", "ab") as file:
            file.write(b" and more")
        outcome = self.upload(manifest)
        self.assert_failure(outcome, INTEGRITY, "a small file.txt")
        self.assert_no_manifest_published()

    def run_unprivileged(self, *arguments):
        self.attache.program = unprivileged_copy(self.attache.program, self.scratch / "bin")
        return self.attache.finish(self.attache.start(*arguments, unprivileged=True))

    def test_an_unreadable_file_fails_the_upload_and_is_named(self):
        manifest = self.make_snapshot()
        self.store.mkdir()
        self.give_to_unprivileged(self.store, self.attache.home, self.project)
        (self.project / "scene" / "big.vdb").chmod(0)
        outcome = self.run_unprivileged(
            "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", self.store_uri
        )
        self.assert_failure(outcome, REFUSED, "scene/big.vdb")
        self.assert_no_manifest_published()

    def test_an_unreadable_file_fails_the_snapshot_and_is_named(self):
        manifests = self.scratch / "manifests"
        manifests.mkdir()
        self.give_to_unprivileged(manifests, self.attache.home, self.project)
        (self.project / "scene" / "big.vdb").chmod(0)
        outcome = self.run_unprivileged(
            "manifest", "snapshot", "--root", str(self.project), "--destination", str(manifests)
        )
        self.assert_failure(outcome, REFUSED, "big.vdb")
        self.assertEqual(list(manifests.iterdir()), [])

    def test_a_missing_root_is_named(self):
        outcome = self.attache.run("manifest", "snapshot", "--root", str(self.scratch / "no such folder"))
        self.assert_failure(outcome, NOT_FOUND, "no such folder")
