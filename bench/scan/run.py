#!/usr/bin/env python3
"""Measures scanning: Attache, the floor programs and the peers, in turn, in one run.

    run.py --build DIRECTORY [--data DIRECTORY] [--incumbent PYTHON] [--xxhsum PROGRAM] [--rounds N]
           [--only small,big,scene,million] [--json FILE]

Datasets are made once, by rule, below --data (on the disk that is to be measured; the page cache is warm):
small: 50,000 files of 4 KiB in 500 directories; big: one file of 4 GiB; scene: 5,000 files, 2 GiB, log-normal;
million: 1,000,000 files of 16 bytes in 1,000 directories. Each program runs in a process of its own; in each round all
run one after the other, so that a ratio compares neighbours; what is printed are medians over the rounds, of the
ratios, too. Exit status 0 if everything ran and all programs saw the same files and bytes; goals that are missed are
printed and change nothing.
"""

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
BUFFERS = [256 << 10, 1 << 20, 4 << 20]


def make_small(root, rng):
    for directory in range(500):
        folder = root / f"dir_{directory:03d}"
        folder.mkdir(parents=True)
        for file in range(100):
            (folder / f"file_{file:04d}.bin").write_bytes(rng.randbytes(4096))


def make_big(root, rng):
    root.mkdir(parents=True)
    block = rng.randbytes(64 * MIB)
    with open(root / "big.bin", "wb") as file:
        for _ in range(64):
            file.write(block)


def make_scene(root, rng):
    sizes = [rng.lognormvariate(11.5, 1.9) for _ in range(5000)]
    scale = 2 * 1024 * MIB / sum(sizes)
    block = b"".join(rng.randbytes(64 * MIB) for _ in range(4))  # 2^31 bits at once are too many for it
    for number, size in enumerate(sizes):
        folder = root / f"shot_{number // 250:02d}" / f"layer_{number // 50 % 5}"
        folder.mkdir(parents=True, exist_ok=True)
        length, at = int(size * scale), rng.randrange(128 * MIB)
        (folder / f"file_{number:05d}.exr").write_bytes(block[at : at + min(length, 128 * MIB)])


def make_million(root, rng):
    for directory in range(1000):
        folder = root / f"dir_{directory:03d}"
        folder.mkdir(parents=True)
        for file in range(1000):
            (folder / f"file_{file:04d}.bin").write_bytes(rng.randbytes(16))


MAKERS = {"small": make_small, "big": make_big, "scene": make_scene, "million": make_million}


def dataset(data, name):
    root = data / name
    if not (data / f".{name}.complete").exists():
        print(f"making the dataset {name}", file=sys.stderr)
        subprocess.run(["rm", "-rf", root], check=True)
        MAKERS[name](root, random.Random(f"attache/{name}"))
        (data / f".{name}.complete").touch()
    for path in root.rglob("*"):  # into the page cache
        if path.is_file():
            with open(path, "rb") as file:
                while file.read(4 * MIB):
                    pass
    return root


def measured(command):
    """Of a program that measures itself."""
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")
    values = dict(line.split() for line in lines if line)
    return {
        "cpu": float(values["CPU"]),
        "wall": float(values["WALL"]),
        "peak": int(values["PEAK"]),
        "proof": (int(values["FILES"]), int(values["BYTES"])),
    }


def watched(command, proof=None):
    """Of any other: the whole process, its start included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "wall": wall, "peak": 0, "proof": proof}


class Run:
    def __init__(self, options):
        self.options = options
        self.bench = options.build / "bench/attache_bench_scan"
        self.floor = options.build / "bench/attache_bench_scan_floor"
        self.results = {}

    def programs(self, name, root):
        """What runs on a dataset: name -> function that measures it once."""
        programs = {}

        def attache(operation):
            return lambda: measured([self.bench, operation, root])

        def floor(*arguments):
            return lambda: measured([self.floor, *map(str, arguments)])

        if name == "big":
            file = root / "big.bin"
            for size in BUFFERS:
                programs[f"floor loop {size >> 10} KiB"] = floor("loop", size, file)
                programs[f"floor loop {size >> 10} KiB on a page"] = floor("loop-page", size, file)
            programs["floor map"] = floor("map", file)
            programs["floor memory"] = floor("memory", 4 << 30)
            programs["attache snapshot"] = attache("snapshot")
            programs["attache snapshot-v2025"] = attache("snapshot-v2025")
        else:
            programs["floor stat"] = floor("stat", root)
            if name != "million":
                programs["floor read"] = floor("read", root)
            operations = ["snapshot", "snapshot-v2025", "cold", "warm", "collect", "compare"]
            for operation in operations:
                programs[f"attache {operation}"] = attache(operation)
        if self.options.xxhsum and name != "million":
            files = sorted(str(path) for path in root.rglob("*") if path.is_file())
            with tempfile.NamedTemporaryFile("w", delete=False) as listing:
                listing.write("\n".join(files))
            programs["xxhsum -H2"] = lambda: watched(["xargs", "-a", listing.name, self.options.xxhsum, "-H2"])
        if self.options.incumbent and name not in ("million", "big"):
            programs["incumbent"] = lambda: self.incumbent(root)
            warm_home = self.options.data / f"{name}-incumbent-home"
            warm_home.mkdir(exist_ok=True)
            self.incumbent(root, warm_home)  # fills its cache
            programs["incumbent warm"] = lambda: self.incumbent(root, warm_home)
        return programs

    def incumbent(self, root, home=None):
        if home is None:
            with tempfile.TemporaryDirectory() as scratch:
                return self.incumbent(root, scratch)
        script = (
            "import sys; from deadline.job_attachments.api.manifest import _manifest_snapshot as s; "
            "s(root=sys.argv[1], destination=sys.argv[2], name='bench')"
        )
        # Pinned to one core, where it is fastest.
        return watched(["taskset", "-c", "0", "env", f"HOME={home}", self.options.incumbent, "-c", script, root, home])

    def measure(self, name):
        root = dataset(self.options.data, name)
        programs = self.programs(name, root)
        rounds = []
        for _ in range(self.options.rounds):
            rounds.append({program: run() for program, run in programs.items()})
        self.results[name] = rounds
        proofs = {
            result["proof"]
            for values in rounds
            for program, result in values.items()
            if result["proof"] and not program.startswith("floor loop") and not program.startswith("floor m")
        }
        base = "floor read" if "floor read" in programs else "floor stat"
        print(f"\n{name}: {self.options.rounds} rounds; ratios are to '{base if name != 'big' else 'best loop'}'")
        print(f"{'program':34} {'CPU s':>8} {'wall s':>8} {'peak MiB':>9} {'ratio':>7}")
        for program in programs:
            cpu, wall, peak = (statistics.median(r[program][key] for r in rounds) for key in ("cpu", "wall", "peak"))
            if name == "big":
                ratios = [r[program]["cpu"] / min(r[f"floor loop {s >> 10} KiB"]["cpu"] for s in BUFFERS) for r in rounds]
            else:
                ratios = [r[program]["cpu"] / r[base]["cpu"] for r in rounds]
            print(f"{program:34} {cpu:8.3f} {wall:8.3f} {peak / MIB:9.1f} {statistics.median(ratios):7.2f}")
        self.goals(name, rounds)
        return len(proofs) <= 1

    def goals(self, name, rounds):
        def ratio(program, base):
            return statistics.median(r[program]["cpu"] / r[base]["cpu"] for r in rounds)

        def say(what, value, limit):
            print(f"{'met   ' if value <= limit else 'MISSED'}  {what}: {value:.3g}, at most {limit:.3g}")

        if name == "small":
            say("snapshot / floor read", ratio("attache snapshot", "floor read"), 1.3)
            say("warm cache / floor stat", ratio("attache warm", "floor stat"), 1.5)
            if "incumbent" in rounds[0]:
                say("cold cache / incumbent", ratio("attache cold", "incumbent"), 1 / 40)
                say("warm cache / incumbent warm", ratio("attache warm", "incumbent warm"), 1 / 50)
        if name == "big":
            for kind in ("", " on a page"):
                best = statistics.median(
                    r["attache snapshot"]["cpu"] / min(r[f"floor loop {s >> 10} KiB{kind}"]["cpu"] for s in BUFFERS)
                    for r in rounds
                )
                say(f"snapshot / best read loop{kind}", best, 1.25)
        if name == "million":
            peak = max(r["attache snapshot"]["peak"] for r in rounds) / MIB
            say("peak MiB", peak, 512)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("TMPDIR", "/tmp")) / "attache-bench-scan")
    parser.add_argument("--incumbent", help="Python that has the incumbent")
    parser.add_argument("--xxhsum", help="the program, for xxhsum -H2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="small,big,scene")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    run = Run(options)
    good = all([run.measure(name) for name in options.only.split(",")])
    if options.json:
        options.json.write_text(json.dumps(run.results, indent=1, default=str))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
