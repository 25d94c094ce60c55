"""Runs the C++ suite of the ObjectStore contract, and of S3's own operations, against a real server."""

import json
import os
import subprocess
from pathlib import Path

from support.cases import FolderCase
from support.program import needed
from support.s3_server import ACCESS_KEY, REGION, SECRET_KEY


class StoreContractCase(FolderCase):
    def run_contract(self, server, account, **variables):
        """The names of the cases that were skipped."""
        program = Path(needed("ATTACHE_BUILD_DIR", "the build directory")) / "tests/s3_live/attache_s3_live_tests"
        with server:
            server.create_bucket("bucket")
            report = server.log.parent / "report.json"
            run = subprocess.run(
                [program, f"--gtest_output=json:{report}"],
                env={
                    **os.environ,
                    "ATTACHE_TEST_S3_ENDPOINT": server.endpoint,
                    "ATTACHE_TEST_S3_BUCKET": "bucket",
                    "ATTACHE_TEST_S3_ACCESS_KEY": ACCESS_KEY,
                    "ATTACHE_TEST_S3_SECRET_KEY": SECRET_KEY,
                    "ATTACHE_TEST_S3_REGION": REGION,
                    "ATTACHE_TEST_S3_ACCOUNT": account,
                    "ATTACHE_TEST_S3_CA_BUNDLE": str(server.certificate or ""),
                    **variables,
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=300,
                text=True,
                errors="replace",
            )
        self.assertEqual(run.returncode, 0, run.stdout[-20000:])
        cases = [case for suite in json.loads(report.read_text())["testsuites"] for case in suite["testsuite"]]
        skipped = [case["name"] for case in cases if case.get("result") == "SKIPPED"]
        self.assertGreaterEqual(len(cases), 40)
        return skipped
