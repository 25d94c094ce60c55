"""One cache directory for both programs: what one has hashed, the other need not hash."""

import os
import shutil
from pathlib import Path

from support.cache_driver import CacheDriver
from support.cases import FolderCase
from support.incumbent import Incumbent
from support.program import Attache
from support.trees import make_named_tree, write_file

TIME_NS = 1_700_000_000_123_456_789


class Caches(FolderCase):
    def setUp(self):
        super().setUp()
        self.project = self.folder / "project"
        make_named_tree(self.project)
        self.paths = sorted(
            os.path.join(os.fsencode(folder), os.fsencode(name))
            for folder, _, names in os.walk(self.project)
            for name in names
            if "\n" not in name and os.path.isfile(os.path.join(folder, name)) and not os.path.islink(os.path.join(folder, name))
        )
        self.cache = self.folder / "cache"

    def both(self, timezone="UTC"):
        incumbent = Incumbent(self.folder / "incumbent", {"TZ": timezone})
        self.addCleanup(incumbent.__exit__)
        return incumbent.__enter__(), CacheDriver(self.cache, timezone)

    def test_what_the_incumbent_has_hashed_is_found_on_trust(self):
        incumbent, driver = self.both()
        hashes = incumbent.hash_files(self.cache, self.paths)
        self.assertEqual([status for status, _ in hashes], ["NEW"] * len(self.paths))
        self.assertEqual(driver.files("find-trusting", self.paths), [digest for _, digest in hashes])
        self.assertEqual(driver.files("find", self.paths), ["-"] * len(self.paths))

    def test_what_attache_has_hashed_the_incumbent_does_not_hash_again(self):
        incumbent, driver = self.both()
        driver.files("store", self.paths)
        hashes = incumbent.hash_files(self.cache, self.paths)
        self.assertEqual([status for status, _ in hashes], ["UNCHANGED"] * len(self.paths))
        self.assertEqual(driver.files("find", self.paths), [digest for _, digest in hashes])

    def test_snapshots_of_both_commands_share_one_cache(self):
        incumbent, _ = self.both()
        attache = Attache(self.folder / "home")
        shared = incumbent.home / "hash-cache"

        def hashed(*more):
            outcome = attache.run(
                "manifest", "snapshot", "--root", str(self.project), "-d", str(self.folder), "--json",
                "--cache-dir", str(shared), *more,
            )  # fmt: skip
            self.assertEqual(outcome.status, 0, outcome)
            return outcome.json()["bytesHashed"], outcome.json()["filesFromCache"], outcome.json()["manifestHash"]

        theirs = Path(incumbent.snapshot(self.project, self.folder / "incumbent-manifests"))
        trusting = hashed("--trust-incumbent-cache")
        self.assertEqual(trusting[0], 0, "what the incumbent has hashed is taken on trust")
        self.assertGreater(trusting[1], 0)
        doubting = hashed()
        self.assertGreater(doubting[0], 0, "and not without")
        self.assertEqual(trusting[2], doubting[2])
        self.assertEqual(incumbent.hash_text(theirs.read_bytes()), trusting[2], "the manifests are the same bytes")

    def test_both_write_the_same_local_time(self):
        for zone in ("America/St_Johns", "Asia/Kolkata", "Pacific/Kiritimati"):
            with self.subTest(zone=zone):
                shutil.rmtree(self.cache, ignore_errors=True)
                files = [self.project / f"time-{i}" for i in range(50)]
                for number, file in enumerate(files):
                    write_file(file, b"x", TIME_NS + number * 7_777_777_777_777_777)
                incumbent, driver = self.both(zone)
                driver.files("store", files)
                statuses = [status for status, _ in incumbent.hash_files(self.cache, files)]
                self.assertEqual(statuses, ["UNCHANGED"] * len(files))

    def test_an_edit_that_keeps_the_time_is_noticed_here(self):
        incumbent, driver = self.both()
        file = self.project / "edited"
        write_file(file, b"before", TIME_NS)
        driver.files("store", [file])
        write_file(file, b"after!", TIME_NS)
        self.assertEqual(driver.files("find", [file]), ["-"])
        self.assertEqual(driver.files("find-trusting", [file]), ["-"])
        self.assertEqual(incumbent.hash_files(self.cache, [file])[0][0], "UNCHANGED", "the incumbent does not")

    def test_objects_that_one_has_seen_the_other_knows(self):
        incumbent, driver = self.both()
        done = driver.run("round", "0", "0", "5")
        self.assertEqual(done.returncode, 0, done.stdout)
        for number in range(5):
            self.assertIsNotNone(incumbent.get_seen(self.cache, f"bucket/f{number * 1000}-0"))
        self.assertIsNone(incumbent.get_seen(self.cache, "bucket/other"))
        for number in range(5):
            incumbent.put_seen(self.cache, f"bucket/f{number * 1000 + 1}-0")
        done = driver.run("check", "0", "2", "5")
        self.assertNotIn("nothing known", done.stdout)
