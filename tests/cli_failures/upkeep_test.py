"""Damaged stores: what `attache verify` finds, `attache repair` puts right, and `attache store gc` must not touch."""

import json
import os
import shutil
import time
from pathlib import Path

from failure_case import BAD_DOCUMENT, FailureCase

DAMAGED = 12
A_DAY_AND_MORE = 100_000


class DamagedStore(FailureCase):
    def setUp(self):
        super().setUp()
        self.manifest = self.make_upload()
        self.big = self.object_of(self.manifest, "scene/big.vdb")
        self.small = self.object_of(self.manifest, "a small file.txt")

    def verify(self, *options):
        outcome = self.attache.run("verify", self.manifest, "--s3-root-uri", self.store_uri, "--json", *options)
        return outcome.status, outcome.json()

    def repair(self, *options):
        outcome = self.attache.run("repair", self.manifest, "--s3-root-uri", self.store_uri, "--json", *options)
        return outcome.status, outcome.json()

    def faults(self, *options):
        status, found = self.verify(*options)
        faults = {fault["uses"][0]["path"]: fault["fault"] for fault in found["store"]["faults"]}
        self.assertEqual(status, DAMAGED if faults else 0, found)
        self.assertEqual(found["good"], not faults)
        return faults

    def damage(self):
        with open(self.big, "r+b") as file:
            file.seek(2_000_000)
            file.write(b"X")
        self.small.unlink()

    def test_a_whole_store_is_good(self):
        self.assertEqual(self.faults(), {})
        self.assertEqual(self.faults("--content"), {})

    def test_every_kind_of_damage_is_found(self):
        self.damage()
        self.assertEqual(self.faults(), {"a small file.txt": "missing"})
        self.assertEqual(self.faults("--content"), {"a small file.txt": "missing", "scene/big.vdb": "wrong-content"})
        with open(self.big, "r+b") as file:
            file.truncate(1_000_000)
        self.assertEqual(self.faults(), {"a small file.txt": "missing", "scene/big.vdb": "wrong-size"})

    def test_the_files_repair_it(self):
        self.damage()
        status, done = self.repair("--root", str(self.project), "--content")
        self.assertEqual((status, len(done["repaired"]), done["unrepaired"]), (0, 2, []))
        self.assertEqual(self.faults("--content"), {})
        self.assert_store_is_true()
        self.assert_project_is_unchanged()

    def test_another_store_repairs_it(self):
        backup = self.scratch / "backup"
        shutil.copytree(self.store, backup)
        self.damage()
        status, done = self.repair("--from", f"file://{backup}", "--content")
        self.assertEqual((status, len(done["repaired"])), (0, 2))
        self.assertEqual(self.faults("--content"), {})

    def test_files_that_have_changed_repair_nothing(self):
        self.damage()
        (self.project / "a small file.txt").write_bytes(b"A small file")
        (self.project / "scene/big.vdb").unlink()
        outcome = self.attache.run(
            "repair", self.manifest, "--s3-root-uri", self.store_uri, "--root", str(self.project), "--content"
        )
        self.assertEqual(outcome.status, DAMAGED, outcome)
        self.assertIn("a small file.txt' has other bytes", outcome.stdout)
        self.assertIn("big.vdb' is not there", outcome.stdout)
        self.assertFalse(self.small.exists())

    def test_a_restored_tree_is_compared(self):
        self.assertEqual(self.download(self.manifest).status, 0)
        command = ("verify", self.manifest, "--root", str(self.destination))
        self.assertEqual(self.attache.run(*command).status, 0)
        path = self.destination / "scene/big.vdb"
        status = path.stat()
        with open(path, "r+b") as file:
            file.write(b"X")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.assertEqual(self.attache.run(*command).status, 0, "by size and time it is the same")
        outcome = self.attache.run(*command, "--content")
        self.assertEqual(outcome.status, DAMAGED, outcome)
        self.assertIn("scene/big.vdb", outcome.stdout)


class Garbage(FailureCase):
    def setUp(self):
        super().setUp()
        self.manifest = self.make_upload()
        self.old = self.store / "Data" / f"{'0123456789abcdef' * 2}.xxh128"
        self.old.write_bytes(b"old")
        self.foreign = self.store / "Data" / "notes.txt"
        self.foreign.write_bytes(b"of the administrator")
        self.let_age()

    def let_age(self):
        then = time.time() - A_DAY_AND_MORE
        for path in (self.store / "Data").iterdir():
            os.utime(path, (then, then))

    def gc(self, *options):
        return self.attache.run("store", "gc", "--s3-root-uri", self.store_uri, *options)

    def test_is_deleted_only_when_told(self):
        outcome = self.gc("-m", self.manifest, "--json")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(outcome.json()["garbage"], {"objects": 1, "bytes": 3})
        self.assertTrue(self.old.exists())
        outcome = self.gc("-m", self.manifest, "--delete", "--json")
        self.assertEqual(outcome.json()["removed"], {"objects": 1, "bytes": 3})
        self.assertFalse(self.old.exists())
        self.assertTrue(self.foreign.exists())
        self.assertEqual(self.download(self.manifest).status, 0)
        self.assert_nothing_restored_but(*self.contents)

    def test_is_nothing_that_was_written_lately(self):
        self.old.write_bytes(b"new")
        outcome = self.gc("-m", self.manifest, "--delete", "--json")
        self.assertEqual(outcome.json()["young"], {"objects": 1, "bytes": 3})
        self.assertTrue(self.old.exists())

    def test_is_not_judged_if_a_manifest_cannot_be_read(self):
        uploaded = self.attache.upload(
            self.manifest, str(self.project), self.store_uri, "--upload-manifest-path", "farm/queue"
        )
        self.assertEqual(uploaded.status, 0, uploaded)
        self.assertEqual(self.gc("--all-manifests", "--json").json()["garbage"]["objects"], 1)
        manifest = self.store / "Manifests/farm/queue" / Path(self.manifest).name
        manifest.write_bytes(manifest.read_bytes()[:-10])
        outcome = self.gc("--all-manifests", "--delete", "--older-than", "0s")
        self.assert_failure(outcome, BAD_DOCUMENT, "Manifests/farm/queue/")
        self.assertTrue(self.old.exists())

    def test_is_not_everything(self):
        self.assert_failure(self.gc("--delete", "--older-than", "0s"), 2)
        self.assert_failure(self.gc("--all-manifests", "--delete", "--older-than", "0s"), 2)
        self.assertTrue(self.old.exists())


class ProgressOfPrograms(FailureCase):
    def test_json_is_one_document_and_json_events_are_lines(self):
        manifest = self.make_upload()
        command = ("verify", manifest, "--s3-root-uri", self.store_uri)
        document = self.attache.run(*command, "--json").json()
        lines = [json.loads(line) for line in self.attache.run(*command, "--json-events").stdout.splitlines()]
        self.assertEqual({line["messageType"] for line in lines[:-1]}, {"progress"})
        self.assertEqual(lines[-2]["value"], "100")
        self.assertEqual(lines[-1]["messageType"], "summary")
        self.assertEqual(lines[-1]["result"], document)

    def test_an_error_is_the_last_event(self):
        outcome = self.attache.run("verify", str(self.scratch / "missing"), "--json-events")
        self.assertEqual(outcome.status, 4)
        line = json.loads(outcome.stdout)
        self.assertEqual((line["messageType"], line["code"]), ("error", "not-found"))

    def test_a_rate_is_kept(self):
        manifest = self.make_snapshot()
        begin = time.monotonic()
        outcome = self.attache.upload(manifest, str(self.project), self.store_uri, "--limit-rate", "2MiB")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertGreater(time.monotonic() - begin, 1.2, "3 MiB, of which half a MiB may come at once")
        self.assert_store_is_true()
