"""The comparison that judges restored trees must see every difference, or it judges nothing."""

import json
import os
import shutil
import tempfile
import unittest
from pathlib import Path

from compare_trees import compare, microseconds
from support.trees import make_named_tree


class CompareTrees(unittest.TestCase):
    def setUp(self):
        self.scratch = Path(tempfile.mkdtemp(prefix="attache-compare-"))
        self.addCleanup(shutil.rmtree, self.scratch)
        self.original, self.restored = self.scratch / "original", self.scratch / "restored"
        make_named_tree(self.original)
        shutil.copytree(self.original, self.restored)  # follows links, keeps times
        self.victim = self.restored / "plain.exr"

    def differences(self, **options):
        return compare(self.original, self.restored, **options).differences

    def write_manifest(self):
        entries = []
        for folder, _, names in os.walk(os.fsencode(self.restored)):
            for name in names:
                path = os.path.join(folder, name)
                status = os.stat(path)
                relative = os.fsdecode(os.path.relpath(path, os.fsencode(self.restored)))
                entries.append({"path": relative, "size": status.st_size, "mtime": microseconds(status)})
        manifest = self.scratch / "manifest"
        manifest.write_text(json.dumps({"paths": entries}))
        return manifest, entries

    def test_a_true_copy_is_identical(self):
        manifest, _ = self.write_manifest()
        self.assertEqual(self.differences(manifest=manifest), [])

    def test_one_other_byte_is_seen(self):
        path = next(path for path in self.restored.rglob("*") if path.is_file() and path.stat().st_size > 10)
        status = path.stat()
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assertEqual(len(self.differences()), 1)

    def test_a_missing_file_is_seen(self):
        self.victim.unlink()
        self.assertEqual(len(self.differences()), 1)

    def test_an_additional_file_is_seen_even_a_hidden_one(self):
        (self.restored / ".temporary").touch()
        self.assertEqual(len(self.differences()), 1)

    def test_a_link_instead_of_a_file_is_seen(self):
        self.victim.unlink()
        self.victim.symlink_to(self.original / "plain.exr")
        self.assertEqual(len(self.differences()), 2)

    def test_a_microsecond_is_seen_and_can_be_allowed_in_one_direction(self):
        exact = self.victim.stat().st_mtime_ns
        os.utime(self.victim, ns=(exact, exact - 1000))
        self.assertEqual(len(self.differences()), 1)
        self.assertEqual(self.differences(early_mtime_us=1), [])
        os.utime(self.victim, ns=(exact, exact + 1000))
        self.assertEqual(len(self.differences(early_mtime_us=1)), 1)

    def test_a_manifest_that_leaves_a_file_out_is_seen(self):
        manifest, entries = self.write_manifest()
        manifest.write_text(json.dumps({"paths": entries[1:]}))
        self.assertEqual(len(self.differences(manifest=manifest)), 1)

    def test_a_manifest_with_another_size_or_time_is_seen(self):
        manifest, entries = self.write_manifest()
        entries[0]["size"] += 1
        entries[1]["mtime"] += 1
        manifest.write_text(json.dumps({"paths": entries}))
        self.assertEqual(len(self.differences(manifest=manifest)), 2)

    def test_a_folder_link_to_an_ancestor_is_not_entered(self):
        (self.original / "loop").symlink_to(".")
        self.assertEqual(self.differences(), [])
