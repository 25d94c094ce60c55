#!/usr/bin/env python3
"""Builds Attache and runs its tests part by part; scripts/test calls it with everything installed.

    run_parts.py [--full] [--nightly] [--only PART]...

Prints a table of the parts and, last, one line: `attache: N passed, N failed, N skipped`. A part that cannot run
because its build failed, and a test that needs what the machine does not provide, count as skipped and are listed with
the reason. Exit status 0 only if something passed and nothing failed.
"""

import argparse
import dataclasses
import json
import math
import os
import re
import secrets
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
LOGS = BUILD / "logs"
JOBS = str(os.cpu_count() or 2)
SHOWN_LINES = 150  # of the log of a part that failed
PART_TIMEOUT = 40 * 60  # seconds; a part that takes longer hangs


@dataclasses.dataclass
class Part:
    """One line of the table."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: list = dataclasses.field(default_factory=list)  # (name, reason)
    seconds: float = 0.0
    remark: str = ""

    def count(self, good):
        if good:
            self.passed += 1
        else:
            self.failed += 1


class Run:
    """The parts of one run, in order."""

    def __init__(self, only):
        self.parts = []
        self.only = only
        self.broken_builds = set()

    def part(self, name, action, *arguments, build=None):
        """Runs action(part, log, *arguments) unless the build that it needs is broken."""
        if self.only and name not in self.only and not name.startswith("build "):
            return
        part = Part(name)
        self.parts.append(part)
        if build in self.broken_builds:
            part.skipped.append((name, f"the {build} build failed"))
            return
        print(f"--- {name}", flush=True)
        log = LOGS / (re.sub(r"[^a-z0-9]+", "-", name.lower()) + ".log")
        started = time.monotonic()
        try:
            action(part, log, *arguments)
        except subprocess.TimeoutExpired:
            part.failed += 1
            part.remark = f"no end after {PART_TIMEOUT} s"
        part.seconds = time.monotonic() - started
        if part.failed:
            self.show(log)
        verdict = f"{part.passed} passed, {part.failed} failed, {len(part.skipped)} skipped"
        print(f"    {verdict} in {part.seconds:.1f} s{'; ' + part.remark if part.remark else ''}", flush=True)

    @staticmethod
    def show(log):
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        if len(lines) > SHOWN_LINES:
            print(f"    ... the last {SHOWN_LINES} lines of {log}:")
        print("\n".join(f"    | {line}" for line in lines[-SHOWN_LINES:]), flush=True)

    def summary(self):
        width = max(len(part.name) for part in self.parts)
        print(f"\n{'part':{width}}  passed  failed  skipped  seconds")
        for part in self.parts:
            row = f"{part.name:{width}}  {part.passed:6}  {part.failed:6}  {len(part.skipped):7}  {part.seconds:7.1f}"
            print(f"{row}  {part.remark}".rstrip())
        skipped = [entry for part in self.parts for entry in part.skipped]
        if skipped:
            print("\nNot run:")
            for name, reason in skipped:
                print(f"  {name}: {reason}")
        passed, failed = (sum(getattr(part, field) for part in self.parts) for field in ("passed", "failed"))
        print(f"\nattache: {passed} passed, {failed} failed, {len(skipped)} skipped", flush=True)
        return 0 if passed and not failed else 1


def execute(log, *command, append=False, environment=None):
    """Runs a command with its output in a log; returns its exit status."""
    with open(log, "ab" if append else "wb") as output:
        return subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=PART_TIMEOUT,
        ).returncode


def build(run, preset, *options, targets=()):
    def action(part, log):
        good = execute(log, "cmake", "--preset", preset, *options) == 0
        if good:
            command = ["cmake", "--build", "--preset", preset, "--parallel", JOBS]
            good = execute(log, *command, *(["--target", *targets] if targets else []), append=True) == 0
        part.count(good)
        if not good:
            run.broken_builds.add(preset)

    run.part(f"build {preset}", action)


def ctest(part, log, preset, *selection):
    """Counts what ctest ran, test by test."""
    report = log.with_suffix(".xml")
    report.unlink(missing_ok=True)
    status = execute(
        log, "ctest", "--test-dir", BUILD / preset, "--parallel", JOBS, "--output-on-failure", "--no-tests=error",
        "--output-junit", report, *selection,
    )  # fmt: skip
    cases = ElementTree.parse(report).getroot().iter("testcase") if report.exists() else ()
    for case in cases:
        skipped = case.find("skipped")
        if case.get("status") == "run":
            part.passed += 1
        elif skipped is not None and skipped.get("message", "").startswith("SKIP_"):  # it said so itself
            part.skipped.append((f"{preset}: {case.get('name')}", skip_reason(case)))
        else:
            part.failed += 1  # also one that could not start
    if status != 0 and not part.failed:
        part.failed += 1
        part.remark = f"ctest ended with status {status}"


def skip_reason(case):
    """What a skipped GoogleTest case gives as its reason: the line after `file:line: Skipped`."""
    lines = [line.strip() for line in (case.findtext("system-out") or "").splitlines()]
    for line, following in zip(lines, lines[1:]):
        if line.endswith(": Skipped"):
            return following
    return "no reason given"


def suite(part, log, name, build_preset):
    report = log.with_suffix(".json")
    report.unlink(missing_ok=True)
    environment = {
        "ATTACHE_COMMAND": str(BUILD / build_preset / "src/cli/attache"),
        "ATTACHE_BUILD_DIR": str(BUILD / build_preset),
    }
    status = execute(
        log, sys.executable, ROOT / "tests/run_suite.py", "--report", report, name, environment=environment
    )
    if not report.exists():
        part.failed += 1
        part.remark = f"the suite ended with status {status}"
        return
    counts = json.loads(report.read_text())
    part.passed, part.failed = counts["passed"], counts["failed"]
    part.skipped.extend((name, reason) for name, reason in counts["not_run"])


def campaign(part, log, name, full_count, divisor):
    count, seed = math.ceil(full_count / divisor), secrets.randbelow(1 << 32)
    environment = {"ATTACHE_COMMAND": str(BUILD / "release/src/cli/attache")}
    command = [sys.executable, ROOT / "tests/campaigns/campaign.py", name, "--count", count, "--seed", seed]
    part.count(execute(log, *command, environment=environment) == 0)
    last = (log.read_text(errors="replace").splitlines() or [""])[-1]
    part.remark = last.removeprefix(f"{name}: ") if last.startswith(name) else f"no result, seed {seed}"


def clang_tidy(part, log):
    """The sources of the modules and the command, with their headers. Tests are left out: GoogleTest's macros expand
    to what several checks object to, and reading its headers would double the time. The commands are those of the clang
    build without precompiled headers, all of whose declarations clang-tidy would visit for every source."""
    good = execute(log, "cmake", "--preset", "tidy") == 0
    command = ["run-clang-tidy-14", "-quiet", "-p", BUILD / "tidy", "-j", JOBS, r"/src/[a-z0-9_]+/[a-z0-9_]+\.cpp$"]
    part.count(good and execute(log, *command, append=True) == 0)


def pure_core(part, log):
    """base, hash, manifest and paths ask the system for nothing but memory: neither in their sources nor as compiled."""
    folder = BUILD / "pure"
    libraries = [folder / f"src/{name}/libattache_{name}.a" for name in ("base", "hash", "manifest", "paths")]
    programs = [folder / f"src/{name}/attache_{name}_allocation_failure" for name in ("manifest", "paths")]
    checks = ROOT / "tests"
    options = [word for program in programs for word in ("--program", program)]
    part.count(execute(log, sys.executable, checks / "symbol_check.py", *options, *libraries) == 0)
    modules = folder / "modules.txt"
    part.count(execute(log, sys.executable, checks / "include_check.py", modules, ROOT, append=True) == 0)


def sources(*suffixes):
    return sorted(
        path
        for folder in ("src", "tests", "fuzz", "bench")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in suffixes and path.is_file()
    )


def clang_format(part, log):
    part.count(execute(log, "clang-format-14", "--dry-run", "-Werror", *sources(".cpp", ".hpp")) == 0)


def shellcheck(part, log):
    scripts = [ROOT / "scripts" / name for name in ("lib.sh", "bench", "demo", "test", "campaign")]
    part.count(
        execute(log, "shellcheck", "--external-sources", "--source-path=SCRIPTDIR", ROOT / ".ci/run", *scripts) == 0
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--nightly", action="store_true", help="also what takes long to prepare")
    parser.add_argument(
        "--only", action="append", metavar="PART", help="run only this part and all builds (repeatable)"
    )
    options = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)

    started = time.monotonic()
    run = Run(options.only)
    if options.full:
        run.part("format", clang_format)
        run.part("shell scripts", shellcheck)
    build(run, "release", "-DATTACHE_BUILD_TESTS=ON")
    # The Python suites are tests of ctest, too; here they run directly, to count each of their cases.
    run.part("unit", ctest, "release", "-L", "^unit$", build="release")
    run.part("vectors", ctest, "release", "-L", "^vectors$", build="release")
    run.part("other ctest", ctest, "release", "-LE", "^(unit|vectors|slow)$", "-E", r"^python\.", build="release")
    for name in ("checks", "install", "cli_failures", "interop", *(["nightly"] if options.nightly else [])):
        run.part(name, suite, name, "release", build="release")
    counts = json.loads((ROOT / "tests/campaigns/counts.json").read_text())
    for name, count in counts.items():
        run.part(f"campaign {name}", campaign, name, count, 10 if options.full else 50, build="release")
    if options.full:
        build(run, "pure")
        run.part("unit, pure core", ctest, "pure", "-L", "^unit$", build="pure")
        run.part("pure core", pure_core, build="pure")
        # Every header must also compile on its own.
        build(run, "clang", targets=("all", "all_verify_interface_header_sets"))
        run.part("unit, clang", ctest, "clang", "-L", "^unit$", build="clang")
        run.part("clang-tidy", clang_tidy, build="clang")
        # The programs of campaigns and interoperability tests run in the release build only.
        build(run, "asan", targets=("attache_unit_tests", "attache_vectors", "attache_fuzz_regressions"))
        run.part("unit, asan", ctest, "asan", "-L", "^(unit|vectors|fuzz)$", build="asan")
        build(run, "tsan", targets=("attache_unit_tests",))
        run.part("unit, tsan", ctest, "tsan", "-L", "^unit$", build="tsan")
        # What the fuzzers once found runs above, in every build; here they must still compile.
        build(run, "fuzz", "-DATTACHE_BUILD_TESTS=OFF", targets=("attache_fuzzers",))
    print(f"\nall parts took {time.monotonic() - started:.0f} s")
    return run.summary()


if __name__ == "__main__":
    sys.exit(main())
