"""s3-faults: random operations on an S3 store of which 5 % of all requests fail in one of twenty ways.

Every object that is read, listed or left in the end is one that a model says may be there. A case is an operation; they
are not independent, so --only repeats none.
"""

import re

from driver_campaign import DriverCampaign


class S3FaultsCampaign(DriverCampaign):
    driver = "attache_fault_driver"

    def judge(self, outcome, count):
        counts = re.search(r"FAILED (\d+) REQUESTS (\d+) FAULTS (\d+) .* WRONG (\d+)", outcome.stdout)
        if not counts or outcome.returncode not in (0, 1):
            return None
        failed, requests, faults, wrong = map(int, counts.groups())
        # Without faults, or with errors alone, nothing would be shown. 5 % go wrong, and most of that is mended.
        return wrong + (count >= 1000 and (faults * 30 < requests or failed * 20 > count))
