#!/usr/bin/env python3
"""Runs one of the Python suites beside this file and says for each test: passed, failed, or NOT RUN and why.

    run_suite.py [--report FILE] [--match TEXT] SUITE

SUITE is a folder of tests/, e.g. interop. --report writes {"passed": N, "failed": N, "not_run": [[name, reason]],
"failures": [name]} as JSON. Exit status: 0 if nothing failed, 77 if nothing ran at all (ctest's "skipped"), else 1.
"""

import argparse
import json
import sys
import time
import unittest
from pathlib import Path

NOTHING_RAN = 77


class Reporter(unittest.TestResult):
    """Prints one line per test as it ends."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.failed_names = []
        self.not_run = []
        self._started = time.monotonic()
        self._subtest_failed = False

    def startTest(self, test):
        super().startTest(test)
        self._started = time.monotonic()
        self._subtest_failed = False

    def _say(self, verdict, test, detail=""):
        seconds = time.monotonic() - self._started
        print(f"{verdict:8} {name_of(test)} ({seconds:.2f} s){detail}", flush=True)

    def addSuccess(self, test):
        if not self._subtest_failed:  # a failed subtest has been counted against its test
            self.passed += 1
            self._say("passed", test)

    def addSkip(self, test, reason):
        self.not_run.append([name_of(test), reason])
        self._say("NOT RUN", test, f": {reason}")

    def _failed(self, test, error):
        self.failed_names.append(name_of(test))
        self._say("FAILED", test)
        print(self._exc_info_to_string(error, test), flush=True)

    addFailure = addError = _failed

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self._subtest_failed = True
            self._failed(subtest, error)


def name_of(test):
    return test.id().removeprefix("__main__.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--report")
    parser.add_argument("--match", help="run only the tests whose name contains this")
    parser.add_argument("suite")
    options = parser.parse_args()

    tests = Path(__file__).resolve().parent
    sys.path.insert(0, str(tests))
    sys.path.insert(0, str(tests.parent / "scripts"))
    loader = unittest.TestLoader()
    if options.match:
        loader.testNamePatterns = [f"*{options.match}*"]
    suite = loader.discover(str(tests / options.suite), pattern="*_test.py", top_level_dir=str(tests / options.suite))
    reporter = Reporter()
    suite.run(reporter)

    counts = f"{reporter.passed} passed, {len(reporter.failed_names)} failed, {len(reporter.not_run)} not run"
    print(f"{options.suite}: {counts}")
    if options.report:
        report = {"passed": reporter.passed, "failed": len(reporter.failed_names), "not_run": reporter.not_run}
        Path(options.report).write_text(json.dumps({**report, "failures": reporter.failed_names}), encoding="ascii")
    if reporter.failed_names:
        return 1
    return 0 if reporter.passed else NOTHING_RAN


if __name__ == "__main__":
    sys.exit(main())
