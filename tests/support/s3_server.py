"""A real S3 server (versitygw) on a free loopback port. Its objects are plain files below `folder`."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from support.program import needed

ACCESS_KEY = "123456789012"  # the server takes it for the account id, so that x-amz-expected-bucket-owner works
SECRET_KEY = "a test's secret/+="
REGION = "us-east-1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class S3Server:
    """Use it in a `with` statement, or start() and stop()."""

    def __init__(self, folder):
        self.folder = Path(folder) / "buckets"
        self.log = Path(folder) / "server.log"
        self.iam = Path(folder) / "iam"
        self.process = None
        self.port = None

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def environment(self, **changes):
        """What a client needs to know, as environment variables."""
        variables = {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ACCOUNT_ID": ACCESS_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        return {**variables, **changes}

    def start(self):
        program = needed("ATTACHE_VERSITYGW", "the versitygw program")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.iam.mkdir(exist_ok=True)
        for _ in range(5):  # another program may take the port between probe and start
            self.port = free_port()
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    [program, "--port", f"127.0.0.1:{self.port}", "--quiet", "--keep-alive", "--iam-dir", self.iam]
                    + ["posix", self.folder],
                    env={**os.environ, "ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if self._answers():
                return self
            self.stop()
        raise AssertionError(f"versitygw does not start:\n{self.log.read_text(errors='replace')}")

    def _answers(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.endpoint, timeout=1)
                return True
            except urllib.error.HTTPError:
                return True  # an answer: it wants a signature
            except OSError:
                time.sleep(0.02)
        return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def make_bucket(self, name):
        """A folder is a bucket; returns it."""
        bucket = self.folder / name
        bucket.mkdir()
        return bucket

    @classmethod
    def start_for(cls, test_class):
        """One for all tests of a class, in a folder of its own; both go when they have run."""
        folder = tempfile.mkdtemp(prefix="attache-s3-")
        test_class.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        server = cls(folder).start()
        test_class.addClassCleanup(server.stop)
        return server

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
