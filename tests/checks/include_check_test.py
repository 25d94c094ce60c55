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

    def pure_violations(self, path, text, declared=DECLARED + "base|||\n"):
        return self.violations(declared, **{path: text})

    def test_a_pure_module_includes_nothing_of_threads_clocks_files_or_the_system(self):
        for header in """thread mutex stop_token filesystem fstream iostream chrono random ctime unistd.h fcntl.h
                         pthread.h windows.h sys/stat.h linux/fs.h curl/curl.h""".split():  # fmt: skip
            with self.subTest(header):
                violations = self.pure_violations("src/base/base.cpp", f"#include <string>\n#include <{header}>\n")
                self.assert_one(violations, "base.cpp:2", "base is a pure module", f"<{header}>")

    def test_purity_is_asked_of_headers_and_of_every_way_to_write_an_include(self):
        header = "src/base/include/attache/base/base.hpp"
        self.assert_one(self.pure_violations(header, "  #  include <thread> // why\n"), "<thread>")
        self.assert_one(self.pure_violations(header, '#include "sys/stat.h"\n'), "<sys/stat.h>")

    def test_a_name_that_only_resembles_an_impure_header_is_fine(self):
        text = '#include <attache/base/thread.hpp>\n#include <ranges>\n// #include <thread>\n#include "random/a.hpp"\n'
        self.assertEqual(self.pure_violations("src/base/base.cpp", text), [])

    def test_the_tests_of_a_pure_module_may_use_what_they_like(self):
        self.assertEqual(self.pure_violations("src/base/tests/base_test.cpp", "#include <thread>\n"), [])
        self.assertEqual(self.pure_violations("src/base/testing/fake.hpp", "#include <fstream>\n"), [])

    def test_other_modules_may_use_threads(self):
        self.assertEqual(self.violations(**{"src/low/low.cpp": "#include <thread>\n"}), [])

    def test_a_pure_module_depends_on_pure_modules_only(self):
        violations = self.pure_violations(
            "src/base/base.cpp", "#include <attache/low/low.hpp>\n", DECLARED + "base|low||\n"
        )
        self.assert_one(violations, "base is a pure module and depends on low")

    def test_a_malformed_declaration_is_refused(self):
        with self.assertRaises(ValueError):
            read_modules("low|x\n")
