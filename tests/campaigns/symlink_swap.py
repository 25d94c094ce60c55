"""symlink-swap: downloads into a tree in which directories and files are swapped with links that lead outside.

Nothing outside is ever made, changed or removed. A case is a download; they share one process and one tree, so --only
repeats none.
"""

import re

from driver_campaign import DriverCampaign


class SymlinkSwapCampaign(DriverCampaign):
    driver = "attache_swap_driver"

    def arguments(self):
        return [str(self.scratch)]

    def judge(self, outcome, count):
        counts = re.search(r"DOWNLOADS (\d+) DONE (\d+) REFUSED (\d+) SWAPS (\d+) OUTSIDE (\d+)", outcome.stdout)
        if not counts or outcome.returncode not in (0, 1):
            return None
        downloads, done, refused, swaps, outside = map(int, counts.groups())
        # Without swaps, or with refusals alone, nothing would be shown.
        one_sided = count >= 1000 and (swaps < downloads // 10 or done == 0 or refused == 0)
        return outside + one_sided
