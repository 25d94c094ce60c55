"""mutation-race: snapshots of both formats while another thread changes, truncates, replaces and deletes files.

Every entry of every manifest is a content that the file really had, or the snapshot says which file changed. A case is
a snapshot; they are not independent, so --only repeats none: the seed repeats the writer's choices, not its timing.
"""

import re

from driver_campaign import DriverCampaign


class MutationRaceCampaign(DriverCampaign):
    driver = "attache_race_driver"

    def arguments(self):
        return [self.scratch]

    def judge(self, outcome, count):
        counts = re.search(r"COMPLETE (\d+) REPORTED (\d+) WRONG (\d+)", outcome.stdout)
        if not counts:
            return None
        complete, _, wrong = map(int, counts.groups())
        # Errors alone would show nothing.
        return wrong + (count >= 20 and complete == 0)
