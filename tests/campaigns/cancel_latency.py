"""cancel-latency: calls of an S3 store are cancelled wherever they can be: connecting, waiting, sending, backing off, ...

99 of 100 end within 250 ms, all with `cancelled`, and no connection or descriptor is left. A case is a call; they are not
independent, so --only repeats none.
"""

import re
import subprocess
from pathlib import Path

from support.program import needed

MOST_MICROSECONDS = 250_000


class CancelLatencyCampaign:
    def __init__(self, scratch):
        del scratch
        build = Path(needed("ATTACHE_COMMAND", "the attache program to test")).parents[2]
        self.program = build / "tests/campaigns/attache_cancel_driver"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run_all(self, count, seed, only):
        """All calls in one process. Gives the numbers passed and failed."""
        del only
        outcome = subprocess.run(
            [self.program, str(count), str(seed % 2**32)], capture_output=True, text=True, check=False
        )
        print(outcome.stdout.strip(), outcome.stderr.strip())
        numbers = re.search(r"WRONG (\d+) P50 \d+ P99 (\d+) MAX \d+ LEFT (\d+)", outcome.stdout)
        if not numbers or outcome.returncode not in (0, 1):
            return 0, count
        wrong, p99, left = map(int, numbers.groups())
        wrong += left + (p99 > MOST_MICROSECONDS)
        return count - min(wrong, count), wrong
