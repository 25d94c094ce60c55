"""roundtrip: a random tree, uploaded to a directory store and downloaded elsewhere, is identical.

By manifests of both formats; in the new one links, empty directories and what is runnable come back, and a snapshot of
the restored tree has the same bytes.
"""

import os

from base_campaign import Campaign
from compare_trees import compare
from support.program import Attache
from support.trees import make_random_tree


class RoundtripCampaign(Campaign):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.attache = Attache(scratch / "home")

    def run(self, rng, folder):
        root, restored, store = folder / "project", folder / "restored", f"file://{folder}/store"
        make_random_tree(rng, root)
        if rng.random() < 0.5:
            self.run_new_format(rng, folder)
            return
        manifest = self.attache.snapshot(str(root), str(folder / "manifests"))
        outcome = self.attache.upload(manifest, str(root), store)
        assert outcome.status == 0, outcome
        outcome = self.attache.download(manifest, root, restored, store)
        assert outcome.status == 0, outcome
        result = compare(root, restored, manifest)
        assert result.identical, result.differences

    def run_new_format(self, rng, folder):
        root, restored, store = folder / "project", folder / "restored", f"file://{folder}/store"
        chunks = ("--chunk-size", str(rng.choice((1000, 70_000, 1 << 28))))
        for parent, _, names in os.walk(os.fsencode(root)):
            for name in names:
                path = os.path.join(parent, name)
                if rng.random() < 0.3 and not os.path.islink(path):
                    os.chmod(path, 0o755)
        how = ("--format", "v2025-12", "--symlinks", "exclude-escaping", "--no-cache", *chunks)
        manifest = self.attache.snapshot(str(root), str(folder / "manifests"), *how)
        outcome = self.attache.upload(manifest, str(root), store, *chunks)
        assert outcome.status == 0, outcome
        outcome = self.attache.download(manifest, root, restored, store, *chunks)
        assert outcome.status == 0, outcome
        again = self.attache.snapshot(str(restored), str(folder / "again"), *how)
        with open(manifest, "rb") as before, open(again, "rb") as after:
            assert before.read() == after.read(), f"{manifest} and {again} differ"
