"""One operation of the incumbent on manifests, as attache_bench_manifest does it: same lines, same proofs.

    incumbent.py OPERATION FILE...

Runs in a Python that has deadline and deadline-job-attachments. What stands before begin() is not measured.
"""

import gc
import json
import sys
import time
from pathlib import Path

import xxhash
from deadline.job_attachments._diff import compare_manifest
from deadline.job_attachments.asset_manifests.decode import decode_manifest, validate_manifest
from deadline.job_attachments.asset_manifests.versions import ManifestVersion
from deadline.job_attachments.download import merge_asset_manifests


class Measurement:
    def begin(self):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # the peak becomes what is resident now
        self.before = status_field("VmRSS")
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def end(self):
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
        self.peak = status_field("VmHWM")

    def report(self, proof):
        print(f"OP {self.cpu:.6f}\nWALL {self.wall:.6f}\nBEFORE {self.before}\nPEAK {self.peak}\nPROOF {proof}")


def status_field(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


def checksum(manifest):
    entries = path_bytes = sizes = times = hashes = 0
    for entry in manifest.paths:
        entries += 1
        path_bytes += len(entry.path.encode("utf-8", "surrogatepass"))
        sizes += entry.size
        times += entry.mtime
        hashes ^= int(entry.hash[:16], 16)
    return f"entries {entries} paths {path_bytes} sizes {sizes} times {times % 2**64} hashes {hashes:016x}"


def proof_of_bytes(data):
    return f"bytes {len(data)} xxh128 {xxhash.xxh3_128_hexdigest(data)}"


def load(path):
    return decode_manifest(Path(path).read_text(encoding="utf-8"))


def decode(measurement, path):
    text = Path(path).read_text(encoding="utf-8")
    measurement.begin()
    manifest = decode_manifest(text)
    measurement.end()
    return checksum(manifest)


def encode(measurement, path):
    manifest = load(path)
    measurement.begin()
    text = manifest.encode()
    measurement.end()
    return proof_of_bytes(text.encode("ascii"))


def encode_to_file(measurement, path, output):
    manifest = load(path)
    measurement.begin()
    Path(output).write_text(manifest.encode(), encoding="ascii")
    measurement.end()
    return proof_of_bytes(Path(output).read_bytes())


def validate(measurement, path):
    text = Path(path).read_text(encoding="utf-8")
    measurement.begin()
    document = json.loads(text)
    good, error = validate_manifest(document, ManifestVersion(document["manifestVersion"]))
    measurement.end()
    assert good, error
    return "violations 0"


def diff(measurement, path, other):
    parent, current = load(path), load(other)
    measurement.begin()
    differences = compare_manifest(parent, current)
    measurement.end()
    counts = {}
    for status, _ in differences:
        counts[status.name] = counts.get(status.name, 0) + 1
    return f"new {counts.get('NEW', 0)} changed {counts.get('MODIFIED', 0)} deleted {counts.get('DELETED', 0)}"


def merge(measurement, path, other):
    manifests = [load(path), load(other)]
    measurement.begin()
    merged = merge_asset_manifests(manifests)
    measurement.end()
    return checksum(merged)


OPERATIONS = {
    "v2023.decode": decode,
    "v2023.encode": encode,
    "v2023.encode-to-file": encode_to_file,
    "v2023.validate": validate,
    "v2023.diff": diff,
    "v2023.merge": merge,
}

if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(OPERATIONS))
    else:
        measured = Measurement()
        measured.report(OPERATIONS[sys.argv[1]](measured, *sys.argv[2:]))
