"""Runs in the incumbent's virtual environment: signs requests, resolves S3 endpoints and finds credentials with botocore.

Reads one JSON request a line and answers with one JSON line, in the form of tests/campaigns/sigv4_driver.cpp and
credentials_driver.cpp.
"""

import datetime
import gzip
import json
import os
import sys
import urllib.parse
from pathlib import Path

import botocore
import botocore.auth
import botocore.session
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError


def sign(ask):
    now = datetime.datetime.fromtimestamp(ask["time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda *_: now
    credentials = Credentials(ask["access_key"], ask["secret_key"], ask["token"] or None)
    is_s3 = ask["service"] == "s3"
    arguments = (credentials, ask["service"], ask["region"])
    if ask["expires"]:
        kind = botocore.auth.S3SigV4QueryAuth if is_s3 else botocore.auth.SigV4QueryAuth
        signer = kind(*arguments, expires=ask["expires"])
    else:
        signer = (botocore.auth.S3SigV4Auth if is_s3 else botocore.auth.SigV4Auth)(*arguments)
    # The hash is an input here: what botocore would hash, and when it would not, is not the subject.
    signer.payload = lambda _: ask["payload_hash"]

    url = ask["url"] + "/" + urllib.parse.quote(ask["key"], safe="/-._~")
    request = AWSRequest(method=ask["method"], url=url, params=[tuple(pair) for pair in ask["query"]])
    for name, value in ask["headers"]:
        request.headers.add_header(name, value)

    seen = {}

    def remember(name):
        inner = getattr(signer, name)

        def remembering(*call):
            seen[name] = inner(*call)
            return seen[name]

        setattr(signer, name, remembering)

    for name in ("canonical_request", "string_to_sign", "signature"):
        remember(name)
    signer.add_auth(request)
    if ask["expires"]:
        seen["query"] = urllib.parse.urlsplit(request.url).query
    else:
        seen["authorization"] = request.headers["Authorization"]
    return seen


class Endpoints:
    def __init__(self):
        data = Path(botocore.__file__).parent / "data"
        with gzip.open(data / "s3" / "2006-03-01" / "endpoint-rule-set-1.json.gz") as rules:
            partitions = json.loads((data / "partitions.json").read_text())
            self.provider = EndpointProvider(json.load(rules), partitions)

    def resolve(self, ask):
        custom = ask["endpoint_url"]
        parameters = {
            "Bucket": ask["bucket"],
            "Region": ask["region"],
            # As botocore's own client: a custom endpoint switches both off, and path style on.
            "UseFIPS": ask["fips"] and not custom,
            "UseDualStack": ask["dualstack"] and not custom,
            "Accelerate": ask["accelerate"],
            "ForcePathStyle": ask["addressing"] == "path" or bool(custom and not ask["accelerate"]),
        }
        if custom:
            parameters["Endpoint"] = custom
        if ask["accelerate"] and ask["fips"]:
            parameters["UseFIPS"] = True
        try:
            return {"url": self.provider.resolve_endpoint(**parameters).url}
        except BotoCoreError as error:
            return {"error": str(error)}


def credentials(ask):
    """HOME must be the one that this process was started with: botocore looks it up when it is imported."""
    assert ask["home"] == os.environ["HOME"]
    os.environ.clear()
    os.environ.update(ask["environment"], HOME=ask["home"])
    try:
        session = botocore.session.Session(profile=ask["profile"] or None)
        found = session.get_credentials()
        if found is None:
            return {"error": "no credentials"}
        frozen = found.get_frozen_credentials()
    except Exception as error:  # whatever botocore says, it has no credentials
        return {"error": f"{type(error).__name__}: {error}"}
    return {
        "key": frozen.access_key,
        "secret": frozen.secret_key,
        "token": frozen.token or "",
        "account": frozen.account_id or "",
    }


def main():
    endpoints = Endpoints()
    for line in sys.stdin:
        ask = json.loads(line)
        if "sign" in ask:
            answer = sign(ask["sign"])
        elif "endpoint" in ask:
            answer = endpoints.resolve(ask["endpoint"])
        else:
            answer = credentials(ask)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
