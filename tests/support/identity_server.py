"""STS, IAM Identity Center, a container's endpoint and an instance's metadata on one loopback port.

Whatever gives credentials names in the access key id what it was asked for and by whom.
"""

import json
import re
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EXPIRATION = "2099-01-01T00:00:00Z"
ACCOUNT = "123456789012"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body="", kind="application/json"):
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def keys(self, key):
        return {
            "Code": "Success", "AccessKeyId": key, "SecretAccessKey": "secret of " + key, "Token": "token",
            "Expiration": EXPIRATION,
        }  # fmt: skip

    def do_PUT(self):
        if self.path == "/latest/api/token" and self.headers["x-aws-ec2-metadata-token-ttl-seconds"]:
            self.answer(200, "imds-token", "text/plain")
        else:
            self.answer(404)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        roles = "/latest/meta-data/iam/security-credentials/"
        if url.path == "/federation/credentials":
            key = f"SSO/{self.headers['x-amz-sso_bearer_token']}/{query['account_id']}/{query['role_name']}"
            self.answer(
                200,
                {"roleCredentials": {"accessKeyId": key, "secretAccessKey": "s", "sessionToken": "t",
                                     "expiration": 4_070_908_800_000}},
            )  # fmt: skip
        elif url.path == "/task":
            self.answer(200, self.keys(f"CONTAINER/{self.headers['Authorization']}"))
        elif self.headers["x-aws-ec2-metadata-token"] == "imds-token" and url.path == roles:
            self.answer(200, "instance-role", "text/plain")
        elif self.headers["x-aws-ec2-metadata-token"] == "imds-token" and url.path == roles + "instance-role":
            self.answer(200, self.keys("INSTANCE"))
        else:
            self.answer(404)

    def do_POST(self):
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        action, role = form["Action"], form["RoleArn"]
        if action == "AssumeRole":
            signer = re.search(r"Credential=(.*?)/\d{8}/[a-z0-9-]*/sts/aws4_request", self.headers["Authorization"])[1]
            key = f"ROLE/{role}/{form.get('ExternalId')}/{form.get('DurationSeconds')}/by/{signer}"
        else:
            key = f"WEB/{role}/{form['WebIdentityToken']}"
        self.answer(
            200,
            f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
            f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            f"<Expiration>{EXPIRATION}</Expiration></Credentials><AssumedRoleUser>"
            f"<Arn>arn:aws:sts::{ACCOUNT}:assumed-role/r/s</Arn><AssumedRoleId>x</AssumedRoleId></AssumedRoleUser>"
            f"</{action}Result></{action}Response>",
            "text/xml",
        )


class IdentityServer:
    """Use it in a `with` statement."""

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
