#!/usr/bin/env python3
"""docs/manifest-tools.md shows what the commands print: its blocks are run again and compared.

After a change of the output, write the page anew:

    ATTACHE_COMMAND=build/dev/src/cli/attache python3 tests/cli_failures/manifest_tools_docs_test.py
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run_suite.py does it for the tests

from support.program import Attache

PAGE = Path(__file__).resolve().parents[2] / "docs" / "manifest-tools.md"
PROMPT = "    $ "
MONDAY = 1_700_000_000_000_000  # 2023-11-14T22:13:20Z
DAY = 86_400_000_000


def file(path, size, digit, mtime=MONDAY, **more):
    return {"hash": digit * 32, "mtime": mtime, "path": path, "size": size, **more}


def link(path, target):
    return {"path": path, "symlink": {"target": target}}


def v2025(files, dirs=(), style="relative"):
    return {
        "dirs": [{"path": path} for path in dirs],
        "files": files,
        "hashAlg": "xxh128",
        "specificationVersion": f"{style}-manifest-snapshot-beta-2025-12",
        "totalSize": sum(entry.get("size", 0) for entry in files),
    }


def v2023(entries, total):
    return {"hashAlg": "xxh128", "manifestVersion": "2023-03-03", "paths": entries, "totalSize": total}


def write_example(folder):
    """The manifests that the page is about."""
    shared = [
        file("render.sh", 812, "1", MONDAY - DAY, runnable=True),
        file("textures/wood.exr", 3_250_000_000, "2"),
        link("textures/latest.exr", "textures/wood.exr"),
    ]
    chunks = {"chunkhashes": ["a" * 32, "b" * 32, "c" * 32], "mtime": MONDAY, "path": "sim/cache.vdb", "size": 629145600}
    monday = [*shared, chunks, file("scene.blend", 12_345_678, "3"), file("textures/old/rust.exr", 1_048_576, "4")]
    tuesday = [*shared, chunks, file("scene.blend", 12_346_001, "5", MONDAY + DAY)]
    tuesday += [file(f"out/000{i}.exr", 5_000_000 + i, "6", MONDAY + DAY + i) for i in (1, 2)]
    documents = {
        "monday.manifest": v2025(monday, ["empty"]),
        "tuesday.manifest": v2025(tuesday, ["empty"]),
        "task-1.manifest": v2023([file("out/0001.exr", 100, "7"), file("log.txt", 10, "8")], 110),
        "task-2.manifest": v2023([file("log.txt", 12, "9"), file("out/0002.exr", 100, "a")], 111),
        "job.manifest": v2025(
            [file("/mnt/projects/shot/a.blend", 10, "1"), file("/mnt/library/wood.exr", 20, "2")], style="absolute"
        ),
    }
    for name, document in documents.items():
        text = json.dumps(document, separators=(",", ":"), sort_keys=True)
        (folder / name).write_text(text, encoding="ascii")
    entries = [file("a.exr", -5, "1"), {**file("b.exr", 1, "2"), "hash": "12ab"}]
    broken = ",\n".join("  " + json.dumps(entry) for entry in entries)
    (folder / "broken.manifest").write_text(
        '{"hashAlg": "xxh128", "manifestVersion": "2023-03-03", "totalSize": 1, "paths": [\n' + broken + "\n]}\n"
    )


def run(command, folder, environment):
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    text = done.stdout.decode("utf-8")
    # Names of parts hold the time at which they were made.
    return re.sub(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.manifest", "2026-01-31T12-00-00.manifest", text)


def with_outputs(page, folder, environment):
    """The page with what its commands print now. A block is indented, and begins with a command."""
    lines = page.splitlines()
    result = []
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        result.append(line)
        if not line.startswith(PROMPT):
            continue
        command = line[len(PROMPT) :]
        output = run(command, folder, environment).splitlines()
        result += [("    " + text).rstrip() for text in output]
        while at < len(lines) and lines[at].startswith("    ") and not lines[at].startswith(PROMPT):
            at += 1
    return "\n".join(result) + "\n"


def rewritten(page):
    folder = Path(tempfile.mkdtemp(prefix="attache-docs-"))
    try:
        attache = Attache(folder / "home")
        programs = folder / "bin"
        programs.mkdir()
        (programs / "attache").symlink_to(Path(attache.program).resolve())
        work = folder / "work"
        work.mkdir()
        write_example(work)
        path = f"{programs}:{attache.environment.get('PATH', os.defpath)}"
        return with_outputs(page, work, {**attache.environment, "PATH": path})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class ManifestToolsPage(unittest.TestCase):
    maxDiff = None

    def test_the_page_shows_what_the_commands_print(self):
        page = PAGE.read_text(encoding="utf-8")
        self.assertIn(PROMPT, page)
        self.assertEqual(page, rewritten(page))


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
