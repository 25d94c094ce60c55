"""The include check itself, on small trees."""

import tempfile
import unittest
from pathlib import Path

from include_check import check, read_modules

GOOD = {
    "src/low/include/attache/low/low.hpp": "#pragma once\n",
    "src/low/testing/fake.hpp": "#include <attache/low/low.hpp>\n",
    "src/high/high.cpp": "#include <attache/high/high.hpp>\n#include <attache/low/low.hpp>\n",
    "src/high/include/attache/high/high.hpp": "#pragma once\n",
    "src/high/tests/high_test.cpp": "#include <attache/low/testing/fake.hpp>\n",
}
DECLARED = "low|||\nhigh|low|low_testing|\n"


class IncludeCheck(unittest.TestCase):
    def violations(self, declared=DECLARED, **changed):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**GOOD, **{path.replace("__", "/"): text for path, text in changed.items()}}.items():
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return check(read_modules(declared), folder)

    def assert_one(self, violations, *words):
        self.assertEqual(len(violations), 1, violations)
        for word in words:
            self.assertIn(word, violations[0])

    def test_a_tree_that_keeps_to_its_declarations_is_clean(self):
        self.assertEqual(self.violations(), [])

    def test_an_undeclared_include_is_named_with_file_and_line(self):
        violations = self.violations(**{"src/low/low.cpp": "\n#include <attache/high/high.hpp>\n"})
        self.assert_one(violations, "low.cpp:2", "<attache/high/")

    def test_an_undeclared_include_in_quotes_or_with_spaces_counts_too(self):
        violations = self.violations(**{"src/low/low.cpp": '#  include "attache/high/high.hpp"\n'})
        self.assert_one(violations, "<attache/high/")

    def test_a_dependency_of_the_tests_does_not_help_the_module(self):
        declared = "low|||\nhigh||low|\n"
        violations = self.violations(declared, **{"src/high/tests/high_test.cpp": "#include <attache/low/low.hpp>\n"})
        self.assert_one(violations, "high.cpp")

    def test_fakes_are_for_tests(self):
        violations = self.violations(**{"src/high/other.cpp": "#include <attache/low/testing/fake.hpp>\n"})
        self.assert_one(violations, "fakes of low outside")

    def test_fakes_must_be_declared(self):
        self.assert_one(self.violations("low|||\nhigh|low||\n"), "low_testing")

    def test_a_dependency_that_nothing_uses_is_reported(self):
        self.assert_one(self.violations("low|||\nmiddle|||\nhigh|low;middle|low_testing|\n"), "middle")

    def test_a_cycle_is_refused(self):
        violations = self.violations(
            "low|high||\nhigh|low|low_testing|\n", **{"src/low/low.cpp": "#include <attache/high/high.hpp>\n"}
        )
        self.assert_one(violations, "cycle", "low -> high -> low")

    def test_an_unknown_dependency_is_refused(self):
        violations = self.violations("low|nothing||\nhigh|low|low_testing|\n")
        self.assertTrue(any("which is no module" in violation for violation in violations), violations)

    def test_a_malformed_declaration_is_refused(self):
        with self.assertRaises(ValueError):
            read_modules("low|x\n")
