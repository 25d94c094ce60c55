"""`attache paths`: whatever is wrong with rules, profiles and paths is said with the path and the rule."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

from failure_case import BAD_DOCUMENT, NOT_FOUND, USAGE, FailureCase


PAGE = Path(__file__).resolve().parents[2] / "docs" / "paths.md"


def rule(source, destination, source_format="posix"):
    return {"source_path_format": source_format, "source_path": source, "destination_path": destination}


def profile(identifier, *locations, family="linux"):
    return {
        "storageProfileId": identifier,
        "osFamily": family,
        "fileSystemLocations": [{"name": name, "path": path, "type": kind} for name, path, kind in locations],
    }


class PathsCase(FailureCase):
    def write(self, name, document):
        path = self.scratch / name
        path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
        return str(path)

    def memory_of(self, lines, *arguments):
        """The most bytes that a run had, which must succeed; the lines are its standard input."""
        command = [self.attache.program, *arguments]
        process = subprocess.Popen(command, env=self.attache.environment, stdin=subprocess.PIPE)
        process.stdin.write(lines)
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss << 10

    def map(self, rules, *paths):
        return self.attache.run("paths", "map", "--path-mapping-rules", self.write("rules.json", rules), *paths)


class Rules(PathsCase):
    def test_rules_of_two_systems_are_refused(self):
        outcome = self.map([rule("/a", "/x"), rule("C:\\b", "/y", "windows")], "/a/f")
        self.assert_failure(outcome, USAGE, "rules.json", "rule 1", "windows", "posix")

    def test_a_rule_for_an_empty_path_is_refused(self):
        for source in ("", ".", "./"):
            outcome = self.map([rule("/a", "/x"), rule(source, "/y")], "/a/f")
            self.assert_failure(outcome, USAGE, "rule 1", "/y", "never matches")

    def test_a_rule_of_an_unknown_system_is_refused(self):
        self.assert_failure(self.map([rule("/a", "/x", "POSIX")], "/a/f"), USAGE, "rule 0", "POSIX")

    def test_many_rules_and_paths_take_no_memory_for_a_report_that_nobody_wants(self):
        rules = self.write("rules.json", [rule(f"/projects/{n}", f"/mnt/{n}") for n in range(1000)])
        lines = b"".join(b"/projects/%d/f%d\n" % (n % 1000, n) for n in range(4000))
        used = self.memory_of(lines, "paths", "map", "--quiet", "--path-mapping-rules", rules, "-")
        self.assertLess(used, 400 << 20, "the reasons of each rule for each path: 670 MB of JSON")

    def test_rules_that_are_malformed_name_the_rule(self):
        cases = {
            "{": "line 1",
            json.dumps([{"source_path": "/a"}]): "rule 0",
            json.dumps([rule("/a", "/b"), {**rule("/c", "/d"), "extra": 1}]): "extra",
            json.dumps({"rules": []}): "path_mapping_rules",
            "[" * 100000: "nested",
        }
        for document, named in cases.items():
            self.assert_failure(self.map(document, "/a"), BAD_DOCUMENT, "rules.json", named)
        missing = self.attache.run("paths", "map", "--path-mapping-rules", str(self.scratch / "none.json"), "/a")
        self.assert_failure(missing, NOT_FOUND, "none.json")

    def test_two_roots_that_would_be_in_one_directory_are_refused(self):
        outcome = self.map([rule("/a", "/x"), rule("/b", "/x/.")], "/a", "/b")
        self.assert_failure(outcome, USAGE, "'/a'", "'/b'", "rule 0", "rule 1", "'/x'")
        self.assertEqual(outcome.stdout, "")

    def test_two_manifests_that_would_be_downloaded_into_one_directory_are_refused(self):
        first = self.make_snapshot()
        other = self.scratch / "other"
        other.mkdir()
        (other / "file").write_text("x")
        second = self.attache.snapshot(str(other), str(self.scratch / "manifests"))
        rules = [rule(str(self.project), "/x/y"), rule(str(other), "/x//y/")]
        outcome = self.attache.run(
            "attachment", "download", "-m", first, "-m", second, "--s3-root-uri", self.store_uri,
            "--path-mapping-rules", self.write("rules.json", rules),
        )  # fmt: skip
        self.assert_failure(outcome, USAGE, "project", "other", "/x//y/")


class Profiles(PathsCase):
    def test_profiles_that_are_malformed_name_the_key_and_the_location(self):
        good = self.write("good.json", profile("sp-1", ("L", "/l", "LOCAL")))
        cases = {
            "nothing": "not JSON",
            "[]": "not an object",
            json.dumps({"osFamily": "linux"}): "storageProfileId",
            json.dumps(profile("sp-2", family="amiga")): "amiga",
            json.dumps(profile("sp-2", ("A", "/a", "LOCAL"), ("B", "/b", "NETWORK"))): "location 1",
            json.dumps(profile("sp-2", ("A", "", "LOCAL"))): "'A' has no path",
        }
        for document, named in cases.items():
            bad = self.write("bad.json", document)
            outcome = self.attache.run("paths", "profile-rules", good, bad)
            self.assert_failure(outcome, BAD_DOCUMENT, "bad.json", named)
            outcome = self.attache.run("paths", "group", "--storage-profile", bad, "-i", "x")
            self.assert_failure(outcome, BAD_DOCUMENT, "bad.json", named)

    def test_locations_that_lead_to_one_directory_are_named(self):
        source = self.write("s.json", profile("sp-1", ("A", "/a", "LOCAL"), ("B", "/b", "LOCAL")))
        destination = self.write("d.json", profile("sp-2", ("A", "/x", "LOCAL"), ("B", "/x/", "SHARED")))
        outcome = self.attache.run("paths", "profile-rules", source, destination)
        self.assertEqual(outcome.status, 0, outcome)
        self.assertIn("the locations 'A' and 'B' lead to one directory, '/x'", outcome.stderr)

    def test_standard_input_is_read_once(self):
        outcome = self.attache.run("paths", "group", "-i", "-", "--reference", "-")
        self.assert_failure(outcome, USAGE, "more than once")


class Checks(PathsCase):
    def check(self, *arguments):
        outcome = self.attache.run("paths", "check", *arguments)
        self.assertEqual(outcome.status, BAD_DOCUMENT, outcome)
        return outcome.stdout

    def test_a_deep_path_takes_the_memory_of_its_length(self):
        used = self.memory_of(b"a/" * 30000 + b"f\n", "paths", "check", "--quiet", "--for", "posix", "-")
        self.assertLess(used, 400 << 20, "900 MB, if every directory's path is kept")

    def test_names_that_differ_in_case_clash_on_windows(self):
        report = self.check("tex/Wood.png", "tex/wood.png")
        self.assertIn("tex/wood.png: error: it is the same file as 'tex/Wood.png' on Windows", report)
        self.assertEqual(self.attache.run("paths", "check", "--for", "posix", "a/B", "a/b").status, 0)

    def test_a_manifest_with_names_that_windows_cannot_have_is_reported(self):
        manifest = self.edit_manifest(
            self.make_snapshot(), lambda document: document["paths"][0].update(path="scene/CON.exr")
        )
        self.assertIn("'CON.exr' is a device on Windows", self.check("-m", manifest))

    def test_what_is_no_manifest_is_refused(self):
        outcome = self.attache.run("paths", "check", "-m", self.write("no.manifest", "{}"))
        self.assert_failure(outcome, BAD_DOCUMENT, "no.manifest")


class Groups(PathsCase):
    def test_all_offenders_are_listed(self):
        outcome = self.attache.run(
            "paths", "group", "-i", str(self.project), "-i", str(self.scratch / "z"), "-i", str(self.scratch / "y"),
            "--require-paths-exist",
        )  # fmt: skip
        self.assert_failure(outcome, USAGE, f"'{self.scratch}/y', '{self.scratch}/z'", f"files: '{self.project}'")

    def test_asset_references_of_another_form_are_refused(self):
        for document, named in ({"x": 1}, "assetReferences"), ({"assetReferences": {"inputs": {"filenames": "/a"}}}, "filenames"):
            outcome = self.attache.run("paths", "group", "--asset-references", self.write("refs.json", document))
            self.assert_failure(outcome, BAD_DOCUMENT, "refs.json", named)

    def test_missing_input_directories_are_listed(self):
        outcome = self.attache.run("paths", "group", "--input-directory", str(self.scratch / "n"), "--require-paths-exist")
        self.assert_failure(outcome, USAGE, f"'{self.scratch}/n'")


class Page(PathsCase):
    def test_the_page_shows_what_the_commands_print(self):
        """docs/paths.md: "`name` holds" and a block is a file, a block that begins with a prompt is a run."""
        text = PAGE.read_text(encoding="utf-8")
        for name, block in re.findall(r"`([\w.]+)` holds\n\n((?:    .*\n)+)", text):
            self.write(name, block)
        runs = re.findall(r"    \$ attache (.*)\n((?:    .*\n)+)", text)
        self.assertEqual(len(runs), 5)
        for command, block in runs:
            outcome = self.attache.run(*shlex.split(command), cwd=self.scratch)
            self.assertEqual(outcome.stdout, re.sub("^    ", "", block, flags=re.MULTILINE), command)
