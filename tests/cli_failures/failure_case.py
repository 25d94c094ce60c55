"""What the failure suites share: a project, a store, and what every failure must look like."""

import json
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from support.cases import S3Case
from support.program import UNPRIVILEGED_ID, Attache, files_below
from support.trees import write_file

# Exit statuses (docs/exit-statuses.md).
USAGE, BAD_DOCUMENT, NOT_FOUND, REFUSED, INTEGRITY, OUTSIDE_ROOT, LOCAL_IO, NETWORK = 2, 3, 4, 5, 6, 7, 8, 9
CANCELLED = 130

SECRET = "secret-that-must-not-be-shown/+="
DATA_OBJECT = re.compile(rb"Data/[0-9a-f]{32}\.xxh128")
BIG = 3 << 20  # larger than any buffer between store and disk


class FailureCase(unittest.TestCase):
    """A project of three files, two of them small, in a folder of the test."""

    def setUp(self):
        self.scratch = Path(tempfile.mkdtemp(prefix="attache-failures-"))
        self.addCleanup(shutil.rmtree, self.scratch, ignore_errors=True)
        self.scratch.chmod(0o755)  # some tests run the command as another user
        self.attache = Attache(self.scratch / "home")
        self.project = self.scratch / "project"
        self.contents = {
            b"a small file.txt": b"a small file",
            b"scene/caf\xc3\xa9.exr": b"pixels" * 1000,
            b"scene/big.vdb": bytes(range(256)) * (BIG // 256),
        }
        for path, content in self.contents.items():
            write_file(os.path.join(os.fsencode(self.project), path), content, 1_700_000_000_123_456_789)
        self.store = self.scratch / "store"
        self.store_uri = f"file://{self.store}"
        self.destination = self.scratch / "restored"

    # Steps

    def make_snapshot(self):
        return self.attache.snapshot(str(self.project), str(self.scratch / "manifests"))

    def make_upload(self):
        """A snapshot in the store; returns the manifest's path."""
        manifest = self.make_snapshot()
        outcome = self.attache.upload(manifest, str(self.project), self.store_uri)
        self.assertEqual(outcome.status, 0, outcome)
        return manifest

    def download(self, manifest, **how):
        how.setdefault("store", self.store_uri)
        return self.attache.download(manifest, self.project, self.destination, **how)

    def entry(self, manifest, path):
        document = json.loads(Path(manifest).read_text(encoding="ascii"))
        return next(entry for entry in document["paths"] if entry["path"] == path)

    def object_of(self, manifest, path):
        """The file that holds a content in the directory store."""
        return self.store / "Data" / f"{self.entry(manifest, path)['hash']}.xxh128"

    def edit_manifest(self, manifest, change):
        """Applies change(document) to a manifest file; its name, which says which root it belongs to, stays."""
        document = json.loads(Path(manifest).read_text(encoding="ascii"))
        change(document)
        Path(manifest).write_text(json.dumps(document, separators=(",", ":"), sort_keys=True), encoding="ascii")
        return manifest

    # What every failure must look like

    def assert_failure(self, outcome, status, *named):
        """The exit status, and one message that names the things. No success text, no secret, no crash."""
        self.assertEqual(outcome.status, status, outcome)
        for thing in named:
            self.assertIn(thing, outcome.stderr, outcome)
        self.assertTrue(outcome.stderr.strip(), outcome)
        self.assertNotIn("terminate called", outcome.stderr, outcome)
        self.assertNotIn("Sanitizer", outcome.stderr, outcome)
        self.assertNotIn(SECRET, outcome.stderr + outcome.stdout)

    def assert_nothing_restored_but(self, *paths):
        """The destination holds these files, complete, and no other: no temporary one, none with other bytes."""
        restored = files_below(self.destination) if self.destination.exists() else {}
        self.assertEqual(sorted(restored), sorted(paths))
        for path in paths:
            self.assertEqual(restored[path], self.contents[path], path)

    def assert_restored_files_are_true(self, without=()):
        """Files may have been restored before the failure, but only complete ones, and not those in `without`."""
        restored = files_below(self.destination) if self.destination.exists() else {}
        for path, content in restored.items():
            self.assertIn(path, self.contents, "a leftover in the destination")
            self.assertEqual(content, self.contents[path], path)
        for path in without:
            self.assertNotIn(path, restored)

    def assert_store_is_true(self, store=None, manifests=False):
        """A store that an upload failed to fill holds whole contents under their names and nothing else."""
        store = store or self.store
        for path, content in (files_below(store) if store.exists() else {}).items():
            if manifests and path.startswith(b"Manifests/"):
                continue
            self.assertRegex(path, DATA_OBJECT)
            self.assertIn(content, self.contents.values(), path)

    def assert_project_is_unchanged(self):
        self.assertEqual(files_below(self.project), self.contents)

    def give_to_unprivileged(self, *paths):
        """As root: lets the unprivileged user own these trees. Otherwise there is nothing to give."""
        if os.geteuid() != 0:
            return
        for top in paths:
            os.chown(top, UNPRIVILEGED_ID, UNPRIVILEGED_ID)
            for folder, folders, names in os.walk(top):
                for name in folders + names:
                    os.lchown(os.path.join(folder, name), UNPRIVILEGED_ID, UNPRIVILEGED_ID)


class OnS3(S3Case):
    """Mixed into a FailureCase: its store is a bucket of versitygw, whose objects are plain files below `store`, too."""

    def setUp(self):
        super().setUp()
        self.store = self.bucket_folder / "root prefix"
        self.store_uri = f"s3://{self.bucket}/root prefix"
        self.attache.environment.update(self.server.environment())
