"""The symbol check itself: on single symbols, and on what a compiler makes of small sources."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from symbol_check import Symbol, check, check_program, read_listing, refusal

PURE_SOURCE = """
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
namespace { const char* const kNames[] = {"a", "b"}; constexpr int kTable[] = {1, 2, 3}; }
int total(const std::vector<std::string>& words, int at) {
  auto copies = std::make_unique<std::vector<std::string>>(words);
  try {
    copies->push_back(kNames[at]);
  } catch (const std::bad_alloc&) {
    return 0;
  }
  if (copies->size() > 1000) throw std::length_error("too many");
  return static_cast<int>(copies->size()) + kTable[at];
}
"""
# What the check says, and a source that makes it say so.
IMPURE_SOURCES = {
    "a function of threads": "#include <mutex>\nstd::mutex& m();\nvoid f() { m().lock(); }",
    "thread": "#include <thread>\nvoid f() { std::thread([] {}).join(); }",
    "chrono": "#include <chrono>\nlong f() { return std::chrono::steady_clock::now().time_since_epoch().count(); }",
    "filebuf": '#include <fstream>\nvoid f() { std::ofstream("x") << 1; }',
    "getenv": '#include <cstdlib>\nconst char* f() { return std::getenv("X"); }',
    "behind a lock": "#include <string>\nint g();\nint f() { static const int x = g(); return x; }",
    "of each thread": "thread_local int x; int* f() { return &x; }",
    "written (.bss": "static int x; int f() { return ++x; }",
    "written (.data": "int x = 3;",
}


class Refusals(unittest.TestCase):
    def undefined(self, name, kind="U"):
        return refusal(Symbol("a.o", name, kind, "*UND*"))

    def test_memory_exceptions_and_text_are_pure(self):
        for name in ("memcpy", "operator new(unsigned long)", "__cxa_throw", "std::__throw_length_error(char const*)",
                     "fmt::v9::vformat[abi:cxx11](x)", "XXH3_128bits_update", "vtable for std::bad_alloc"):  # fmt: skip
            with self.subTest(name):
                self.assertIsNone(self.undefined(name))

    def test_thread_functions_are_refused_also_when_weak(self):
        self.assertEqual(self.undefined("pthread_mutex_lock"), "a function of threads")
        self.assertEqual(self.undefined("pthread_once", "w"), "a function of threads")
        self.assertEqual(self.undefined("std::thread::join()"), "a function of threads")
        self.assertIsNotNone(self.undefined("std::condition_variable::notify_one()"))

    def test_what_is_not_known_is_refused(self):
        for name in ("open", "read", "time", "clock_gettime", "getenv", "rand", "printf", "strerror", "memcpyx"):
            with self.subTest(name):
                self.assertIn("add it to PURE_C", self.undefined(name))

    def test_writable_data_is_refused_and_relocated_constants_are_not(self):
        self.assertIn(".bss", refusal(Symbol("a.o", "x", "b", ".bss")))
        self.assertIn(".bss.x", refusal(Symbol("a.o", "x", "b", ".bss.x")))
        self.assertIn(".data.rel", refusal(Symbol("a.o", "x", "d", ".data.rel.local")))
        self.assertIsNone(refusal(Symbol("a.o", "x", "d", ".data.rel.ro.local")))
        self.assertIsNone(refusal(Symbol("a.o", "x", "r", ".rodata")))

    def test_a_name_with_the_separator_of_the_listing_is_read(self):
        listing = "Symbols from libx.a[a.o]:\noperator|(A, B)     |   |   U  |  NOTYPE|   |     |*UND*\n"
        self.assertEqual(list(read_listing(listing)), [Symbol("a.o", "operator|(A, B)", "U", "*UND*")])

    def test_a_program_needs_neither_a_thread_function_nor_libpthread(self):
        found = list(check_program("  U puts@GLIBC_2.2.5\n  U pthread_create@GLIBC_2.34\n", ""))
        self.assertEqual(found, ["pthread_create@GLIBC_2.34: a function of threads"])
        self.assertEqual(len(list(check_program("", " 0x1 (NEEDED)  Shared library: [libpthread.so.0]\n"))), 1)
        self.assertEqual(list(check_program("  U puts\n", " 0x1 (NEEDED)  Shared library: [libc.so.6]\n")), [])


@unittest.skipUnless(shutil.which("c++") and shutil.which("nm") and shutil.which("ar"), "needs a compiler")
class Compiled(unittest.TestCase):
    def violations(self, source):
        with tempfile.TemporaryDirectory() as folder:
            unit, library = Path(folder, "unit.cpp"), Path(folder, "libunit.a")
            unit.write_text(source)
            flags = ("-std=c++20", "-O1", "-fPIC")
            subprocess.run(["c++", *flags, "-c", unit, "-o", unit.with_suffix(".o")], check=True)
            subprocess.run(["ar", "rcs", library, unit.with_suffix(".o")], check=True)
            return check([library], [])

    def test_a_unit_that_computes_is_clean(self):
        self.assertEqual(self.violations(PURE_SOURCE), [])

    def test_each_kind_of_impurity_is_found(self):
        for words, source in IMPURE_SOURCES.items():
            with self.subTest(words):
                self.assertIn(words, "\n".join(self.violations(source)))

    def test_a_library_without_symbols_is_an_error_not_a_pass(self):
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder, "libempty.a")
            subprocess.run(["ar", "rcs", library], check=True)
            with self.assertRaises(ValueError):
                check([library], [])
