"""Failures of the service: credentials, bucket, connection."""

import json
import shlex
import time

from failure_case import NETWORK, NOT_FOUND, REFUSED, SECRET, FailureCase
from support.cases import S3Case
from support.faulty_server import FaultyServer
from support.s3_server import ACCESS_KEY, SECRET_KEY, free_port

UNSUPPORTED = 1  # a failure without an exit status of its own

# A person waits for this. Retries are welcome, a minute of them is not.
PATIENCE_SECONDS = 60


class ServiceFailures(S3Case, FailureCase):
    """Against a real S3 server."""

    def assert_both_fail(self, status, *named, uri=None, **variables):
        """Upload and download fail alike, and leave nothing on either side."""
        uri = uri or f"s3://{self.bucket}/prefix"
        environment = self.server.environment(**variables)
        manifest = self.make_snapshot()
        outcome = self.attache.upload(manifest, str(self.project), uri, environment=environment)
        self.assert_failure(outcome, status, *named)
        self.assertEqual(list(self.bucket_folder.rglob("*.xxh128")), [])
        outcome = self.download(manifest, store=uri, environment=environment)
        self.assert_failure(outcome, status, *named)
        self.assert_nothing_restored_but()

    def test_a_wrong_secret_is_refused(self):
        self.assert_both_fail(REFUSED, "bucket", AWS_SECRET_ACCESS_KEY=SECRET)

    def test_an_unknown_key_is_refused(self):
        self.assert_both_fail(REFUSED, AWS_ACCESS_KEY_ID="999999999999", AWS_SECRET_ACCESS_KEY=SECRET)

    def test_no_credentials_are_asked_for(self):
        environment = {
            name: value
            for name, value in self.server.environment().items()
            if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        }
        manifest = self.make_snapshot()
        outcome = self.attache.upload(manifest, str(self.project), f"s3://{self.bucket}/prefix", environment=environment)
        self.assert_failure(outcome, REFUSED, "credentials")

    def upload_as(self, *settings):
        """An upload with a default profile of these settings, and no keys in the environment."""
        folder = self.attache.home / ".aws"
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text("\n".join(("[default]", *settings)) + "\n")
        environment = {
            name: value
            for name, value in self.server.environment().items()
            if name not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ACCOUNT_ID")
        }
        manifest = self.make_snapshot()
        return self.attache.upload(manifest, str(self.project), f"s3://{self.bucket}/by-program", environment=environment)

    def test_a_program_gives_the_keys_that_are_used(self):
        keys = {"Version": 1, "AccessKeyId": ACCESS_KEY, "SecretAccessKey": SECRET_KEY}
        outcome = self.upload_as(f"credential_process = printf %s {shlex.quote(json.dumps(keys))}")
        self.assertEqual(outcome.status, 0, outcome)
        self.assertTrue(list((self.bucket_folder / "by-program").rglob("*.xxh128")))

    def test_a_program_that_fails_is_named_and_what_it_says_is_not_shown(self):
        outcome = self.upload_as(f"credential_process = sh -c 'echo {SECRET}; echo {SECRET} >&2; exit 7' {SECRET}")
        self.assert_failure(outcome, NETWORK, "credential_process of profile 'default'", "'sh' ended with status 7")

    def test_a_role_that_needs_a_device_is_refused_with_what_helps(self):
        outcome = self.upload_as(
            "role_arn = arn:aws:iam::123456789012:role/x", "credential_source = Environment", "mfa_serial = arn:aws:x"
        )
        self.assert_failure(outcome, UNSUPPORTED, "mfa_serial", "aws configure export-credentials --profile default")

    def test_a_missing_bucket_is_named(self):
        self.assert_both_fail(NOT_FOUND, "no-such-bucket", uri="s3://no-such-bucket/prefix")

    def test_no_server_is_named_by_its_address(self):
        endpoint = f"http://127.0.0.1:{free_port()}"
        started = time.monotonic()
        self.assert_both_fail(NETWORK, endpoint.removeprefix("http://"), AWS_ENDPOINT_URL=endpoint)
        self.assertLess(time.monotonic() - started, 2 * PATIENCE_SECONDS)


class ConnectionFailures(FailureCase):
    """Against a server that closes the connection in mid-body."""

    def environment(self, server):
        return {
            "AWS_ACCESS_KEY_ID": "123456789012",
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": server.endpoint,
        }

    def test_a_download_cut_in_mid_body_fails_and_leaves_nothing(self):
        manifest = self.make_upload()
        objects = {
            f"bucket/prefix/Data/{path.name}": path.read_bytes() for path in (self.store / "Data").glob("*.xxh128")
        }
        with FaultyServer(objects, "close") as server:
            outcome = self.download(
                manifest, store="s3://bucket/prefix", environment=self.environment(server), timeout=PATIENCE_SECONDS
            )
            self.assertTrue(server.in_body.is_set(), server.requests)
        self.assert_failure(outcome, NETWORK, "Data/")
        self.assert_nothing_restored_but()

    def test_an_upload_cut_in_mid_body_fails(self):
        manifest = self.make_snapshot()
        with FaultyServer({}, "close") as server:
            outcome = self.attache.upload(
                manifest,
                str(self.project),
                "s3://bucket/prefix",
                environment=self.environment(server),
                timeout=PATIENCE_SECONDS,
            )
            self.assertTrue(server.in_body.is_set(), server.requests)
        self.assert_failure(outcome, NETWORK)
        self.assert_project_is_unchanged()
