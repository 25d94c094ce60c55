"""A campaign whose cases all run in one process of a driver program.

The cases are not independent, so --only repeats none.
"""

import subprocess

from base_campaign import Campaign
from support.program import driver_program


class DriverCampaign(Campaign):
    """Derived classes say which `driver` it is, and what its output means: judge()."""

    driver = None

    def __init__(self, scratch):
        super().__init__(scratch)
        self.program = driver_program(self.driver)

    def arguments(self):
        """What the driver is told before count and seed."""
        return []

    def judge(self, outcome, count):
        """The number of wrong cases, or None if the driver did not get to its end."""
        raise NotImplementedError

    def run_all(self, count, seed, only):
        """Gives the numbers passed and failed."""
        del only
        command = [self.program, *self.arguments(), str(count), str(seed % 2**32)]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        print(outcome.stdout.strip(), outcome.stderr.strip())
        wrong = self.judge(outcome, count)
        if wrong is None:
            return 0, count
        return count - min(wrong, count), wrong
