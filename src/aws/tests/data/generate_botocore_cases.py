#!/usr/bin/env python3
"""Writes botocore_s3_cases.json: signatures that botocore makes for S3, with keys that are easy to get wrong.

Needs botocore (any recent version; the one used is in PROVENANCE.md). Usage: generate_botocore_cases.py > botocore_s3_cases.json
"""

import datetime
import hashlib
import json
import sys
import urllib.parse
from unittest import mock

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2024, 2, 29, 23, 59, 58)
HOST = "https://bucket.s3.eu-west-1.amazonaws.com"
TOKEN = "AQoDYXdzEPT//////////wEXAMPLE+token/with=signs=="

KEYS = [
    "plain.txt", "a b", "a+b", "a=b&c", "a:b", "a//b", "/leading", "trailing/", "../up", "a/./b", "a/../b", ".", "~tilde~",
    "caf\u00e9/\u65e5\u672c\u8a9e", "\U0001f600", "100%", "%41", "q?x", "#hash", "semi;comma,", "a'b\"c", "(x)[y]{z}",
    "star*!$@", "back\\slash", "tab\there", "Data/0123456789abcdef0123456789abcdef.xxh128",
]
QUERIES = [
    [], [("list-type", "2"), ("prefix", "a b/\u00e9+=&"), ("max-keys", "1000")], [("uploads", "")],
    [("partNumber", "10"), ("uploadId", "a/b+c==")], [("a", "2"), ("a", "1"), ("A", "0"), ("a-b", "")],
]


def make(method, key, query, token, body, extra, presign):
    quoted = urllib.parse.quote(key, safe="/~")
    text = "&".join(f"{urllib.parse.quote(n, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for n, v in query)
    url = f"{HOST}/{quoted}" + (f"?{text}" if text else "")
    request = AWSRequest(method=method, url=url, data=body, headers=dict(extra))
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    # Without a client configuration botocore would leave payloads out over https.
    request.context["payload_signing_enabled"] = True
    if presign:
        auth = botocore.auth.S3SigV4QueryAuth(credentials, "s3", "eu-west-1", expires=3600)
    else:
        auth = botocore.auth.S3SigV4Auth(credentials, "s3", "eu-west-1")
    seen = {}
    original = auth.string_to_sign

    def spy(req, canonical):
        seen["canonical"] = canonical
        seen["sts"] = original(req, canonical)
        return seen["sts"]

    auth.string_to_sign = spy
    with mock.patch("botocore.auth.get_current_datetime", lambda remove_tzinfo=True: NOW):
        auth.add_auth(request)
    case = {
        "method": method, "key": key, "query": query, "token": token or "", "body": body.decode("latin-1"),
        "headers": extra, "canonical_request": seen["canonical"], "string_to_sign": seen["sts"],
    }
    if presign:
        case["signed_query"] = urllib.parse.urlsplit(request.url).query
    else:
        case["authorization"] = request.headers["Authorization"]
        case["payload_hash"] = hashlib.sha256(body).hexdigest()
    return case


def main():
    header, presigned = [], []
    for key in KEYS:
        header.append(make("GET", key, [], None, b"", [], False))
        presigned.append(make("GET", key, [], None, b"", [], True))
    for query in QUERIES:
        for token in (None, TOKEN):
            header.append(make("POST", "k", query, token, b"<xml/>", [], False))
            # botocore's query signer drops parameters that come twice.
            if len({name for name, _ in query}) == len(query):
                presigned.append(make("GET", "k", query, token, b"", [], True))
    extra = [("Range", "bytes=0-9"), ("x-amz-meta-file-system-location-name", "  two  spaces "),
             ("x-amz-expected-bucket-owner", "123456789012"), ("Content-Type", "text/plain")]
    header.append(make("PUT", "Data/x", [], TOKEN, bytes(range(256)), extra, False))
    json.dump({"botocore": botocore.__version__, "header": header, "presigned": presigned}, sys.stdout,
              indent=1)
    print()


main()
