#!/usr/bin/env python3
"""Measures `attache manifest download` of a job with many output manifests, beside the incumbent, in one run.

    run.py --build DIRECTORY --versitygw PROGRAM [--incumbent PYTHON] [--manifests N] [--entries N] [--rounds N]
           [--json FILE] [--work DIRECTORY]

The job has N manifests of three roots, half of tasks and half of steps that run in chunks; all are listed, fetched and
merged. They are put where versitygw keeps its objects: writing them by requests would take minutes. In each round both
programs run, in an order that turns, and the manifests they write must be the same bytes. CPU is that of the client: of
Attache the whole process, of the incumbent the function alone, without starting and importing (given in brackets). Exit
status 0 if everything ran; a goal that is missed is printed and changes nothing.
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from side_by_side import client_environment, start_versitygw  # noqa: E402

KEY, SECRET, BUCKET, PREFIX = "123456789012", "bench-secret", "bench", "farm"
FARM, QUEUE, JOB = "farm-1", "queue-1", "job-1"
ROOTS = ["/mnt/projects/shot", "/mnt/日本", "C:\\scene"]
GOAL = 1 / 10


def write_manifests(bucket, count, entries):
    """As versitygw stores them: metadata, ETag and type are extended attributes."""
    for number in range(count):
        root = ROOTS[number % len(ROOTS)]
        paths = [
            {
                "hash": hashlib.md5(f"{number}/{i}".encode()).hexdigest(),
                "mtime": 1_700_000_000_000_000 + number,
                "path": f"frames/{number % 100:03}/{number:06}.{i:04}.exr" if i else "logs/last.txt",
                "size": number + i,
            }
            for i in range(entries)
        ]
        document = {"hashAlg": "xxh128", "manifestVersion": "2023-03-03", "paths": paths}
        document["totalSize"] = sum(path["size"] for path in paths)
        text = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
        step = f"step-{number % 20}" + (f"/task-{number}" if number % 2 else "")
        name = hashlib.md5(root.encode()).hexdigest() + "_output"
        action = f"2024-01-01T00:00:00.{number:06}Z_sessionaction-{number}-1"
        folder = bucket / PREFIX / "Manifests" / FARM / QUEUE / JOB / step / action
        folder.mkdir(parents=True)
        (folder / name).write_bytes(text)
        quoted = json.dumps(root)
        plain = {"asset-root": root} if root.isascii() else {"asset-root": quoted, "asset-root-json": quoted}
        os.setxattr(folder / name, "user.metadata", json.dumps(plain).encode())
        os.setxattr(folder / name, "user.etag", f'"{hashlib.md5(text).hexdigest()}"'.encode())
        os.utime(folder / name, (1_700_000_000 + number,) * 2)


class Bench:
    def __init__(self, options):
        self.options = options
        self.server = start_versitygw(options.versitygw, options.work / "versitygw", BUCKET, KEY, SECRET)
        write_manifests(options.work / "versitygw/buckets" / BUCKET, options.manifests, options.entries)
        self.environment = client_environment(options.work, KEY, SECRET) | {
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.port}",
        }

    def programs(self):
        target = self.options.work / "target"
        programs = {
            "attache": [
                self.options.build / "src/cli/attache", "manifest", "download", target, "--farm-id", FARM, "--queue-id",
                QUEUE, "--job-id", JOB, "--s3-root-uri", f"s3://{BUCKET}/{PREFIX}", "--quiet",
            ]
        }  # fmt: skip
        if self.options.incumbent:
            script = Path(__file__).with_name("incumbent.py")
            programs["incumbent"] = [self.options.incumbent, script, BUCKET, PREFIX, FARM, QUEUE, JOB, target]
        return programs

    def run(self, command):
        target = self.options.work / "target"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        started = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        if status != 0:
            raise RuntimeError(f"{command[0]} failed: {output}")
        whole = usage.ru_utime + usage.ru_stime
        written = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in target.iterdir())
        own = json.loads(output)["cpu"] if output else whole
        return {"cpu": own, "whole": whole, "wall": wall, "peak": usage.ru_maxrss * 1024, "written": written}

    def measure(self):
        programs = self.programs()
        rounds = []
        for number in range(self.options.rounds):
            names = list(programs)
            names = names[number % len(names) :] + names[: number % len(names)]
            results = {name: self.run(programs[name]) for name in names}
            if len({tuple(result["written"]) for result in results.values()}) != 1:
                raise RuntimeError("the programs wrote different manifests")
            if len(results["attache"]["written"]) != len(ROOTS):
                raise RuntimeError("not a manifest for each root")
            rounds.append(results)
        return rounds


def show(rounds, options):
    print(f"{options.manifests} manifests of {options.entries} entries, {len(rounds)} rounds; medians")
    print(f"{'program':10} {'CPU s':>8} {'':10} {'wall s':>8} {'peak MiB':>9} {'CPU of it':>26}")
    for name in sorted(rounds[0]):
        def median(figure, name=name):
            return statistics.median(each[name][figure] for each in rounds)

        ratios = [each["attache"]["cpu"] / each[name]["cpu"] for each in rounds]
        spread = f"{statistics.median(ratios):.3f} [{min(ratios):.3f}, {max(ratios):.3f}]"
        print(
            f"{name:10} {median('cpu'):8.3f} {'(%.3f)' % median('whole'):10} {median('wall'):8.2f} "
            f"{median('peak') / (1 << 20):9.1f} {spread:>26}"
        )
        if name == "incumbent":
            ratio = statistics.median(ratios)
            print(f"{'met   ' if ratio <= GOAL else 'MISSED'}  CPU / incumbent: {ratio:.3f}, at most {GOAL:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--versitygw", required=True, help="the program")
    parser.add_argument("--incumbent", help="Python that has the incumbent")
    parser.add_argument("--manifests", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=10, help="of each manifest")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--work", type=Path, help="a folder on a file system with extended attributes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attache-bench-", dir=options.work) as work:
        options.work = Path(work)
        bench = Bench(options)
        try:
            rounds = bench.measure()
        finally:
            bench.server.stop()
    show(rounds, options)
    if options.json:
        for each in rounds:
            for result in each.values():
                del result["written"]
        options.json.write_text(json.dumps({"manifests": options.manifests, "rounds": rounds}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
