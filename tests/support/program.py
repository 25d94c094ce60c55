"""Runs the attache command the way a person would: as a process of its own, with an environment of the test."""

import dataclasses
import json
import os
import shutil
import signal
import stat
import subprocess
import unittest
from pathlib import Path

UNPRIVILEGED_ID = 65534  # "nobody" everywhere; only used when the tests run as root
PASSED_THROUGH = ("PATH", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE")


class NotProvided(unittest.SkipTest):
    """Something that the machine does not provide: the test has not run, which is not a pass."""


def needed(variable, meaning):
    """The value of an environment variable that says where a tool of the tests is."""
    value = os.environ.get(variable)
    if not value:
        raise NotProvided(f"{variable} is not set ({meaning})")
    return value


def driver_program(name):
    """A program of tests/campaigns, from the build of the command."""
    build = Path(needed("ATTACHE_COMMAND", "the attache program to test")).resolve().parents[2]
    return build / "tests/campaigns" / name


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a finished command ended. Text is decoded so that any bytes survive a comparison."""

    arguments: tuple
    status: int
    stdout: str
    stderr: str

    def json(self):
        return json.loads(self.stdout)

    def __str__(self):
        arguments = " ".join(os.fsencode(argument).decode("utf-8", "backslashreplace") for argument in self.arguments)
        return f"attache {arguments}\n  status {self.status}\n  stdout {self.stdout!r}\n  stderr {self.stderr!r}"


class Attache:
    """The command under test. `home` is the HOME of every run, so that nothing of the user's is read or written."""

    def __init__(self, home, environment=None):
        self.home = Path(home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.program = needed("ATTACHE_COMMAND", "the attache program to test")
        self.environment = {name: os.environ[name] for name in PASSED_THROUGH if name in os.environ}
        self.environment.update(
            HOME=str(self.home),
            XDG_DATA_HOME=str(self.home / "data"),
            LANG="C.UTF-8",
            TZ="UTC",
            AWS_EC2_METADATA_DISABLED="true",
        )
        self.environment.update(environment or {})

    def run(self, *arguments, environment=None, cwd=None, timeout=120):
        process = self.start(*arguments, environment=environment, cwd=cwd)
        return self.finish(process, timeout)

    def start(self, *arguments, environment=None, cwd=None, unprivileged=False, within=()):
        """Starts a run; finish() ends it. SIGINT gets its default: a shell's background jobs inherit it ignored.
        `within` is a command that the program and its arguments are given to."""
        identity = {}
        if unprivileged and os.geteuid() == 0:
            identity = {"user": UNPRIVILEGED_ID, "group": UNPRIVILEGED_ID, "extra_groups": []}
        return subprocess.Popen(
            [*within, self.program, *arguments],
            cwd=cwd or self.home,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            **identity,
        )

    @staticmethod
    def finish(process, timeout=120):
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            raise AssertionError(f"no end after {timeout} s: {process.args}\n{stdout!r}\n{stderr!r}") from None
        return Outcome(
            tuple(process.args[1:]),
            process.returncode,
            stdout.decode("utf-8", "surrogateescape"),
            stderr.decode("utf-8", "surrogateescape"),
        )

    def snapshot(self, root, destination, *more):
        """A snapshot that must succeed; returns the manifest's path as the command reported it."""
        Path(os.fsdecode(destination)).mkdir(parents=True, exist_ok=True)
        outcome = self.run("manifest", "snapshot", "--root", root, "--destination", destination, "--json", *more)
        if outcome.status != 0:
            raise AssertionError(f"the snapshot failed\n{outcome}")
        return outcome.json()["manifest"]

    def upload(self, manifest, root, store, *more, **how):
        return self.run("attachment", "upload", "-m", manifest, "-r", root, "--s3-root-uri", store, *more, **how)

    def download(self, manifest, root, destination, store, *more, **how):
        """Downloads what was the tree `root` into `destination`."""
        rules = self.write_rules(root, destination)
        return self.run(
            "attachment",
            "download",
            "-m",
            manifest,
            "--path-mapping-rules",
            rules,
            "--s3-root-uri",
            store,
            *more,
            **how,
        )

    def write_rules(self, root, destination):
        rule = {"source_path_format": "posix", "source_path": str(root), "destination_path": str(destination)}
        path = self.home / "rules.json"
        path.write_text(json.dumps([rule]), encoding="ascii")
        return str(path)


def unprivileged_copy(program, folder):
    """A copy of the program that any user may run, wherever the build lies. `folder` is made reachable."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    copy = folder / "attache"
    shutil.copy(program, copy)
    copy.chmod(0o755)
    return str(copy)


def files_below(folder):
    """{relative path: bytes} of all regular files below a folder, hidden ones included."""
    folder = os.fsencode(folder)
    found = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, folder)] = file.read()
    return found
