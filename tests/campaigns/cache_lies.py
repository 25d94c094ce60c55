"""cache-lies: objects are deleted behind the check cache's back; 1, 10 or 100 of them.

By default all are found and sent again before success is reported. With --trust-check-cache, either the sample finds
out, and all are sent again, or what is missing is reported as assumed: never as present, verified or sent.
"""

import json

from support.program import Attache
from support.s3_server import S3Server

OBJECTS = 10_000
FOLDERS = 100


class CacheLiesCampaign:
    def __init__(self, scratch):
        self.scratch = scratch
        self.server = S3Server(scratch / "s3")

    def __enter__(self):
        self.server.start()
        self.attache = Attache(self.scratch / "home", self.server.environment())
        self.project = self.scratch / "project"
        for folder in range(FOLDERS):
            (self.project / f"d{folder}").mkdir(parents=True)
            for number in range(OBJECTS // FOLDERS):
                (self.project / f"d{folder}" / f"f{number}").write_text(f"content {folder} {number}")
        self.manifest = self.attache.snapshot(str(self.project), str(self.scratch / "manifests"))
        self.store = self.server.create_bucket("lies") / "root"
        self.uri = "s3://lies/root"
        # The server's folder is a directory store too: quicker than 10,000 requests.
        self.expect(self.attache.upload(self.manifest, str(self.project), f"file://{self.store}"))
        self.expect(self.attache.upload(self.manifest, str(self.project), self.uri))  # the cache knows them all
        self.hashes = {entry["path"]: entry["hash"] for entry in self.entries()}
        self.names = sorted({f"{hash}.xxh128" for hash in self.hashes.values()})
        return self

    def __exit__(self, *_):
        self.server.stop()

    @staticmethod
    def expect(outcome):
        assert outcome.status == 0, outcome

    def entries(self):
        with open(self.manifest, encoding="ascii") as file:
            return json.load(file)["paths"]

    def run(self, rng, folder):
        del folder
        victims = rng.sample(self.names, rng.choice((1, 10, 100)))
        contents = {name: (self.store / "Data" / name).read_bytes() for name in victims}
        for name in victims:
            (self.store / "Data" / name).unlink()
        trusts = rng.random() < 0.5
        more = ["--trust-check-cache"] if trusts else []
        outcome = self.attache.upload(self.manifest, str(self.project), self.uri, "--json", *more)
        self.expect(outcome)
        report = outcome.json()
        outcomes = {entry["path"]: entry["outcome"] for entry in report["manifests"][0]["entries"]}
        assumed = 0
        for path, hash in self.hashes.items():
            if f"{hash}.xxh128" not in contents:
                continue
            is_there = (self.store / "Data" / f"{hash}.xxh128").exists()
            if outcomes[path] == "assumed":
                assumed += 1
                assert trusts and not is_there, f"{path}: assumed"
            else:
                assert outcomes[path] == "sent" and is_there, f"{path}: {outcomes[path]}, there: {is_there}"
        if not trusts:
            assert report["objectsSent"] == len(victims) and report["objectsAssumed"] == 0, report
        assert report["objectsAssumed"] >= assumed
        for name, content in contents.items():
            (self.store / "Data" / name).write_bytes(content)
