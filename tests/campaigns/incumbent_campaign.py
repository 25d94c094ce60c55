"""A campaign that asks the library and the incumbent the same, and compares their answers."""

from base_campaign import Campaign
from support.incumbent import Incumbent
from support.line_process import LineProcess
from support.program import driver_program


class IncumbentCampaign(Campaign):
    """`incumbent` runs meanwhile, and with it `driver`: the `program` of tests/campaigns that answers for the library."""

    program = None
    driver = None

    def __init__(self, scratch):
        super().__init__(scratch)
        self.incumbent = Incumbent(scratch / "incumbent")

    def __enter__(self):
        self.incumbent.__enter__()
        if self.program:
            self.driver = LineProcess(driver_program(self.program))
        return self

    def __exit__(self, *error):
        if self.driver:
            self.driver.close()
        self.incumbent.__exit__(*error)
