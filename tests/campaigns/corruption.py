"""corruption: one object of a directory store is damaged; the download must fail, name it, restore no wrong byte.

Manifests of both formats; in the new one some files are cut into chunks, which are objects of their own.
"""

import json
import os

from base_campaign import Campaign
from support.program import Attache, files_below
from support.trees import make_random_tree

NOT_FOUND, INTEGRITY = 4, 6  # exit statuses (docs/exit-statuses.md)


def damage(rng, path, others):
    """Damages an object; returns what was done to it."""
    content = path.read_bytes()
    kinds = ["remove", "extend"]
    if content:
        kinds += ["flip", "flip", "truncate", "empty"]
    different = [other for other in others if other.read_bytes() != content]
    if different:
        kinds.append("exchange")
    kind = rng.choice(kinds)
    if kind == "remove":
        path.unlink()
        return kind
    if kind == "extend":
        content += rng.randbytes(rng.randrange(1, 100))
    elif kind == "flip":
        place = rng.randrange(len(content))
        content = content[:place] + bytes([content[place] ^ 1 << rng.randrange(8)]) + content[place + 1 :]
    elif kind == "truncate":
        content = content[: rng.randrange(len(content))]
    elif kind == "empty":
        content = b""
    else:
        content = rng.choice(different).read_bytes()
    path.write_bytes(content)
    return kind


def objects_of_files(manifest):
    """{path: hashes of its objects, in order} of a manifest of either format."""
    with open(manifest, encoding="ascii") as file:
        document = json.load(file)
    if "paths" in document:
        return {os.fsencode(entry["path"]): [entry["hash"]] for entry in document["paths"]}
    folders = []

    def full(path):
        number, slash, name = path.partition("/")
        return f"{folders[int(number[1:])]}/{name}" if slash and number.startswith("$") else path

    for folder in document["dirs"]:
        folders.append(full(folder["path"]))
    return {
        os.fsencode(full(entry["path"])): entry.get("chunkhashes") or [entry["hash"]]
        for entry in document["files"]
        if "symlink" not in entry
    }


def store_objects(manifest, root, store, chunk_size):
    """What an upload of these files stores, made by hand."""
    (store / "Data").mkdir(parents=True)
    for path, digests in objects_of_files(manifest).items():
        with open(os.path.join(os.fsencode(root), path), "rb") as file:
            content = file.read()
        size = len(content) if len(digests) == 1 else chunk_size
        for number, digest in enumerate(digests):
            (store / "Data" / f"{digest}.xxh128").write_bytes(content[number * size : (number + 1) * size])


class CorruptionCampaign(Campaign):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.attache = Attache(scratch / "home")

    def run(self, rng, folder):
        root, restored, store = folder / "project", folder / "restored", folder / "store"
        make_random_tree(rng, root)
        chunks = ()
        if rng.random() < 0.5:
            chunk_size = rng.choice((1000, 5000, 70_000))
            chunks = ("--chunk-size", str(chunk_size))
            how = ("--format", "v2025-12", "--symlinks", "collapse-all", *chunks)
            manifest = self.attache.snapshot(str(root), str(folder / "manifests"), *how)
            store_objects(manifest, root, store, chunk_size)
        else:
            manifest = self.attache.snapshot(str(root), str(folder / "manifests"))
            outcome = self.attache.upload(manifest, str(root), f"file://{store}")
            assert outcome.status == 0, outcome

        objects = sorted((store / "Data").iterdir())
        victim = rng.choice(objects)
        kind = damage(rng, victim, [path for path in objects if path != victim])
        digest = victim.name.removesuffix(".xxh128")

        outcome = self.attache.download(manifest, root, restored, f"file://{store}", *chunks)
        assert outcome.status == (NOT_FOUND if kind == "remove" else INTEGRITY), f"after {kind}: {outcome}"
        assert digest in outcome.stderr, f"after {kind}, the object {digest} is not named: {outcome}"

        entries = objects_of_files(manifest)
        for path, content in (files_below(restored) if restored.exists() else {}).items():
            if os.path.basename(path).startswith(b".attache-"):
                continue  # for the next run to go on with
            assert path in entries, f"after {kind}, left over: {path}"
            assert digest not in entries[path], f"after {kind}, restored from a damaged object: {path}"
            with open(os.path.join(os.fsencode(root), path), "rb") as original:
                assert content == original.read(), f"after {kind}, other bytes: {path}"
