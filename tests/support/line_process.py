"""A process that answers each line of JSON with one of its own."""

import json
import subprocess
from pathlib import Path

from support.program import driver_program, needed


class LineProcess:
    def __init__(self, *command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
        )

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.process.args[0]} ended with status {self.process.wait(10)}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def start_ours(test, driver, environment=None):
    """One of the drivers of tests/campaigns; ended with the test class."""
    process = LineProcess(driver_program(driver), environment=environment)
    test.addClassCleanup(process.close)
    return process


def start_botocore(test, environment=None):
    """botocore_driver.py in the incumbent's virtual environment; ended with the test class."""
    python = needed("ATTACHE_INCUMBENT_PYTHON", "the Python of a virtual environment with botocore")
    process = LineProcess(python, str(Path(__file__).with_name("botocore_driver.py")), environment=environment)
    test.addClassCleanup(process.close)
    return process
