"""corruption: one object of a directory store is damaged; the download must fail, name it, restore no wrong byte."""

import json
import os

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


class CorruptionCampaign:
    def __init__(self, scratch):
        self.attache = Attache(scratch / "home")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, rng, folder):
        root, restored, store = folder / "project", folder / "restored", folder / "store"
        make_random_tree(rng, root)
        manifest = self.attache.snapshot(str(root), str(folder / "manifests"))
        outcome = self.attache.upload(manifest, str(root), f"file://{store}")
        assert outcome.status == 0, outcome

        objects = sorted((store / "Data").iterdir())
        victim = rng.choice(objects)
        kind = damage(rng, victim, [path for path in objects if path != victim])
        digest = victim.name.removesuffix(".xxh128")

        outcome = self.attache.download(manifest, root, restored, f"file://{store}")
        assert outcome.status == (NOT_FOUND if kind == "remove" else INTEGRITY), f"after {kind}: {outcome}"
        assert digest in outcome.stderr, f"after {kind}, the object {digest} is not named: {outcome}"

        with open(manifest, encoding="ascii") as file:
            entries = {os.fsencode(entry["path"]): entry["hash"] for entry in json.load(file)["paths"]}
        for path, content in (files_below(restored) if restored.exists() else {}).items():
            assert path in entries, f"after {kind}, left over: {path}"
            assert entries[path] != digest, f"after {kind}, restored from a damaged object: {path}"
            with open(os.path.join(os.fsencode(root), path), "rb") as original:
                assert content == original.read(), f"after {kind}, other bytes: {path}"
