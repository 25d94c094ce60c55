"""manifest-bytes: the manifest of a random tree has the same bytes as the incumbent's."""

from pathlib import Path

from incumbent_campaign import IncumbentCampaign
from support.program import Attache
from support.trees import make_random_tree


class ManifestBytesCampaign(IncumbentCampaign):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.attache = Attache(scratch / "home")

    def run(self, rng, folder):
        root = folder / "project"
        make_random_tree(rng, root)
        theirs = Path(self.incumbent.snapshot(root, folder / "theirs"))
        ours = Path(self.attache.snapshot(str(root), str(folder / "ours")))
        assert ours.read_bytes() == theirs.read_bytes(), f"ours   {ours.read_bytes()}\ntheirs {theirs.read_bytes()}"
