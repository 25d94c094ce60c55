"""`attache store uploads` with a real S3 server and a directory, and uploads that others have left behind."""

import os
import signal
import time

from support.cases import S3Case


class StoreUploads(S3Case):
    def setUp(self):
        super().setUp()
        self.attache = self.attache_with_server()
        self.store = ("--s3-root-uri", f"s3://{self.bucket}/prefix")

    def begin_upload(self, key):
        answer = self.server.send("POST", f"/{self.bucket}/{key}", "uploads=")
        return answer.partition("<UploadId>")[2].partition("</UploadId>")[0]

    def uploads(self, *options):
        outcome = self.attache.run("store", "uploads", *self.store, "--json", *options)
        self.assertEqual(outcome.status, 0, outcome)
        return outcome.json()

    def test_lists_and_aborts_those_below_the_prefix_only(self):
        ours = self.begin_upload("prefix/Data/x")
        others = self.begin_upload("other/Data/x")
        listed = self.uploads()
        self.assertEqual([(entry["key"], entry["uploadId"]) for entry in listed["uploads"]], [("Data/x", ours)])
        entry = listed["uploads"][0]
        self.assertEqual((entry["parts"], entry["bytes"]), (0, 0))
        self.assertLess(abs(entry["ageSeconds"]), 60)
        self.assertTrue(entry["started"].endswith("Z"), entry)

        self.assertEqual(self.uploads("--abort")["aborted"], 0, "it is not a day old")
        self.assertEqual(self.uploads("--abort", "--older-than", "0s")["aborted"], 1)
        self.assertEqual(self.uploads()["uploads"], [])
        self.assertIn(others, self.server.send("GET", f"/{self.bucket}", "uploads="))

    def test_demands_the_owner_that_it_is_told(self):
        outcome = self.attache.run("store", "uploads", *self.store, "--expected-bucket-owner", "999999999999")
        self.assertEqual(outcome.status, 5, outcome)
        self.assertIn("999999999999", outcome.stderr)

    def test_in_a_directory_they_are_what_killed_processes_have_left(self):
        store = self.folder / "store"
        self.store = ("--s3-root-uri", str(store))
        root = self.folder / "root"
        root.mkdir()
        (root / "large").write_bytes(bytes(64 << 20))
        # Slow enough to be killed in the middle.
        process = self.attache.start("attachment", "upload", "--root", str(root), *self.store, "--limit-rate", "1MiB")
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not any(entry["bytes"] for entry in self.uploads()["uploads"]) and process.poll() is None:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        self.assertEqual(process.returncode, -signal.SIGKILL)
        (left,) = self.uploads()["uploads"]
        self.assertRegex(left["key"], r"^Data/\.attache-[0-9a-f]{16}\.tmp$")
        self.assertEqual(left["bytes"], (store / left["key"]).stat().st_size)
        self.assertEqual(self.uploads("--abort")["aborted"], 0, "it is not a day old")
        os.utime(store / left["key"], times=(time.time() - 90_000,) * 2)
        self.assertEqual(self.uploads("--abort")["aborted"], 1)
        self.assertEqual([path.name for path in store.rglob("*") if path.is_file()], [])
