"""download-kill: downloads are killed (SIGKILL) at random moments; what has a final name is right, and a rerun converges.

A case is one to three kills and the run that follows them. After each kill every file under a final name is the user's
own, or has the content and the time of its entry. At the end the tree is what one undisturbed run would have made, with
no copy of a file of the download's own, and no trace of the dead runs.
"""

import os
import shutil
import time

from support.program import Attache, files_below
from support.trees import write_file

LARGE = 24 << 20  # fetched in ranges, gone on with
KEPT_DIFFERENT = 10  # docs/exit-statuses.md


class DownloadKillCampaign:
    def __init__(self, scratch):
        self.attache = Attache(scratch / "home")
        self.root, self.store = scratch / "project", f"file://{scratch}/store"
        self.manifest = None
        self.originals = {}
        self.seconds = 0.0
        self.interrupted = 0
        self.scratch = scratch

    def __enter__(self):
        large = os.urandom(LARGE)
        contents = {f"shots/{n % 9}/frame {n}.exr": os.urandom(n * 97 % 9000) for n in range(150)}
        contents |= {"large/one.abc": large, "large/again.abc": large, "other.vdb": os.urandom(LARGE // 2)}
        contents |= {f"same/{n}": b"the same" for n in range(20)} | {f"{n}.ass": b"%d" % n for n in range(20)}
        for number, (path, content) in enumerate(contents.items()):
            write_file(self.root / path, content, (1_700_000_000 + number) * 10**9 + number * 1000)
        self.manifest = self.attache.snapshot(str(self.root), str(self.scratch / "manifests"))
        outcome = self.attache.upload(self.manifest, str(self.root), self.store)
        assert outcome.status == 0, outcome
        self.originals = files_below(self.root)
        for _ in range(2):  # the second time everything is in memory
            started = time.monotonic()
            outcome = self.download("CREATE_COPY", self.scratch / "measured")
            assert outcome.status == 0, outcome
            self.seconds = time.monotonic() - started
            shutil.rmtree(self.scratch / "measured")
        return self

    def __exit__(self, *_):
        print(f"download-kill: {self.interrupted} runs were killed before their end ({self.seconds:.3f} s undisturbed)")

    def download(self, conflict, destination):
        return self.attache.finish(self.start(conflict, destination))

    def start(self, conflict, destination):
        rules = self.attache.write_rules(self.root, destination)
        return self.attache.start(
            *("attachment", "download", "-m", self.manifest, "--path-mapping-rules", rules),
            *("--s3-root-uri", self.store, "--conflict-resolution", conflict),
        )

    def check(self, destination, users):
        """What is there under final names; returns the copies that were made beside the user's files."""
        copies = {}
        for path, content in files_below(destination).items() if destination.exists() else ():
            if os.path.basename(path).startswith(b".attache-"):
                continue
            if path in users and content == users[path]:
                continue
            entry = path
            if path not in self.originals:
                entry = path.replace(b" (1)", b"")
                assert entry in users, f"a name that nobody asked for: {path}"
                copies[entry] = path
            assert content == self.originals[entry], f"wrong bytes under a final name: {path}"
            restored = os.lstat(os.path.join(os.fsencode(destination), path)).st_mtime_ns
            original = os.lstat(os.path.join(os.fsencode(self.root), entry)).st_mtime_ns
            assert restored == original, f"wrong time: {path}"
        return copies

    def has_succeeded(self, destination):
        """A run that is killed between its success and its exit: all is there, and its journal has gone."""
        left = set(files_below(destination)) if destination.exists() else set()
        return set(self.originals) <= left and not files_below(self.attache.home / ".local/state/attache")

    def run(self, rng, folder):
        destination = folder / "restored"
        conflict = rng.choice(("CREATE_COPY", "CREATE_COPY", "SKIP", "OVERWRITE"))
        # Some of each folder: the destination itself is one, too.
        users = {path: b"the user's" for path in rng.sample(sorted(self.originals), rng.choice((0, 1, 3, 20)))}
        for path, content in users.items():
            write_file(os.path.join(os.fsencode(destination), path), content)
        for _ in range(rng.randrange(1, 4)):
            process = self.start(conflict, destination)
            time.sleep(rng.random() * self.seconds)
            process.kill()
            outcome = self.attache.finish(process)
            self.interrupted += outcome.status == -9
            assert outcome.status in (-9, 0, KEPT_DIFFERENT), outcome
            self.check(destination, users)
            if outcome.status != -9 or self.has_succeeded(destination):  # it was faster: the next run is a new one
                shutil.rmtree(destination)
                for path, content in users.items():
                    write_file(os.path.join(os.fsencode(destination), path), content)

        outcome = self.download(conflict, destination)
        differs = KEPT_DIFFERENT if conflict == "SKIP" and users else 0
        assert outcome.status == differs, outcome
        copies = self.check(destination, users)
        left = files_below(destination)
        assert not files_below(self.attache.home / ".local/state/attache"), "a journal is left"
        assert not [path for path in left if os.path.basename(path).startswith(b".attache-")], sorted(left)
        assert set(self.originals) <= set(left), "files are missing"
        if conflict == "CREATE_COPY":
            assert set(copies) == set(users), f"copies {copies} beside {sorted(users)}"
            assert all(left[path] == content for path, content in users.items()), "a file of the user's was changed"
        elif conflict == "SKIP":
            assert not copies and all(left[path] == content for path, content in users.items())
        else:
            assert not copies and left == self.originals
