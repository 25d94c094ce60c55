"""Installs the build into a temporary prefix and builds a small consumer with find_package and with pkg-config."""

import os
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.program import needed

HERE = Path(__file__).resolve().parent


def run(*command, **how):
    result = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how
    )
    if result.returncode != 0:
        raise AssertionError(f"{shlex.join(map(str, command))} failed:\n{result.stdout}")
    return result.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build = needed("ATTACHE_BUILD_DIR", "the build directory to install from")
        cls.scratch = Path(tempfile.mkdtemp(prefix="attache-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        cls.prefix = cls.scratch / "prefix"
        run("cmake", "--install", build, "--prefix", cls.prefix)
        cls.cache = dict(
            line.partition("=")[::2]
            for line in Path(build, "CMakeCache.txt").read_text().splitlines()
            if "=" in line and not line.startswith(("#", "//"))
        )

    def cached(self, name):
        return next(value for key, value in self.cache.items() if key.partition(":")[0] == name)

    def assert_consumer_works(self, program):
        output = run(program)
        self.assertIn('"hash":"b5e9c1ad071b3e7fc779cfaa5e523818"', output)  # XXH3-128 of "hello"
        self.assertIn('"path":"scene.usd","size":5', output)

    def test_a_consumer_builds_with_find_package(self):
        build = self.scratch / "with-cmake"
        run(
            "cmake", "-S", HERE, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={self.cached('CMAKE_CXX_COMPILER')}", "-G", "Ninja",
        )  # fmt: skip
        run("cmake", "--build", build)
        self.assert_consumer_works(build / "consumer")

    def test_a_consumer_builds_with_pkg_config(self):
        (description,) = self.prefix.rglob("attache.pc")
        environment = {**os.environ, "PKG_CONFIG_PATH": str(description.parent)}
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", "attache", env=environment))
        program = self.scratch / "with-pkg-config"
        compiler = self.cached("CMAKE_CXX_COMPILER")
        run(compiler, "-std=c++20", HERE / "consumer.cpp", "-o", program, *flags)
        self.assert_consumer_works(program)

    def test_the_installed_command_runs(self):
        (program,) = self.prefix.glob("bin/attache")
        self.assertRegex(run(program, "--version"), r"\d+\.\d+\.\d+")

    def test_fakes_and_tests_are_not_installed(self):
        installed = [str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*")]
        self.assertTrue(any(path.endswith("object_store.hpp") for path in installed), installed)
        self.assertEqual([path for path in installed if "testing" in path or "gtest" in path], [])
