"""cancel-latency: calls of an S3 store are cancelled wherever they can be: connecting, waiting, sending, backing off, ...

99 of 100 end within 250 ms, all with `cancelled`, and no connection or descriptor is left. A case is a call; they are not
independent, so --only repeats none.
"""

import re

from driver_campaign import DriverCampaign

MOST_MICROSECONDS = 250_000


class CancelLatencyCampaign(DriverCampaign):
    driver = "attache_cancel_driver"

    def judge(self, outcome, count):
        numbers = re.search(r"WRONG (\d+) P50 \d+ P99 (\d+) MAX \d+ LEFT (\d+)", outcome.stdout)
        if not numbers or outcome.returncode not in (0, 1):
            return None
        wrong, p99, left = map(int, numbers.groups())
        return wrong + left + (p99 > MOST_MICROSECONDS)
