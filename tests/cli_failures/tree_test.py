"""Trees, hashes and caches: what cannot be read is listed, and no state of a cache can fail a command."""

import os
import shutil
import signal
import sqlite3
import time
import unittest
from pathlib import Path

from failure_case import (
    BAD_DOCUMENT,
    CANCELLED,
    INTEGRITY,
    LOCAL_IO,
    NOT_FOUND,
    REFUSED,
    USAGE,
    FailureCase,
)
from support.program import NotProvided, unprivileged_copy
from support.trees import write_file

LEFT_OUT = 11


class TreeCase(FailureCase):
    def setUp(self):
        super().setUp()
        self.manifests = self.scratch / "manifests"
        self.manifests.mkdir()

    def snapshot_arguments(self, *more):
        return ("manifest", "snapshot", "--root", str(self.project), "--destination", str(self.manifests), *more)

    def run_unprivileged(self, *arguments):
        self.give_to_unprivileged(self.manifests, self.attache.home, self.project)
        self.attache.program = unprivileged_copy(self.attache.program, self.scratch / "bin")
        return self.attache.finish(self.attache.start(*arguments, unprivileged=True))


class UnreadableTrees(TreeCase):
    def setUp(self):
        super().setUp()
        self.closed = [self.project / f"closed-{number}.exr" for number in range(3)]
        for path in self.closed:
            write_file(os.fsencode(path), b"x", 1_700_000_000_123_456_789)
        (self.project / "shut").mkdir()

    def close(self):
        for path in self.closed:
            path.chmod(0)
        (self.project / "shut").chmod(0)
        self.addCleanup((self.project / "shut").chmod, 0o755)

    def test_a_snapshot_lists_all_that_it_cannot_read(self):
        self.close()
        outcome = self.run_unprivileged(*self.snapshot_arguments())
        self.assert_failure(outcome, REFUSED, *[path.name for path in self.closed], "shut", "--skip-unreadable")
        self.assertEqual(list(self.manifests.iterdir()), [])

    def test_what_is_skipped_is_listed_and_the_exit_status_says_so(self):
        self.close()
        outcome = self.run_unprivileged(*self.snapshot_arguments("--skip-unreadable", "--json"))
        self.assertEqual(outcome.status, LEFT_OUT, outcome)
        report = outcome.json()
        self.assertEqual(report["files"], len(self.contents))
        left_out = {entry["path"] for entry in report["leftOut"] if entry["reason"] == "unreadable"}
        self.assertEqual(left_out, {path.name for path in self.closed} | {"shut"})

    def test_a_comparison_lists_all_that_it_cannot_read(self):
        manifest = self.make_snapshot()
        self.close()
        self.give_to_unprivileged(self.scratch / "manifests")
        outcome = self.run_unprivileged(
            "manifest", "diff", "--root", str(self.project), "--manifest", manifest, "--force-rehash"
        )
        self.assert_failure(outcome, REFUSED, *[path.name for path in self.closed], "shut")

    def test_hash_names_each_file_and_goes_on(self):
        self.close()
        good = str(self.project / "a small file.txt")
        outcome = self.run_unprivileged("hash", *map(str, self.closed), str(self.project / "gone"), good)
        self.assert_failure(outcome, REFUSED, *[path.name for path in self.closed], "gone")
        self.assertEqual(len(outcome.stdout.splitlines()), 1, outcome)
        self.assertIn(good, outcome.stdout)


class BadInput(TreeCase):
    def test_a_tree_that_is_not_there_is_named(self):
        gone = str(self.scratch / "gone")
        manifest = self.make_snapshot()
        for arguments in (
            ("manifest", "snapshot", "--root", gone, "--destination", str(self.manifests)),
            ("manifest", "diff", "--root", gone, "--manifest", manifest),
            ("hash", gone),
        ):
            self.assert_failure(self.attache.run(*arguments), NOT_FOUND, gone)

    def test_both_forms_of_diff_at_once_are_shown(self):
        manifest = self.make_snapshot()
        outcome = self.attache.run(
            "manifest", "diff", manifest, manifest, "--root", str(self.project), "--manifest", manifest
        )
        self.assert_failure(outcome, USAGE, "PARENT CURRENT", "--root", "--manifest")

    def test_flags_that_mean_nothing_are_refused_with_what_they_may_be(self):
        for arguments, named in (
            (("--format", "v2024"), "v2025-12"),
            (("--format", "v2025-12", "--symlinks", "follow"), "collapse-all"),
            (("--format", "v2025-12", "--chunk-size", "many"), "chunk size"),
            (("--diff", str(self.scratch / "gone.manifest")), "gone.manifest"),
        ):
            outcome = self.attache.run(*self.snapshot_arguments(*arguments))
            self.assertIn(outcome.status, (USAGE, NOT_FOUND), outcome)
            self.assertIn(named.lower(), outcome.stderr.lower(), outcome)
            self.assertEqual(list(self.manifests.iterdir()), [])

    def test_a_manifest_that_is_none_is_named(self):
        broken = self.scratch / "broken.manifest"
        broken.write_text('{"manifestVersion": "2023-03-03", "paths": [')
        outcome = self.attache.run("manifest", "diff", "--root", str(self.project), "--manifest", str(broken))
        self.assert_failure(outcome, BAD_DOCUMENT, "broken.manifest")
        outcome = self.attache.run(*self.snapshot_arguments("--diff", str(broken)))
        self.assert_failure(outcome, BAD_DOCUMENT, "broken.manifest")
        self.assertEqual(list(self.manifests.iterdir()), [])

    def test_a_file_that_has_changed_fails_the_check(self):
        listing = self.scratch / "list"
        outcome = self.attache.run("hash", *sorted(str(p) for p in self.project.rglob("*") if p.is_file()))
        self.assertEqual(outcome.status, 0, outcome)
        listing.write_text(outcome.stdout, errors="surrogateescape")
        self.assertEqual(self.attache.run("hash", "--check", str(listing)).status, 0)
        (self.project / "a small file.txt").write_bytes(b"other")
        outcome = self.attache.run("hash", "--check", str(listing))
        self.assert_failure(outcome, INTEGRITY)
        self.assertIn("a small file.txt", outcome.stdout + outcome.stderr)
        outcome = self.attache.run("hash", "--check", str(self.scratch / "no-list"))
        self.assert_failure(outcome, NOT_FOUND, "no-list")

    def test_special_files_are_reported_and_not_opened(self):
        os.mkfifo(self.project / "pipe")
        outcome = self.attache.run(*self.snapshot_arguments("--json"), timeout=20)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn({"path": "pipe", "reason": "special-file"}, outcome.json()["leftOut"])


class BrokenCaches(TreeCase):
    """The same snapshot each time, whatever the cache is."""

    def setUp(self):
        super().setUp()
        time.sleep(2.6)  # what has just been written is hashed again, and not remembered
        self.expected = Path(self.make_snapshot()).read_bytes()
        self.cache = self.attache.home / ".deadline" / "cache"
        self.database = self.cache / "hash_cache.db"
        self.assertTrue(self.database.exists(), "the snapshot made a cache")

    def snapshot_with(self, *warnings, launch=None):
        """A snapshot that succeeds, with these words in one warning, or none."""
        outcome = (launch or self.attache.run)(*self.snapshot_arguments("--json"))
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(Path(outcome.json()["manifest"]).read_bytes(), self.expected)
        for warning in warnings:
            self.assertIn(warning, outcome.stderr, outcome)
        self.assertEqual(outcome.stderr.count("warning:"), 1 if warnings else 0, outcome)
        self.assertNotIn("locked", outcome.stderr, outcome)
        return outcome

    def remove_logs(self):
        for name in ("hash_cache.db-wal", "hash_cache.db-shm"):
            (self.cache / name).unlink(missing_ok=True)

    def test_a_damaged_cache_is_moved_aside(self):
        self.remove_logs()
        self.database.write_bytes(b"SQLite format 3\0" + os.urandom(5000))
        self.snapshot_with("was damaged", str(self.database))
        self.assertEqual(len([path for path in self.cache.iterdir() if path.name.startswith("hash_cache.db.")]), 1)
        self.snapshot_with()

    def test_a_cache_that_is_no_database_is_moved_aside(self):
        self.remove_logs()
        self.database.write_bytes(b"just some text\n" * 1000)
        self.snapshot_with("was damaged")

    def test_an_empty_or_cut_cache_is_filled_again(self):
        self.remove_logs()
        self.database.write_bytes(b"")
        self.snapshot_with()
        self.remove_logs()
        whole = self.database.read_bytes()
        self.database.write_bytes(whole[: len(whole) // 2])
        self.assertEqual(self.attache.run(*self.snapshot_arguments()).status, 0)
        self.snapshot_with()

    def test_a_directory_in_the_place_of_the_cache_is_done_without(self):
        shutil.rmtree(self.cache)
        self.database.mkdir(parents=True)
        self.snapshot_with("without the hash cache", "hash_cache.db")

    def test_a_cache_that_others_hold_is_waited_for(self):
        holder = sqlite3.connect(self.database, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        process = self.attache.start(*self.snapshot_arguments("--force-rehash", "--json"))
        time.sleep(0.5)
        holder.execute("COMMIT")
        holder.close()
        outcome = self.attache.finish(process, 30)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(outcome.stderr.count("warning:"), 0, outcome)

    def test_a_cache_that_cannot_be_written_is_read(self):
        self.give_to_unprivileged(self.scratch / "manifests", self.attache.home, self.project)
        self.remove_logs()
        self.database.chmod(0o400)
        self.cache.chmod(0o500)
        self.addCleanup(self.cache.chmod, 0o700)
        outcome = self.run_unprivileged(*self.snapshot_arguments("--json"))
        self.assertEqual(outcome.status, 0, outcome)
        self.assertEqual(Path(outcome.json()["manifest"]).read_bytes(), self.expected)

    def test_rows_that_lie_are_not_believed(self):
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE hashesV4 SET file_hash = ?", ("f" * 32,))
        database.close()
        self.assertEqual(self.snapshot_with().json()["filesFromCache"], len(self.contents))
        with sqlite3.connect(self.database) as database:  # our own rows have a seal
            database.execute("UPDATE attacheFilesV1 SET files = substr(files, 1, length(files) - 1) || x'5a'")
        database.close()
        outcome = self.attache.run("cache", "verify")
        self.assertEqual(outcome.status, INTEGRITY, outcome)
        self.assertIn("attache cache clear", outcome.stdout)
        self.snapshot_with("damaged rows")
        self.assertEqual(self.snapshot_with().json()["filesFromCache"], len(self.contents))

    def test_ctrl_c_leaves_the_cache_usable(self):
        huge = self.project / "huge.vdb"
        huge.touch()
        try:
            os.truncate(huge, 1 << 40)
        except OSError as error:
            raise NotProvided(f"no sparse file of a terabyte: {error}") from None
        process = self.attache.start(*self.snapshot_arguments())
        time.sleep(0.5)
        self.assertIsNone(process.poll(), "the snapshot ended before it could be interrupted")
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.attache.finish(process, 10).status, CANCELLED)
        huge.unlink()
        self.snapshot_with()

    def test_cache_commands_name_what_is_not_there(self):
        nowhere = str(self.scratch / "nowhere")
        outcome = self.attache.run("cache", "verify", "--cache-dir", nowhere)
        self.assert_failure(outcome, NOT_FOUND, nowhere)
        blocked = self.scratch / "blocked"
        blocked.write_text("a file")
        outcome = self.attache.run("cache", "clear", "--cache-dir", str(blocked))
        self.assertIn(outcome.status, (LOCAL_IO, NOT_FOUND), outcome)
        self.assertIn(str(blocked), outcome.stderr)


if __name__ == "__main__":
    unittest.main()
