"""Real S3 servers on a free loopback port: versitygw, whose objects are plain files below `folder`, and MinIO."""

import datetime
import hashlib
import hmac
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
import unittest
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


def signature_headers(method, host, path, query=""):
    """The header fields of a request without a body, signed with Signature Version 4. `query` is in canonical form."""
    time_stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    date = time_stamp[:8]
    empty = hashlib.sha256(b"").hexdigest()
    fields = {"host": host, "x-amz-content-sha256": empty, "x-amz-date": time_stamp}
    names = ";".join(fields)
    lines = "".join(f"{name}:{value}\n" for name, value in fields.items())
    canonical = "\n".join([method, path, query, lines, names, empty])
    scope = f"{date}/{REGION}/s3/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{time_stamp}\n{scope}\n" + hashlib.sha256(canonical.encode()).hexdigest()
    key = b"AWS4" + SECRET_KEY.encode()
    for part in [*scope.split("/"), to_sign]:
        key = hmac.digest(key, part.encode(), "sha256")
    credential = f"Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    return {**fields, "authorization": f"AWS4-HMAC-SHA256 {credential}"}


class S3Server:
    """versitygw. Use it in a `with` statement, or start() and stop()."""

    program = ("ATTACHE_VERSITYGW", "the versitygw program")

    def __init__(self, folder, tls=False):
        self.folder = Path(folder) / "buckets"
        self.log = Path(folder) / "server.log"
        self.iam = Path(folder) / "iam"
        self.certificate = Path(folder) / "public.crt" if tls else None  # its own authority, too
        self.key = Path(folder) / "private.key"
        self.process = None
        self.port = None

    @property
    def endpoint(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def command(self, program):
        command = [program, "--port", f"127.0.0.1:{self.port}", "--quiet", "--keep-alive", "--iam-dir", self.iam]
        if self.certificate:
            command += ["--cert", self.certificate, "--key", self.key]
        return [*command, "posix", self.folder]

    def secrets(self):
        """What the server needs to know, as environment variables."""
        return {"ROOT_ACCESS_KEY": ACCESS_KEY, "ROOT_SECRET_KEY": SECRET_KEY}

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
        program = needed(*self.program)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.iam.mkdir(exist_ok=True)
        if self.certificate:
            self.make_certificate()
        for _ in range(5):  # another program may take the port between probe and start
            self.port = free_port()
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(
                    self.command(program),
                    env={**os.environ, **self.secrets()},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            if self._answers():
                return self
            self.stop()
        raise AssertionError(f"{program} does not start:\n{self.log.read_text(errors='replace')}")

    def make_certificate(self):
        """For 127.0.0.1, and valid for a day."""
        openssl = shutil.which("openssl")
        if not openssl:
            raise unittest.SkipTest("openssl, which makes the certificate, is not installed")
        subprocess.run(
            [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
            + ["-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
            + ["-keyout", self.key, "-out", self.certificate],
            check=True,
            capture_output=True,
        )

    def _open(self, request, timeout):
        context = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        return urllib.request.urlopen(request, timeout=timeout, context=context)

    def _answers(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self._open(self.endpoint, timeout=1)
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

    def create_bucket(self, name):
        """As a client does it: owned by ACCESS_KEY. Returns the folder of its objects."""
        self.send("PUT", f"/{name}")
        return self.folder / name

    def send(self, method, path, query=""):
        """A signed request without a body; the body of its answer."""
        headers = signature_headers(method, f"127.0.0.1:{self.port}", path, query)
        url = f"{self.endpoint}{path}" + (f"?{query}" if query else "")
        request = urllib.request.Request(url, data=b"", method=method, headers=headers)
        with self._open(request, timeout=10) as answer:
            return answer.read().decode()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class MinioServer(S3Server):
    """MinIO, the other real server. It knows no accounts: no owner is to be demanded of it."""

    program = ("ATTACHE_MINIO", "the minio program")

    def command(self, program):
        command = [program, "server", "--quiet", "--address", f"127.0.0.1:{self.port}", "--certs-dir", self.key.parent]
        return [*command, self.folder]

    def secrets(self):
        return {"MINIO_ROOT_USER": ACCESS_KEY, "MINIO_ROOT_PASSWORD": SECRET_KEY, "MINIO_BROWSER": "off"}
