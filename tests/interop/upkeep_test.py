"""`attache verify`, `repair` and `store ls|gc` with a real S3 server, which holds what the incumbent has uploaded."""

import os
import time

from support.cases import S3Case
from support.incumbent import Incumbent
from support.trees import write_file

FILES = 60  # so many that the store is listed


class Upkeep(S3Case):
    def setUp(self):
        super().setUp()
        self.store = f"s3://{self.bucket}/prefix"
        self.project = self.folder / "project"
        for number in range(FILES):
            path = os.path.join(os.fsencode(self.project), b"dir %d" % (number % 3), b"file %d" % number)
            write_file(path, b"content %d" % number * 1000, 1_700_000_000_000_000_000)
        self.attache = self.attache_with_server()
        self.manifest = self.attache.snapshot(str(self.project), str(self.folder / "manifests"))

    def upload(self, *options):
        outcome = self.attache.upload(self.manifest, str(self.project), self.store, *options)
        self.assertEqual(outcome.status, 0, outcome)

    def run_json(self, *arguments, status=0):
        outcome = self.attache.run(*arguments, "--s3-root-uri", self.store, "--json")
        self.assertEqual(outcome.status, status, outcome)
        return outcome.json()

    def objects(self):
        return sorted((self.bucket_folder / "prefix/Data").iterdir())

    def test_damage_is_found_and_repaired(self):
        self.upload()
        whole = self.run_json("verify", self.manifest)["store"]
        self.assertEqual((whole["goodContents"], whole["requests"], whole["listed"]), (FILES, 1, True))
        damaged = self.objects()
        damaged[0].unlink()
        damaged[1].write_bytes(b"X" + damaged[1].read_bytes()[1:])
        size = damaged[2].stat().st_size
        damaged[2].write_bytes(b"short")
        found = self.run_json("verify", self.manifest, status=12)["store"]
        self.assertEqual([fault["fault"] for fault in found["faults"]], ["missing", "wrong-size"])
        found = self.run_json("verify", self.manifest, "--content", status=12)["store"]
        # The server still has the checksum of what the third object was: its size is looked at first.
        self.assertEqual([fault["fault"] for fault in found["faults"]], ["missing", "wrong-content", "wrong-size"])
        self.assertEqual((found["faults"][2]["size"], found["faults"][2]["foundSize"]), (size, 5))
        self.run_json("repair", self.manifest, "--content", "--root", str(self.project))
        self.assertEqual(self.run_json("verify", self.manifest, "--content")["store"]["goodContents"], FILES)

    def test_what_the_incumbent_has_uploaded_is_good(self):
        with Incumbent(self.folder / "incumbent", self.server.environment()) as incumbent:
            manifest = incumbent.snapshot(self.project, self.folder / "theirs")
            incumbent.upload(manifest, self.project, self.store)
        found = self.run_json("verify", manifest, "--content")["store"]
        self.assertEqual((found["goodContents"], found["faults"]), (FILES, []))
        self.objects()[0].unlink()
        self.run_json("verify", manifest, status=12)

    def test_garbage_is_what_no_manifest_names(self):
        self.upload("--upload-manifest-path", "farm/queue")
        garbage = self.bucket_folder / "prefix/Data" / ("ab" * 16 + ".xxh128")
        garbage.write_bytes(b"garbage")
        command = ("store", "gc", "--all-manifests", "--older-than", "0s")
        found = self.run_json(*command)
        self.assertEqual(found["objects"], [{"key": f"Data/{garbage.name}", "size": 7}])
        self.assertEqual(found["named"]["objects"], FILES)
        self.assertEqual(self.run_json("store", "gc", "--all-manifests", "--delete")["young"]["objects"], 1)
        self.assertEqual(self.run_json(*command, "--delete")["removed"], {"objects": 1, "bytes": 7})
        self.assertFalse(garbage.exists())
        self.assertEqual(self.run_json("verify", self.manifest)["store"]["goodContents"], FILES)
        listed = self.run_json("store", "ls", "Data/", "--limit", "10")
        self.assertEqual((listed["count"], listed["more"]), (10, True))

    def test_rates_and_requests_are_limited(self):
        begin = time.monotonic()
        self.upload("--limit-rate", "300KiB", "--concurrency", "2")
        # 60 files of about 9.9 KB; a quarter of a second may come at once.
        self.assertGreater(time.monotonic() - begin, 1.5)
        self.assertEqual(len(self.objects()), FILES)
