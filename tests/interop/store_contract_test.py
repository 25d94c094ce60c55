"""The contract that every ObjectStore keeps, checked by the C++ suite against a real S3 server."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.program import needed
from support.s3_server import ACCESS_KEY, REGION, SECRET_KEY, S3Server


class StoreContract(unittest.TestCase):
    def test_the_s3_store_keeps_it_on_a_real_server(self):
        program = Path(needed("ATTACHE_BUILD_DIR", "the build directory")) / "tests/s3_live/attache_s3_live_tests"
        scratch = Path(tempfile.mkdtemp(prefix="attache-contract-"))
        self.addCleanup(shutil.rmtree, scratch, ignore_errors=True)
        with S3Server(scratch / "s3") as server:
            server.make_bucket("bucket")
            report = scratch / "report.json"
            run = subprocess.run(
                [program, f"--gtest_output=json:{report}"],
                env={
                    **os.environ,
                    "ATTACHE_TEST_S3_ENDPOINT": server.endpoint,
                    "ATTACHE_TEST_S3_BUCKET": "bucket",
                    "ATTACHE_TEST_S3_ACCESS_KEY": ACCESS_KEY,
                    "ATTACHE_TEST_S3_SECRET_KEY": SECRET_KEY,
                    "ATTACHE_TEST_S3_REGION": REGION,
                    "ATTACHE_TEST_S3_ACCOUNT": ACCESS_KEY,
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
        self.assertEqual(skipped, [])
        self.assertGreater(len(cases), 20)
