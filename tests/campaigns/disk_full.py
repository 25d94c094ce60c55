"""disk-full: a download of 200 files onto a disk that becomes full at every one of its writes, one case each.

The disk is a tmpfs of its own on which so many pages are left. Either the download says beforehand that there is too
little space, and writes nothing, or it fails when the disk is full, names the reason, and leaves no incomplete file
under a final name. With space again, a rerun completes the tree. Needs the right to mount (root).
"""

import os
import shutil
import subprocess
from pathlib import Path

from support.program import Attache, NotProvided, files_below
from support.trees import write_file

LOCAL = 8  # docs/exit-statuses.md
PAGE = 4096
DISK = 8 << 20
SMALL_FILES = 198


class DiskFullCampaign:
    def __init__(self, scratch):
        self.scratch = scratch
        self.attache = Attache(scratch / "home")
        self.root, self.store = scratch / "project", f"file://{scratch}/store"
        self.disk = scratch / "disk"
        self.manifest = None
        self.originals = {}
        self.refused = self.full = self.done = 0
        self.pages = 0

    def __enter__(self):
        self.disk.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK},nr_inodes=4096", "tmpfs", self.disk],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode != 0:
            raise NotProvided(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
        try:
            self.prepare()
        except BaseException:
            self.unmount()
            raise
        return self

    def prepare(self):
        # Small files take a page each, whatever their length: the bytes fit long before the pages do.
        for number in range(SMALL_FILES):
            write_file(self.root / f"d{number % 7}/f{number}", b"%d" % number * 9, 10**18 + number * 1000)
        for number in range(200 - SMALL_FILES):
            write_file(self.root / f"large{number}", os.urandom(100 * PAGE), 10**18)
        self.manifest = self.attache.snapshot(str(self.root), str(self.scratch / "manifests"))
        outcome = self.attache.upload(self.manifest, str(self.root), self.store)
        assert outcome.status == 0, outcome
        self.originals = files_below(self.root)
        before = self.free_pages()
        outcome = self.download("SKIP")
        assert outcome.status == 0, outcome
        self.pages = before - self.free_pages()
        shutil.rmtree(self.disk / "restored")

    def __exit__(self, *_):
        self.unmount()
        print(
            f"disk-full: {self.pages} pages are written; {self.refused} cases refused beforehand, {self.full} met the "
            f"full disk, {self.done} had enough"
        )

    def unmount(self):
        subprocess.run(["umount", "-l", self.disk], check=False)

    def free_pages(self):
        return os.statvfs(self.disk).f_bavail

    def download(self, conflict):
        return self.attache.download(
            self.manifest, self.root, self.disk / "restored", self.store, "--conflict-resolution", conflict
        )

    def check(self):
        restored = self.disk / "restored"
        for path, content in files_below(restored).items() if restored.exists() else ():
            if os.path.basename(path).startswith(b".attache-"):
                continue
            assert content == self.originals[path], f"an incomplete file under a final name: {path}"

    def run(self, rng, folder):
        # Every number of free pages once in `pages` cases; around the bytes themselves it is refused.
        number = int(folder.name.removeprefix("case-"))
        pages = self.pages - 1 - number % (self.pages - 1)
        filler = self.disk / "filler"
        with filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, (self.free_pages() - pages) * PAGE)
        try:
            conflict = rng.choice(("CREATE_COPY", "SKIP", "OVERWRITE"))
            outcome = self.download(conflict)
            self.check()
            if outcome.status == 0:
                self.done += 1  # a page or two for the journal more or less
            else:
                assert outcome.status == LOCAL, outcome
                assert "space" in outcome.stderr or "free below" in outcome.stderr, outcome
                refused = "nothing was written" in outcome.stderr
                self.refused += refused
                self.full += not refused
            filler.unlink()
            outcome = self.download("SKIP" if outcome.status == 0 else conflict)
            assert outcome.status == 0, outcome
            assert files_below(self.disk / "restored") == self.originals
        finally:
            filler.unlink(missing_ok=True)
            shutil.rmtree(self.disk / "restored", ignore_errors=True)
        assert Path(self.disk).exists()
