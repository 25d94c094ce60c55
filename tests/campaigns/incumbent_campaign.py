"""A campaign that asks the library, behind a driver program, and the incumbent the same, and compares their answers."""

from support.incumbent import Incumbent
from support.line_process import LineProcess
from support.program import driver_program


class IncumbentCampaign:
    """Derived classes say which `program` of tests/campaigns answers for the library, and run()."""

    program = None

    def __init__(self, scratch):
        self.incumbent = Incumbent(scratch / "incumbent")

    def __enter__(self):
        self.incumbent.__enter__()
        try:
            self.driver = LineProcess(driver_program(self.program))
        except BaseException:  # who is not entered is not left
            self.incumbent.__exit__()
            raise
        return self

    def __exit__(self, *error):
        self.driver.close()
        self.incumbent.__exit__(*error)
