"""manifest-properties: the laws of manifests (src/manifest/testing/laws.hpp) and every other property of the module.

A case is a random one of each property; rapidcheck makes them and reduces a failure to the least input that shows it.
"""

import os
import re
import subprocess
from pathlib import Path

from base_campaign import Campaign
from support.program import needed

PROPERTIES = "*Law.*:*Property.*"


class ManifestPropertiesCampaign(Campaign):
    def __init__(self, scratch):
        super().__init__(scratch)
        # beside the command, in the same build
        self.program = Path(needed("ATTACHE_COMMAND", "the attache program to test")).parents[1] / "manifest/attache_manifest_tests"

    def run_all(self, count, seed, only):
        """All cases in one process; `only` chooses a property by its number. Gives the numbers passed and failed."""
        chosen = PROPERTIES if only is None else self.names()[only]
        outcome = subprocess.run(
            [self.program, f"--gtest_filter={chosen}"],
            env={**os.environ, "RC_PARAMS": f"max_success={count} seed={seed}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        passed = re.findall(r"^\[       OK \] (\S+) \((\d+) ms\)$", outcome.stdout, re.MULTILINE)
        failed = set(re.findall(r"^\[  FAILED  \] (\w+\.\w+)", outcome.stdout, re.MULTILINE))
        for name, milliseconds in passed:
            print(f"{name}: {count} cases, {int(milliseconds) / 1000:.1f} s")
        if failed or outcome.returncode != 0:
            print(outcome.stdout)
        for name in sorted(failed):
            print(f"FAILED {name} (repeat: RC_PARAMS='max_success={count} seed={seed}')")
        crashed = outcome.returncode != 0 and not failed
        return count * len(passed), len(failed) + crashed

    def names(self):
        listed = subprocess.run(
            [self.program, "--gtest_list_tests", f"--gtest_filter={PROPERTIES}"], capture_output=True, text=True, check=True
        ).stdout
        names, suite = [], ""
        for line in listed.splitlines()[1:]:
            if line.startswith("  "):
                names.append(suite + line.strip())
            else:
                suite = line.strip()
        return names
