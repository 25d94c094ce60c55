"""roundtrip: a random tree, uploaded to a directory store and downloaded elsewhere, is identical."""

from compare_trees import compare
from support.program import Attache
from support.trees import make_random_tree


class RoundtripCampaign:
    def __init__(self, scratch):
        self.attache = Attache(scratch / "home")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, rng, folder):
        root, restored, store = folder / "project", folder / "restored", f"file://{folder}/store"
        make_random_tree(rng, root)
        manifest = self.attache.snapshot(str(root), str(folder / "manifests"))
        outcome = self.attache.upload(manifest, str(root), store)
        assert outcome.status == 0, outcome
        outcome = self.attache.download(manifest, root, restored, store)
        assert outcome.status == 0, outcome
        result = compare(root, restored, manifest)
        assert result.identical, result.differences
