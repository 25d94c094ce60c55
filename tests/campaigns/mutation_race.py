"""mutation-race: snapshots of both formats while another thread changes, truncates, replaces and deletes files.

Every entry of every manifest is a content that the file really had, or the snapshot says which file changed. A case is
a snapshot; they are not independent, so --only repeats none: the seed repeats the writer's choices, not its timing.
"""

import re
import subprocess
from pathlib import Path

from support.program import needed


class MutationRaceCampaign:
    def __init__(self, scratch):
        self.scratch = scratch
        build = Path(needed("ATTACHE_COMMAND", "the attache program to test")).parents[2]
        self.program = build / "tests/campaigns/attache_race_driver"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run_all(self, count, seed, only):
        """All snapshots in one process. Gives the numbers passed and failed."""
        del only
        outcome = subprocess.run(
            [self.program, self.scratch, str(count), str(seed % 2**32)], capture_output=True, text=True, check=False
        )
        print(outcome.stdout.strip(), outcome.stderr.strip())
        counts = re.search(r"COMPLETE (\d+) REPORTED (\d+) WRONG (\d+)", outcome.stdout)
        if not counts:
            return 0, count
        complete, _, wrong = map(int, counts.groups())
        # Errors alone would show nothing.
        wrong += count >= 20 and complete == 0
        return count - min(wrong, count), wrong
