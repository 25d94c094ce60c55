"""Whose credentials are used is what botocore says, for random settings of a user.

ATTACHE_CREDENTIALS_SEED repeats a run, ATTACHE_CREDENTIALS_COUNT changes the number of cases.
"""

import hashlib
import json
import os
import random
import shutil
import tempfile
import unittest
from collections import Counter
from pathlib import Path

from support.identity_server import IdentityServer
from support.line_process import start_botocore, start_ours

CASES = 250
PROFILES = ("default", "one", "two", "three")


def keys(name, folder):
    return [f"aws_access_key_id = KEY/{name}/{folder}", f"aws_secret_access_key = secret/+{name}"]


class RandomUser:
    """The files and variables of a user, and the profile that they ask for."""

    def __init__(self, rng, home, server):
        self.rng = rng
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_STS": server,
            "AWS_ENDPOINT_URL_SSO": server,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": server,
        }
        if self.likely(0.3):
            self.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        if self.likely(0.2):
            self.environment.update(AWS_ACCESS_KEY_ID="KEY/environment", AWS_SECRET_ACCESS_KEY="s")
            if self.likely(0.5):
                self.environment[rng.choice(("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"))] = "token"
        if self.likely(0.15):
            self.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(home / "token")
            if self.likely(0.8):
                self.environment["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/pod"
        if self.likely(0.3):
            self.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server + "/task"
            if self.likely(0.5):
                self.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic x"
        self.profile = rng.choice(("", "", *PROFILES))
        if self.likely(0.4):
            self.environment["AWS_PROFILE"] = rng.choice(PROFILES)
        self.write()

    def likely(self, probability):
        return self.rng.random() < probability

    def write(self):
        folder = self.home / ".aws"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "sso" / "cache").mkdir(parents=True)
        (self.home / "token").write_text("web-token")
        for name, expires in (("session", "2099-01-01T00:00:00Z"), ("late", "2000-01-01T00:00:00Z"),
                              ("https://sso.example/start", "2099-01-01T00:00:00Z")):  # fmt: skip
            file = folder / "sso" / "cache" / (hashlib.sha1(name.encode()).hexdigest() + ".json")
            file.write_text(json.dumps({"accessToken": "bearer-" + name[:4], "expiresAt": expires}))
        config = []
        credentials = []
        for name in PROFILES:
            config += [f"[{'default' if name == 'default' else 'profile ' + name}]", *self.settings(name)]
            if self.likely(0.35):
                credentials += [f"[{name}]", *keys(name, "credentials")]
                if self.likely(0.3):
                    credentials.append("aws_session_token = token")
        for session in ("session", "late", "gone"):
            config += [f"[sso-session {session}]", "sso_start_url = https://sso.example/start", "sso_region = us-east-1"]
        (folder / "config").write_text("\n".join(config) + "\n")
        (folder / "credentials").write_text("\n".join(credentials) + "\n")

    def settings(self, name):
        lines = []
        if self.likely(0.4):
            lines.append(f"role_arn = arn:aws:iam::123456789012:role/{name}")
            if self.likely(0.3):
                lines.append("external_id = external")
            if self.likely(0.3):
                lines.append("duration_seconds = 1800")
        source = self.rng.random()
        if source < 0.6:
            lines.append("source_profile = " + (self.rng.choice(PROFILES) if self.likely(0.95) else "missing"))
        elif source < 0.9:
            lines.append("credential_source = " + self.rng.choice(("Environment", "EcsContainer", "Ec2InstanceMetadata")))
        elif source < 0.92:
            lines += ["source_profile = default", "credential_source = Environment"]
        elif source < 0.94:
            lines.append("credential_source = Wrong")
        if self.likely(0.1):
            lines.append(f"web_identity_token_file = {self.home / 'token'}")
        if self.likely(0.2):
            lines += self.login()
        if self.likely(0.15):
            lines.append(self.process(name))
        if self.likely(0.2):
            lines += keys(name, "config")
            if self.likely(0.3):
                lines.append("aws_account_id = 111122223333")
        return lines or ["output = json"]

    def login(self):
        lines = ["sso_role_name = role", "sso_account_id = 210987654321"]
        form = self.rng.choice(("session",) * 4 + ("legacy",) * 3 + ("late", "gone", "unknown", "incomplete"))
        if form == "incomplete":
            return lines[self.rng.randint(0, 1) :]
        if form == "legacy":
            return [*lines, "sso_start_url = https://sso.example/start", "sso_region = us-east-1"]
        return [*lines, f"sso_session = {form}"]

    def process(self, name):
        document = {"Version": 1, "AccessKeyId": f"PROCESS/{name}", "SecretAccessKey": "s"}
        if self.likely(0.5):
            document.update(SessionToken="t", Expiration="2099-01-01T00:00:00Z", AccountId="333322221111")
        if self.likely(0.05):
            document["Version"] = 2
        text = json.dumps(document)
        commands = [f"echo '{text}'", "printf %s " + json.dumps(text), f"sh -c 'cat {self.home}/process-{name}'"]
        return "credential_process = " + self.rng.choice([*commands * 4, "false"])

    def write_process_files(self):
        for name in PROFILES:
            (self.home / f"process-{name}").write_text(
                json.dumps({"Version": 1, "AccessKeyId": f"CAT/{name}", "SecretAccessKey": "s"})
            )


class WhoseCredentials(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = Path(tempfile.mkdtemp(prefix="attache-interop-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.home, ignore_errors=True)
        environment = {"PATH": os.environ["PATH"], "HOME": str(cls.home), "LANG": "C.UTF-8"}
        cls.theirs = start_botocore(cls, environment)
        cls.ours = start_ours(cls, "attache_credentials_driver", environment)
        cls.server = cls.enterClassContext(IdentityServer())

    def test_random_users_are_who_botocore_says(self):
        seed = int(os.environ.get("ATTACHE_CREDENTIALS_SEED") or random.SystemRandom().getrandbits(32))
        count = int(os.environ.get("ATTACHE_CREDENTIALS_COUNT") or CASES)
        kinds = Counter()
        for number in range(count):
            user = RandomUser(random.Random(f"{seed}/{number}"), self.home, self.server.url)
            user.write_process_files()
            request = {"home": str(self.home), "environment": user.environment, "profile": user.profile}
            ours, theirs = self.ours.ask(request), self.theirs.ask(request)
            files = "\n".join((self.home / ".aws" / name).read_text() for name in ("config", "credentials"))
            where = f"seed {seed}, case {number}\nours {ours}\ntheirs {theirs}\n{user.profile} {user.environment}\n{files}"
            if "SSO token provider" in theirs.get("error", ""):
                # botocore looks for a login when it makes a client for STS, which needs none: no matter of credentials.
                kinds["left out"] += 1
            elif "error" in theirs:
                self.assertIn("error", ours, where)
                kinds["error"] += 1
            else:
                self.assertEqual(ours, theirs, where)
                kinds[theirs["key"].split("/")[0]] += 1
        found = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
        print(f"{count} users are who botocore says ({found}), seed {seed}", flush=True)


if __name__ == "__main__":
    unittest.main()
