"""`attache manifest show`, `diff`, `compose` and their like as processes: pipes, full disks, Ctrl-C, hostile documents."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import machine_test
from failure_case import BAD_DOCUMENT, CANCELLED, INTEGRITY, LOCAL_IO, NOT_FOUND, REFUSED, USAGE, FailureCase
from support.program import NotProvided, Outcome, files_below, unprivileged_copy

MANY = 20_000  # entries; their manifest is larger than any buffer between two processes


def manifest_of(count, digit="1"):
    entries = [{"hash": digit * 32, "mtime": 1, "path": f"d{i % 100:02}/file{i:06}", "size": 1} for i in range(count)]
    return json.dumps(
        {"hashAlg": "xxh128", "manifestVersion": "2023-03-03", "paths": entries, "totalSize": count},
        separators=(",", ":"),
    )


class ManifestTools(FailureCase):
    def setUp(self):
        super().setUp()
        self.folder = self.scratch / "manifests"
        self.folder.mkdir()
        self.many = self.write("many", manifest_of(MANY))
        self.few = self.write("few", manifest_of(3, "2"))

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="ascii")
        return str(path)

    def manifest(self, *arguments, **how):
        return self.attache.run("manifest", *arguments, **how)

    def start_piped(self, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, before=lambda: None):
        """A run whose standard input or output is the test's."""

        def prepare():
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            before()

        return subprocess.Popen(
            [self.attache.program, "manifest", *arguments],
            cwd=self.attache.home,
            env=self.attache.environment,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            preexec_fn=prepare,
        )

    def with_input(self, data, *arguments):
        process = self.start_piped(*arguments)
        stdout, stderr = process.communicate(data, timeout=60)
        return Outcome(arguments, process.returncode, stdout.decode(), stderr.decode())

    def shell(self, script):
        """A pipeline; `$A` is the program. Fails if any part of it does."""
        return subprocess.run(
            ["bash", "-c", f"set -o pipefail; A='{self.attache.program} manifest'; {script}"],
            cwd=self.folder,
            env=self.attache.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )

    # Pipes

    def test_a_manifest_goes_through_standard_input_and_output_unchanged(self):
        canonical = self.with_input(Path(self.many).read_bytes(), "convert", "-")
        self.assertEqual(canonical.status, 0, canonical)
        again = self.with_input(canonical.stdout.encode(), "convert", "-")
        self.assertEqual(again.stdout, canonical.stdout)
        self.assertEqual(len(json.loads(again.stdout)["paths"]), MANY)

    def test_tools_can_be_piped_into_each_other(self):
        done = self.shell("$A diff many few | $A compose many - | cmp - <($A convert few)")
        self.assertEqual(done.returncode, 0, done)

    def test_a_reader_that_goes_away_is_an_error_and_no_crash(self):
        entries = ["show", "--entries", self.many]
        for arguments in (["convert", self.many], entries, [*entries, "--json"]):
            process = self.start_piped(*arguments)
            process.stdin.close()
            process.stdout.read(10)
            process.stdout.close()
            stderr = process.stderr.read().decode()
            process.stderr.close()
            self.assert_failure(Outcome(tuple(arguments), process.wait(30), "", stderr), LOCAL_IO, "standard output")

    def test_a_closed_standard_output_is_an_error(self):
        for arguments in (["convert", self.few], ["show", self.few], ["validate", self.few]):
            process = self.start_piped(*arguments, stdout=None, before=lambda: os.close(1))
            _, stderr = process.communicate(timeout=60)
            self.assert_failure(Outcome(tuple(arguments), process.returncode, "", stderr.decode()), LOCAL_IO)

    def test_nothing_meant_for_a_closed_standard_output_gets_into_the_file(self):
        expected = self.manifest("convert", self.few).stdout
        out = self.folder / "out"
        process = self.start_piped("convert", self.few, "-o", str(out), stdout=None, before=lambda: os.close(1))
        process.communicate(timeout=60)
        self.assertEqual(out.read_text(), expected)

    def test_a_closed_standard_input_is_an_error(self):
        process = self.start_piped("show", "-", stdin=None, before=lambda: os.close(0))
        _, stderr = process.communicate(timeout=60)
        self.assert_failure(Outcome((), process.returncode, "", stderr.decode()), LOCAL_IO, "standard input")

    def test_an_empty_standard_input_is_no_manifest(self):
        self.assert_failure(self.manifest("show", "-"), BAD_DOCUMENT, "standard input")

    def test_standard_input_is_read_once_only(self):
        self.assert_failure(self.manifest("diff", "-", "-"), USAGE, "'-'")

    # Full disks

    def test_a_full_device_is_an_error(self):
        if not os.path.exists("/dev/full"):
            raise NotProvided("no /dev/full")
        with open("/dev/full", "wb") as full:
            for arguments in (["convert", self.many], ["convert", self.few], ["show", self.few]):
                process = self.start_piped(*arguments, stdout=full)
                _, stderr = process.communicate(timeout=60)
                outcome = Outcome(tuple(arguments), process.returncode, "", stderr.decode())
                self.assert_failure(outcome, LOCAL_IO, "standard output")

    run_on_small_disk = machine_test.FullDisk.run_on_small_disk

    def test_a_full_disk_leaves_no_part_of_a_manifest(self):
        disk = self.scratch / "disk"
        outcome, left = self.run_on_small_disk("1m", disk, "manifest", "convert", self.many, "-o", str(disk / "out"))
        self.assert_failure(outcome, LOCAL_IO, str(disk))
        self.assertEqual(left, [])

    # Ctrl-C

    def interrupt(self, process):
        self.addCleanup(process.kill)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(30)  # communicate() would end its input, too
        stdout, stderr = process.communicate()
        self.assertLess(time.monotonic() - started, machine_test.CANCEL_SECONDS)
        self.assertEqual(process.returncode, CANCELLED, stderr)
        self.assertNotIn(b"error:", stderr)
        return stdout

    def test_ctrl_c_ends_the_wait_for_standard_input(self):
        before = files_below(self.folder)
        process = self.start_piped("convert", "-", "-o", str(self.folder / "out"))
        process.stdin.write(b'{"hashAlg":')
        process.stdin.flush()
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        self.interrupt(process)
        self.assertEqual(files_below(self.folder), before)

    def test_ctrl_c_with_json_is_reported(self):
        process = self.start_piped("show", "--json", "-")
        time.sleep(0.3)
        self.assertEqual(json.loads(self.interrupt(process))["error"]["code"], "cancelled")

    # Files

    def test_what_cannot_be_read_is_named(self):
        self.assert_failure(self.manifest("show", str(self.folder / "nowhere")), NOT_FOUND, "nowhere")
        self.assert_failure(self.manifest("show", str(self.folder)), USAGE, str(self.folder))
        os.mkfifo(self.folder / "fifo")
        self.assert_failure(self.manifest("show", str(self.folder / "fifo")), USAGE, "fifo")

    def test_a_file_is_replaced_by_force_only(self):
        before = Path(self.few).read_bytes()
        outcome = self.manifest("convert", self.many, "-o", self.few)
        self.assert_failure(outcome, LOCAL_IO, self.few, "--force")
        self.assertEqual(Path(self.few).read_bytes(), before)
        self.assertEqual(self.manifest("convert", self.many, "-o", self.few, "--force").status, 0)
        self.assertEqual(len(json.loads(Path(self.few).read_bytes())["paths"]), MANY)

    def test_a_link_to_a_file_is_replaced_and_not_written_through(self):
        link = self.folder / "link"
        link.symlink_to(self.few)
        before = Path(self.few).read_bytes()
        self.assertEqual(self.manifest("convert", self.many, "-o", str(link), "--force").status, 0)
        self.assertFalse(link.is_symlink())
        self.assertEqual(Path(self.few).read_bytes(), before)

    def test_permissions_are_named(self):
        unreadable = Path(self.write("unreadable", manifest_of(1)))
        unreadable.chmod(0)
        readonly = self.folder / "readonly"
        readonly.mkdir()
        self.attache.program = unprivileged_copy(self.attache.program, self.scratch / "bin")
        self.give_to_unprivileged(self.folder, self.attache.home)
        readonly.chmod(0o500)
        for arguments, named in (
            (["show", str(unreadable)], "unreadable"),
            (["convert", self.few, "-o", str(readonly / "out")], "readonly"),
        ):
            outcome = self.attache.finish(self.attache.start("manifest", *arguments, unprivileged=True))
            self.assert_failure(outcome, REFUSED, named)

    def test_with_json_the_manifest_needs_a_file(self):
        outcome = self.manifest("convert", self.few, "--json")
        self.assert_failure(outcome, USAGE, "--output")
        self.assertEqual(outcome.json()["error"]["code"], "invalid-argument")

    # Documents

    def test_hostile_documents_are_refused(self):
        for text in ("[" * 200_000, '{"files":' * 200_000, "\0" * 1000, '{"specificationVersion":"x"}', ""):
            bad = self.write("bad", text)
            for command in (["show", bad], ["validate", bad], ["convert", bad, "-o", str(self.folder / "out")]):
                self.assertIn(self.manifest(*command).status, (1, BAD_DOCUMENT), (command, text[:20]))
        self.assertFalse((self.folder / "out").exists())

    def test_a_diff_of_another_manifest_is_not_applied(self):
        change = str(self.folder / "change")
        self.assertEqual(self.manifest("diff", self.many, self.few, "-o", change).status, 0)
        outcome = self.manifest("compose", self.few, change, "-o", str(self.folder / "out"))
        self.assert_failure(outcome, INTEGRITY, change, "--no-parent-check")
        self.assertFalse((self.folder / "out").exists())

    def test_validate_says_with_its_status_what_it_found(self):
        bad = self.write("bad", manifest_of(2).replace('"size":1', '"size":-1'))
        outcome = self.manifest("validate", self.few, bad)
        self.assertEqual(outcome.status, BAD_DOCUMENT, outcome)
        self.assertEqual(outcome.stdout.count("[negative-size]"), 2, outcome)
        self.assertEqual(self.manifest("validate", self.few).status, 0)
