#!/usr/bin/env python3
"""Compares a restored tree with its original. Shares no code with Attache: it is what Attache is judged by.

    compare_trees.py [--manifest FILE] [--hidden] [--early-mtime-us N] ORIGINAL RESTORED

Identical means: the restored tree holds a regular file for every visible file of the original (links are followed,
never into a directory that is its own ancestor; dangling links are left out; names that start with a dot only with
--hidden), each with the same bytes and the same mtime to the microsecond, and holds nothing else. With a manifest, that
also lists exactly these files with their sizes and mtimes. --early-mtime-us accepts restored times that are up to
so much too early: the incumbent loses up to 1 us when it sets a time through a double.

Exit status 0: identical; 1: different; 2: wrong usage or unreadable input.
"""

import argparse
import dataclasses
import json
import os
import stat
import sys

CHUNK = 1 << 20
SHOWN_DIFFERENCES = 20


@dataclasses.dataclass
class Comparison:
    files: int = 0
    bytes: int = 0
    differences: list = dataclasses.field(default_factory=list)

    @property
    def identical(self):
        return not self.differences


def microseconds(status):
    return status.st_mtime_ns // 1000


def readable(path):
    return os.fsdecode(path).encode("utf-8", "backslashreplace").decode()


def original_files(root, hidden=False):
    """Returns {relative path: os.stat_result} of the files of `root`, as bytes paths."""
    found = {}
    pending = [(root, b"", ())]
    while pending:
        folder, relative, ancestors = pending.pop()
        identity = os.stat(folder)
        ancestors = ancestors + ((identity.st_dev, identity.st_ino),)
        for name in os.listdir(folder):
            if name.startswith(b".") and not hidden:
                continue
            path = os.path.join(folder, name)
            try:
                status = os.stat(path)
            except OSError:
                continue  # a dangling link, or a link to itself
            below = os.path.join(relative, name)
            if stat.S_ISREG(status.st_mode):
                found[below] = status
            elif stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in ancestors:
                pending.append((path, below, ancestors))
    return found


def restored_files(root, differences):
    """The same for the restored tree, where anything but a regular file or a directory is a difference."""
    found = {}
    for folder, _, names in os.walk(root, onerror=lambda error: differences.append(str(error))):
        for name in names:
            path = os.path.join(folder, name)
            status = os.lstat(path)
            below = os.path.relpath(path, root)
            if stat.S_ISREG(status.st_mode):
                found[below] = status
            else:
                differences.append(f"{readable(below)}: not a regular file")
        for name in os.listdir(folder):
            if os.path.islink(os.path.join(folder, name)) and name not in names:
                differences.append(f"{readable(os.path.relpath(os.path.join(folder, name), root))}: a directory link")
    return found


def same_bytes(left, right):
    with open(left, "rb") as one, open(right, "rb") as other:
        while True:
            block = one.read(CHUNK)
            if block != other.read(CHUNK):
                return False
            if not block:
                return True


def compare_manifest(manifest, originals, differences):
    with open(manifest, encoding="ascii") as file:
        document = json.load(file)
    entries = {entry["path"].encode("utf-8", "surrogateescape"): entry for entry in document["paths"]}
    if len(entries) != len(document["paths"]):
        differences.append("the manifest names a path twice")
    for path in sorted(originals.keys() - entries.keys()):
        differences.append(f"{readable(path)}: not in the manifest")
    for path, entry in entries.items():
        status = originals.get(path)
        if status is None:
            differences.append(f"{readable(path)}: in the manifest, but not in the original")
        elif entry["size"] != status.st_size:
            differences.append(f"{readable(path)}: size {entry['size']} in the manifest, in truth {status.st_size}")
        elif entry["mtime"] != microseconds(status):
            differences.append(
                f"{readable(path)}: mtime {entry['mtime']} in the manifest, in truth {microseconds(status)}"
            )


def compare(original, restored, manifest=None, hidden=False, early_mtime_us=0):
    """Compares two directories; paths may be str, bytes or Path."""
    original, restored = os.fsencode(original), os.fsencode(restored)
    result = Comparison()
    differences = result.differences
    originals = original_files(original, hidden)
    copies = restored_files(restored, differences)
    if manifest is not None:
        compare_manifest(manifest, originals, differences)
    for path in sorted(copies.keys() - originals.keys()):
        differences.append(f"{readable(path)}: not in the original")
    for path, status in sorted(originals.items()):
        result.files += 1
        result.bytes += status.st_size
        copy = copies.get(path)
        if copy is None:
            differences.append(f"{readable(path)}: not restored")
            continue
        early = microseconds(status) - microseconds(copy)
        if not 0 <= early <= early_mtime_us:
            differences.append(f"{readable(path)}: restored mtime is {early} us too early")
        if status.st_size != copy.st_size or not same_bytes(os.path.join(original, path), os.path.join(restored, path)):
            differences.append(f"{readable(path)}: other bytes")
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest")
    parser.add_argument("--hidden", action="store_true")
    parser.add_argument("--early-mtime-us", type=int, default=0)
    parser.add_argument("original")
    parser.add_argument("restored")
    options = parser.parse_args()
    try:
        result = compare(options.original, options.restored, options.manifest, options.hidden, options.early_mtime_us)
    except (OSError, ValueError, KeyError) as error:
        print(f"cannot compare: {error}", file=sys.stderr)
        return 2
    for difference in result.differences[:SHOWN_DIFFERENCES]:
        print(f"differs: {difference}")
    if len(result.differences) > SHOWN_DIFFERENCES:
        print(f"... and {len(result.differences) - SHOWN_DIFFERENCES} more")
    verdict = "identical" if result.identical else f"{len(result.differences)} differences"
    print(f"{result.files:,} files, {result.bytes:,} bytes: {verdict}")
    return 0 if result.identical else 1


if __name__ == "__main__":
    sys.exit(main())
