#!/usr/bin/env python3
"""Copies a bounded part of a directory: the first regular files in path order, then the links that lead to them.

    demo_data.py [--max-files N] [--max-bytes N] SOURCE DESTINATION

Hidden and unreadable files are left out, and links that would lead out of the copy or nowhere. Times are kept.
"""

import argparse
import os
import shutil
import stat
import sys


def visible_files(source):
    """Yields (relative path, lstat) of the regular files and links below `source`, in path order."""
    pending = [b""]
    while pending:
        folder = pending.pop()
        try:
            names = sorted(os.listdir(os.path.join(source, folder)))
        except PermissionError:
            continue
        folders = []
        for name in names:
            if name.startswith(b"."):
                continue
            path = os.path.join(folder, name)
            status = os.lstat(os.path.join(source, path))
            if stat.S_ISDIR(status.st_mode):
                folders.append(path)
            elif stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
                yield path, status
        pending.extend(reversed(folders))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--max-files", type=int, default=20_000)
    parser.add_argument("--max-bytes", type=int, default=500 << 20)
    parser.add_argument("source")
    parser.add_argument("destination")
    options = parser.parse_args()
    source, destination = os.fsencode(os.path.realpath(options.source)), os.fsencode(options.destination)

    copied, links, total = set(), [], 0
    most_regular = options.max_files - options.max_files // 50  # leaves room for links among the first files
    for path, status in visible_files(source):
        if stat.S_ISLNK(status.st_mode):
            links.append(path)
            continue
        origin = os.path.join(source, path)
        if len(copied) >= most_regular or total + status.st_size > options.max_bytes:
            continue
        if not os.access(origin, os.R_OK):
            continue
        target = os.path.join(destination, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(origin, target)
        copied.add(path)
        total += status.st_size

    linked = 0
    for path in links:
        text = os.readlink(os.path.join(source, path))
        leads_to = os.path.normpath(os.path.join(os.path.dirname(path), text))
        if len(copied) + linked >= options.max_files or leads_to not in copied:
            continue
        size = os.lstat(os.path.join(source, leads_to)).st_size
        target = os.path.join(destination, path)
        if total + size > options.max_bytes or not os.path.isdir(os.path.dirname(target)):
            continue
        os.symlink(text, target)
        linked += 1
        total += size
    print(f"   {len(copied):,} files and {linked:,} links to files, {total / 2**20:,.1f} MiB")
    return 0 if copied else 1


if __name__ == "__main__":
    sys.exit(main())
