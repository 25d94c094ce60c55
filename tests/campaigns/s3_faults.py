"""s3-faults: random operations on an S3 store of which 5 % of all requests fail in one of twenty ways.

Every object that is read, listed or left in the end is one that a model says may be there. A case is an operation; they
are not independent, so --only repeats none.
"""

import re
import subprocess
from pathlib import Path

from support.program import needed


class S3FaultsCampaign:
    def __init__(self, scratch):
        del scratch
        build = Path(needed("ATTACHE_COMMAND", "the attache program to test")).parents[2]
        self.program = build / "tests/campaigns/attache_fault_driver"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run_all(self, count, seed, only):
        """All operations in one process. Gives the numbers passed and failed."""
        del only
        outcome = subprocess.run(
            [self.program, str(count), str(seed % 2**32)], capture_output=True, text=True, check=False
        )
        print(outcome.stdout.strip(), outcome.stderr.strip())
        counts = re.search(r"FAILED (\d+) REQUESTS (\d+) FAULTS (\d+) .* WRONG (\d+)", outcome.stdout)
        if not counts or outcome.returncode not in (0, 1):
            return 0, count
        failed, requests, faults, wrong = map(int, counts.groups())
        # Without faults, or with errors alone, nothing would be shown. 5 % go wrong, and most of that is mended.
        wrong += count >= 1000 and (faults * 30 < requests or failed * 20 > count)
        return count - min(wrong, count), wrong
