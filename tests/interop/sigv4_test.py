"""Signatures and S3 endpoints are botocore's: the same bytes at every step, for random requests.

ATTACHE_SIGV4_SEED repeats a run, ATTACHE_SIGV4_COUNT changes the number of requests.
"""

import itertools
import os
import random
import unittest
import urllib.parse

from support.line_process import start_botocore, start_ours

REQUESTS = 500
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
KEY_PARTS = (
    "a", "Z", "0", "é", "ß", "日本", "🎬", " ", "  ", "%", "%41", "%2F", "+", "~", "/", "//", "..", ".", "&", "=", "?",
    "#", "*", "'", '"', "(", ")", "!", "@", ":", ";", ",", "$", "[", "]", "{", "}", "|", "\\", "^", "`", "<", ">", "\t",
)  # fmt: skip
NAMES = ("prefix", "list-type", "partNumber", "uploadId", "X-Custom", "a", "a-b", "a b", "é", "a%", "acl", "x-id", "A")
HEADERS = (
    "content-type", "Content-MD5", "x-amz-meta-Note", "X-Amz-Meta-empty", "range", "If-Match", "x-amz-tagging", "Expect",
    "x-amz-checksum-crc64nvme", "x-amz-expected-bucket-owner", "Cache-Control", "User-Agent", "x-amz-request-payer",
    "Connection", "TE", "traceparent", "x-amz-object-attributes",
)  # fmt: skip


def text(rng, parts, most):
    return "".join(rng.choice(parts) for _ in range(rng.randint(0, most)))


def spaced(rng):
    """A header's value with runs of spaces, also at its ends."""
    return text(rng, ("a", "B", "7", " ", "   ", ",", ";", "=", "/", "+", '"'), 12)


def random_request(rng):
    presigned = rng.random() < 0.3
    service = "s3" if rng.random() < 0.8 else rng.choice(("sts", "sso", "execute-api"))
    query = [(rng.choice(NAMES), text(rng, KEY_PARTS, 3)) for _ in range(rng.randint(0, 5))]
    headers = [(rng.choice(HEADERS), spaced(rng)) for _ in range(rng.randint(0, 6))]
    if presigned:
        # botocore keeps one value of each name, and drops a Content-Type of forms.
        query = list(dict(query).items())
    payload_hash = rng.choice((EMPTY_HASH, "UNSIGNED-PAYLOAD", f"{rng.getrandbits(256):064x}"))
    if presigned and service == "s3":
        payload_hash = "UNSIGNED-PAYLOAD"
    # Other services' paths are normalised, which S3's never are: one segment keeps the difference out of it.
    key = text(rng, KEY_PARTS, 12) if service == "s3" else text(rng, ("a", "b c", "é", "+", "~", "%"), 5)
    host = rng.choice(("bucket.s3.eu-west-1.amazonaws.com", "127.0.0.1:9000", "s3.example:443", "[::1]:9000"))
    return {
        "method": rng.choice(("GET", "HEAD", "PUT", "POST", "DELETE")),
        "url": rng.choice(("https", "http")) + "://" + host + rng.choice(("", "/bucket")),
        "key": key,
        "query": query,
        "headers": headers,
        "payload_hash": payload_hash,
        "time": rng.randint(1_000_000_000, 4_000_000_000),
        "region": rng.choice(("us-east-1", "eu-west-1", "cn-north-1")),
        "service": service,
        "expires": rng.choice((1, 900, 604_800)) if presigned else 0,
        "access_key": "AKID" + f"{rng.getrandbits(64):016X}",
        "secret_key": text(rng, ("a", "Z", "0", "/", "+", "="), 40) or "secret",
        "token": rng.choice(("", text(rng, ("a", "Z", "0", "/", "+", "="), 200))),
    }


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.theirs = start_botocore(cls)
        cls.ours = start_ours(cls, "attache_sigv4_driver")

    def test_random_requests_have_the_same_canonical_request_string_to_sign_and_signature(self):
        seed = int(os.environ.get("ATTACHE_SIGV4_SEED") or random.SystemRandom().getrandbits(32))
        count = int(os.environ.get("ATTACHE_SIGV4_COUNT") or REQUESTS)
        presigned = 0
        for number in range(count):
            request = random_request(random.Random(f"{seed}/{number}"))
            ours, theirs = self.ours.ask({"sign": request}), self.theirs.ask({"sign": request})
            where = f"seed {seed}, request {number}: {request}"
            for step in ("canonical_request", "string_to_sign", "signature"):
                self.assertEqual(ours[step], theirs[step], where)
            if request["expires"]:
                presigned += 1
                # botocore sends its own order of parameters; what is signed is the same.
                pairs = [sorted(urllib.parse.parse_qsl(one["query"], True)) for one in (ours, theirs)]
                self.assertEqual(*pairs, where)
            else:
                self.assertEqual(ours["authorization"], theirs["authorization"], where)
        print(f"{count} signed requests equal to botocore's, {presigned} of them presigned, seed {seed}", flush=True)

    def test_s3_endpoints_and_refused_combinations_are_the_same(self):
        regions = (
            "us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1",
            "us-isof-south-1", "eusc-de-east-1",
        )  # fmt: skip
        buckets = ("my-bucket", "my.bucket", "Upper", "under_score", "ab", "x" * 63)
        flags = (False, True)
        count = 0
        for region, bucket, url, style, fips, dualstack, accelerate in itertools.product(
            regions, buckets, ("", "https://storage.example"), ("auto", "path"), flags, flags, flags
        ):
            request = {
                "bucket": bucket, "region": region, "endpoint_url": url, "addressing": style, "fips": fips,
                "dualstack": dualstack, "accelerate": accelerate,
            }  # fmt: skip
            ours, theirs = self.ours.ask({"endpoint": request}), self.theirs.ask({"endpoint": request})
            if "error" in theirs:
                self.assertIn("error", ours, f"{request}: botocore says {theirs['error']}")
            else:
                self.assertEqual(ours.get("url", ours.get("error")).rstrip("/"), theirs["url"].rstrip("/"), request)
            count += 1
        print(f"{count} S3 endpoints equal to botocore's", flush=True)


if __name__ == "__main__":
    unittest.main()
