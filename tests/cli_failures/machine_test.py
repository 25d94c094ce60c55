"""Failures of the machine and of patience: a full disk, and Ctrl-C in the middle."""

import contextlib
import os
import re
import shutil
import signal
import time

from failure_case import BIG, CANCELLED, LOCAL_IO, SECRET, FailureCase, OnS3
from support.faulty_server import FaultyServer
from support.program import NotProvided
from support.trees import write_file

# Invariant 9 gives cancelling 250 ms; the rest is the start and end of a process on a busy machine.
CANCEL_SECONDS = 3

HUGE = 1 << 40  # a sparse file of this size takes a minute to read and no space

ON_A_SMALL_DISK = """
mount -t tmpfs -o size="$1" attache-test "$2" || exit 125
listing=$3
shift 3
"$@"
status=$?
find "$DISK" -type f > "$listing"
exit $status
"""


def after(preparations):
    """A shell that prepares itself, then becomes what it is given."""
    return ["sh", "-c", f'{preparations} && exec "$@"', "sh"]


class FullDisk(FailureCase):
    """On a small tmpfs, in a mount namespace of its own, so that nothing stays mounted."""

    def run_on_small_disk(self, size, disk, *arguments):
        disk.mkdir(parents=True, exist_ok=True)
        listing = self.scratch / "listing"
        how = ["--mount"] if os.geteuid() == 0 else ["--mount", "--user", "--map-root-user"]
        within = ["unshare", *how, "sh", "-c", ON_A_SMALL_DISK, "sh", size, str(disk), str(listing)]
        process = self.attache.start(*arguments, environment={"DISK": str(disk)}, within=within)
        outcome = self.attache.finish(process)
        if not listing.exists():
            raise NotProvided(f"no tmpfs can be mounted here: {outcome.stderr.strip()}")
        return outcome, listing.read_text(errors="surrogateescape").splitlines()

    def download_to_small_disk(self, size):
        manifest = self.make_upload()
        rules = self.attache.write_rules(self.project, self.destination)
        outcome, left = self.run_on_small_disk(
            size, self.destination,
            "attachment", "download", "-m", manifest, "--s3-root-uri", self.store_uri, "--path-mapping-rules", rules,
        )  # fmt: skip
        self.assert_failure(outcome, LOCAL_IO, str(self.destination))
        return left

    def test_a_download_that_cannot_fit_is_refused_before_anything_is_written(self):
        self.assertEqual(self.download_to_small_disk("2m"), [])

    def test_a_download_that_fills_the_disk_leaves_no_part_of_a_file(self):
        # A file of one byte takes a whole page: the bytes fit, the files do not.
        for number in range(300):
            path = b"scene/%04d" % number
            self.contents[path] = b"%d" % (number % 10)
            write_file(os.path.join(os.fsencode(self.project), path), self.contents[path])
        left = self.download_to_small_disk(str(BIG + 100 * 4096))
        expected = {os.fsdecode(os.path.join(os.fsencode(self.destination), path)) for path in self.contents}
        self.assertEqual(set(left) - expected, set(), "a temporary file was left")
        self.assertLess(len(left), len(expected))

    def test_an_upload_to_a_full_disk_fails_and_leaves_no_part_of_an_object(self):
        manifest = self.make_snapshot()
        outcome, left = self.run_on_small_disk(
            "2m", self.store,
            "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", self.store_uri,
        )  # fmt: skip
        self.assert_failure(outcome, LOCAL_IO)
        for path in left:
            self.assertRegex(path, re.escape(str(self.store)) + r"/Data/[0-9a-f]{32}\.xxh128")
            self.assertNotIn(self.entry(manifest, "scene/big.vdb")["hash"], path)

    def test_a_snapshot_to_a_full_disk_leaves_no_part_of_a_manifest(self):
        for number in range(15_000):
            (self.project / f"file with a name that is long enough to fill a small disk {number:06}").touch()
        disk = self.scratch / "disk"
        outcome, left = self.run_on_small_disk(
            "2m", disk, "manifest", "snapshot", "--root", str(self.project), "--destination", str(disk)
        )
        self.assert_failure(outcome, LOCAL_IO, str(disk))
        self.assertEqual(left, [])


class SmallFilesOnly(FailureCase):
    """A limit of the size of files (ulimit -f), by which the system would kill the process."""

    def test_a_download_says_what_file_is_too_large_and_leaves_no_part_of_it(self):
        manifest = self.make_upload()
        rules = self.attache.write_rules(self.project, self.destination)
        process = self.attache.start(
            "attachment", "download", "-m", manifest, "--s3-root-uri", self.store_uri, "--path-mapping-rules", rules,
            within=after("ulimit -c 0 && ulimit -f 2048"),
        )  # fmt: skip
        outcome = self.attache.finish(process)
        self.assert_failure(outcome, LOCAL_IO, "scene/big.vdb", "ulimit -f")
        self.assert_restored_files_are_true(without=[b"scene/big.vdb"])


class FewDescriptors(OnS3, FailureCase):
    """Of which a request under way needs one, of the 384 there may be."""

    def with_descriptors(self, limit, *arguments):
        return self.attache.finish(self.attache.start(*arguments, within=after(f"ulimit {limit}")))

    def test_files_of_an_upload_do_not_stay_open_while_they_are_sent(self):
        for number in range(1000):
            path = b"many/%04d" % number
            self.contents[path] = b"%d" % number
            write_file(os.path.join(os.fsencode(self.project), path), self.contents[path])
        manifest = self.make_snapshot()
        outcome = self.with_descriptors(
            "-n 400", "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", self.store_uri
        )
        self.assertEqual(outcome.status, 0, outcome)
        self.assert_store_is_true()

    def test_more_are_asked_for_where_the_system_lets(self):
        for number in range(300):
            write_file(os.path.join(os.fsencode(self.project), b"many/%04d" % number), b"%d" % number)
        manifest = self.make_snapshot()
        outcome = self.with_descriptors(
            "-S -n 64", "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", self.store_uri
        )
        self.assertEqual(outcome.status, 0, outcome)


class Interrupt(FailureCase):
    """SIGINT, as Ctrl-C sends it."""

    def interrupt(self, process):
        self.addCleanup(process.kill)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        outcome = self.attache.finish(process, 30)
        self.assertLess(time.monotonic() - started, CANCEL_SECONDS, outcome)
        self.assertEqual(outcome.status, CANCELLED, outcome)
        self.assertNotIn("terminate called", outcome.stderr, outcome)
        return outcome

    def service(self, server):
        return {
            "AWS_ACCESS_KEY_ID": "123456789012",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": server.endpoint,
        }

    def test_a_download_leaves_no_part_of_a_file(self):
        manifest = self.make_upload()
        objects = {
            f"bucket/prefix/Data/{path.name}": path.read_bytes() for path in (self.store / "Data").glob("*.xxh128")
        }
        rules = self.attache.write_rules(self.project, self.destination)
        with FaultyServer(objects, "stall") as server:
            process = self.attache.start(
                "attachment", "download", "-m", manifest, "--s3-root-uri", "s3://bucket/prefix",
                "--path-mapping-rules", rules, environment=self.service(server),
            )  # fmt: skip
            server.wait_until_in_body()
            self.interrupt(process)
        self.assert_nothing_restored_but()

    def test_a_hangup_that_is_to_be_ignored_is(self):
        """Under nohup the terminal may go while the command runs."""
        manifest = self.make_snapshot()
        with FaultyServer({}, "stall") as server:
            process = self.attache.start(
                "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", "s3://bucket/prefix",
                environment=self.service(server), within=after('trap "" HUP'),  # as nohup does
            )  # fmt: skip
            self.addCleanup(process.kill)
            server.wait_until_in_body()
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            self.assertIsNone(process.poll(), "the hangup ended the upload")
            self.interrupt(process)

    def test_an_interrupt_of_a_background_job_is_meant(self):
        """Which inherits it ignored from a shell without job control."""
        manifest = self.make_snapshot()
        with FaultyServer({}, "stall") as server:
            process = self.attache.start(
                "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", "s3://bucket/prefix",
                environment=self.service(server), within=after('trap "" INT'),
            )  # fmt: skip
            server.wait_until_in_body()
            self.interrupt(process)

    def test_an_upload_ends_at_once(self):
        manifest = self.make_snapshot()
        with FaultyServer({}, "stall") as server:
            process = self.attache.start(
                "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", "s3://bucket/prefix",
                environment=self.service(server),
            )  # fmt: skip
            server.wait_until_in_body()
            self.interrupt(process)
        self.assert_project_is_unchanged()

    def test_an_upload_to_a_directory_leaves_no_part_of_an_object(self):
        size = min(shutil.disk_usage(self.scratch).free // 2, HUGE)  # more than the disk has would be refused
        if size < 1 << 30:
            raise NotProvided("less than 2 GiB free for an upload that lasts long enough")
        huge = self.project / "huge.vdb"
        huge.write_bytes(b"small at first")
        manifest = self.make_snapshot()
        digest = self.entry(manifest, "huge.vdb")["hash"]

        def state_huge_size(document):
            for entry in document["paths"]:
                if entry["path"] == "huge.vdb":
                    entry["size"] = size

        self.edit_manifest(manifest, state_huge_size)
        os.truncate(huge, size)
        process = self.attache.start(
            "attachment", "upload", "-m", manifest, "-r", str(self.project), "--s3-root-uri", self.store_uri
        )
        deadline = time.monotonic() + 10
        while not self.temporary_file() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertIsNone(process.poll(), "the upload ended before it could be interrupted")
        self.interrupt(process)
        huge.unlink()
        self.assertFalse((self.store / "Data" / f"{digest}.xxh128").exists())
        self.assert_store_is_true()

    def temporary_file(self):
        """Whether a file of more than 8 MiB is being written: no whole object of this project is so large."""

        def size(path):
            with contextlib.suppress(FileNotFoundError):  # others are being renamed
                return path.lstat().st_size
            return 0

        return any(size(path) > 8 << 20 for path in self.store.rglob("*"))

    def test_a_snapshot_leaves_no_manifest(self):
        huge = self.project / "huge.vdb"
        huge.touch()
        os.truncate(huge, HUGE)
        manifests = self.scratch / "manifests"
        manifests.mkdir()
        process = self.attache.start(
            "manifest", "snapshot", "--root", str(self.project), "--destination", str(manifests)
        )
        time.sleep(0.5)
        self.assertIsNone(process.poll(), "the snapshot ended before it could be interrupted")
        self.interrupt(process)
        self.assertEqual(list(manifests.iterdir()), [])
