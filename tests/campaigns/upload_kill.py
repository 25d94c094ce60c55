"""upload-kill: uploads are killed (kill -9) at random moments, into a directory store and through versitygw.

Whatever is in the store then is whole: no object has other bytes than its name says, and no manifest lacks data. Running
the same command again ends with everything stored; the parts of a large object that had arrived are not sent again.
"""

import json
import os
import signal
import time

from support.program import Attache
from support.s3_server import S3Server

SMALL_FILES = 60
LARGE_BYTES = 45 * 2**20  # six parts


class UploadKillCampaign:
    def __init__(self, scratch):
        self.scratch = scratch
        self.server = S3Server(scratch / "s3")
        self.seconds = {}
        self.cases = 0
        self.resumed = 0

    def __enter__(self):
        self.server.start()
        self.project = self.scratch / "project"
        self.project.mkdir()
        self.large = os.urandom(LARGE_BYTES)
        (self.project / "large").write_bytes(self.large)
        return self

    def __exit__(self, *_):
        self.server.stop()
        print(f"{self.resumed} of {self.cases} runs went on with an upload in parts")

    def command(self, folder, uri):
        arguments = ["attachment", "upload", "--s3-root-uri", uri, "--upload-manifest-path", "sent", "--json"]
        return [*arguments, "--root", str(self.project), "--destination", str(folder / "manifests")]

    def run(self, rng, folder):
        self.cases += 1
        name = f"bucket-{self.cases}"
        through_s3 = rng.random() < 0.7
        store = self.server.create_bucket(name) / "root" if through_s3 else folder / "root"
        uri = f"s3://{name}/root" if through_s3 else f"file://{store}"
        (folder / "manifests").mkdir()
        # New contents each time, but for the large one.
        for number in range(SMALL_FILES):
            (self.project / f"small-{number}").write_bytes(rng.randbytes(rng.randrange(1, 30_000)))
        attache = Attache(folder / "home", self.server.environment())
        command = self.command(folder, uri)

        usual = self.seconds.get(through_s3, 0.5)
        process = attache.start(*command)
        time.sleep(rng.random() * usual * 1.1)
        process.send_signal(signal.SIGKILL)
        outcome = attache.finish(process)
        if outcome.status not in (0, -signal.SIGKILL):
            raise AssertionError(outcome)
        objects, manifests = self.state(store)

        journal = attache.home / ".deadline/cache/attache_uploads.journal"
        self.resumed += through_s3 and journal.exists() and b"Data/" in journal.read_bytes()
        started = time.monotonic()
        outcome = attache.run(*command)
        assert outcome.status == 0, outcome
        seconds = time.monotonic() - started
        # The longest so far, slowly forgotten: moments are spread over all of an upload.
        self.seconds[through_s3] = max(seconds, usual * 0.97)
        final_objects, final_manifests = self.state(store)
        assert final_manifests, "no manifest after the second run"
        # What each name stands for, by the manifest and the files.
        contents = {
            f"{entry['hash']}.xxh128": (self.project / entry["path"]).read_bytes()
            for manifest in final_manifests
            for entry in manifest["paths"]
        }
        assert len(contents) == SMALL_FILES + 1
        assert final_objects == contents, "not everything is stored, or with other bytes"
        for name, content in objects.items():
            assert content == contents.get(name), f"{name} had other bytes after the kill"
        for manifest in manifests:
            for entry in manifest["paths"]:
                assert f"{entry['hash']}.xxh128" in objects, f"after the kill a manifest lacked {entry['path']}"

    @staticmethod
    def state(store):
        """What stands under final names: the objects' contents, and the manifests."""
        folder = store / "Data"
        paths = folder.iterdir() if folder.exists() else []
        objects = {path.name: path.read_bytes() for path in paths if not path.name.startswith(".")}
        return objects, [json.loads(path.read_bytes()) for path in (store / "Manifests").rglob("*.manifest")]
