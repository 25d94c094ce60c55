"""submit-mutation: trees are submitted while another thread changes, truncates, replaces and deletes their files.

No object is ever stored under a hash that its bytes do not have, and no manifest without its data; what could not be
submitted is reported as changed. A case is a submission; they are not independent, so --only repeats none: the seed
repeats the writer's choices, not its timing.
"""

import re

from driver_campaign import DriverCampaign


class SubmitMutationCampaign(DriverCampaign):
    driver = "attache_submit_driver"

    def arguments(self):
        return [self.scratch]

    def judge(self, outcome, count):
        counts = re.search(r"COMPLETE (\d+) REPORTED (\d+) WRONG (\d+)", outcome.stdout)
        if not counts or outcome.returncode not in (0, 1):
            return None
        complete, reported, wrong = map(int, counts.groups())
        # Errors alone would show nothing, and neither would a writer that never comes in between.
        return wrong + (count >= 100 and (complete == 0 or reported == 0))
