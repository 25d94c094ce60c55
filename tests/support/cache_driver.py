"""The library's caches, as a process of their own (tests/campaigns/cache_driver.cpp)."""

import os
import subprocess

from support.program import PASSED_THROUGH, driver_program


class CacheDriver:
    def __init__(self, directory, timezone="UTC"):
        self.program = driver_program("attache_cache_driver")
        self.directory = directory
        self.environment = {name: os.environ[name] for name in PASSED_THROUGH if name in os.environ}
        self.environment["TZ"] = timezone

    def start(self, *arguments):
        """What it says goes to stdout, whatever stream it chose."""
        return subprocess.Popen(
            [self.program, self.directory, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments, lines=()):
        """`lines` are bytes for its standard input; the answer's stdout is text."""
        done = subprocess.run(
            [self.program, self.directory, *arguments],
            env=self.environment,
            input=b"".join(line + b"\n" for line in lines),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        done.stdout = done.stdout.decode("utf-8", "backslashreplace")
        return done

    def files(self, action, paths):
        """`store`, `find` or `find-trusting` of files; what it printed, by lines."""
        done = self.run(action, lines=[os.fsencode(path) for path in paths])
        assert done.returncode == 0, done.stdout
        return done.stdout.splitlines()
