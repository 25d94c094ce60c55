"""Failures of the service: credentials, bucket, connection."""

import time

from failure_case import NETWORK, NOT_FOUND, REFUSED, SECRET, FailureCase
from support.faulty_server import FaultyServer
from support.s3_server import S3Server, free_port

# A person waits for this. Retries are welcome, a minute of them is not.
PATIENCE_SECONDS = 60


class ServiceFailures(FailureCase):
    """Against a real S3 server."""

    @classmethod
    def setUpClass(cls):
        cls.server = S3Server.start_for(cls)
        cls.bucket = cls.server.make_bucket("bucket")

    def assert_both_fail(self, status, *named, uri="s3://bucket/prefix", **variables):
        """Upload and download fail alike, and leave nothing on either side."""
        environment = self.server.environment(**variables)
        manifest = self.make_snapshot()
        outcome = self.attache.upload(manifest, str(self.project), uri, environment=environment)
        self.assert_failure(outcome, status, *named)
        self.assertEqual(list(self.bucket.rglob("*.xxh128")), [])
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
        outcome = self.attache.upload(manifest, str(self.project), "s3://bucket/prefix", environment=environment)
        self.assert_failure(outcome, REFUSED, "credentials")

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
