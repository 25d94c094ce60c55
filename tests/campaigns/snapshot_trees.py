"""snapshot-trees: snapshots of wild trees hold what a plain walk finds, and what the incumbent's snapshot holds.

The walk below is a slow and obvious one of its own. The incumbent takes part where its defects are not in the way
(links to an ancestor or through two links make its walk exponential, paths beyond 4,096 bytes vanish): the last line of
the campaign says in how many cases.
"""

import json
import os
import re
import socket
import stat

from incumbent_campaign import IncumbentCampaign
from support.program import Attache
from support.trees import AWKWARD_NAMES

NAMES = (
    *AWKWARD_NAMES,
    b"y" * 255,
    "\u00e9".encode() * 127,
    b"e\xcc\x81" * 85,
    "\U0001f469\u200d\U0001f680".encode(),
    b"\x01\x02\x1b[31m",
    b"...",
    b"\xfe",
    b"$0",
    b"CON",
    b"end.",
)
CONTENTS = [bytes([65 + i]) * size for i, size in enumerate((0, 1, 5, 16, 17, 129, 240, 241, 1024, 1025, 5000, 70_000))]
LONGEST_PATH = 4096


class Maker:
    """Makes one tree, everything relative to directory descriptors: paths may be of any length."""

    def __init__(self, rng, root):
        self.rng = rng
        self.root = os.fsencode(root)
        os.makedirs(self.root)
        self.top = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        self.folders = [b""]
        self.files = []
        self.directory_links = 0
        self.loops = False

    def close(self):
        os.close(self.top)

    def opened(self, folder):
        """A descriptor of a folder below the root; the caller closes it."""
        descriptor = os.dup(self.top)
        for name in folder.split(b"/") if folder else []:
            inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        return descriptor

    def in_folder(self, folder, action):
        descriptor = self.opened(folder)
        try:
            return action(descriptor)
        finally:
            os.close(descriptor)

    def name(self, number):
        if self.rng.random() < 0.6:
            return self.rng.choice(NAMES)
        return (b"." if self.rng.random() < 0.15 else b"") + b"item %d" % number

    def add(self, number, make):
        """Calls make(descriptor, name) for a new name in some folder; its path, or nothing if the name is taken."""
        folder, name = self.rng.choice(self.folders), self.name(number)
        try:
            self.in_folder(folder, lambda descriptor: make(descriptor, name))
        except FileExistsError:
            return None
        return folder + b"/" + name if folder else name

    def add_folder(self, number):
        path = self.add(number, lambda descriptor, name: os.mkdir(name, dir_fd=descriptor))
        if path is not None:
            self.folders.append(path)

    def add_chain(self):
        """Folders nested until the path is beyond what one system call takes."""
        folder = b""
        while len(self.root) + len(folder) < LONGEST_PATH:
            name = b"%d-" % len(folder) + b"n" * 200
            self.in_folder(folder, lambda descriptor, name=name: os.mkdir(name, dir_fd=descriptor))
            folder = folder + b"/" + name if folder else name
        self.folders.append(folder)

    def add_file(self, number):
        def make(descriptor, name):
            file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if number % 5 == 0 else 0o644, dir_fd=descriptor)
            with os.fdopen(file, "wb") as stream:
                stream.write(self.rng.choice(CONTENTS))
            time = self.rng.randrange(10**8, 2 * 10**9) * 10**9 + self.rng.randrange(10**9)
            os.utime(name, ns=(time, time), dir_fd=descriptor)

        path = self.add(number, make)
        if path is not None:
            self.files.append(path)

    def add_link(self, number):
        kind = self.rng.choice(("file", "file", "folder", "loop", "dangling", "circle"))
        if kind == "file" and not self.files:
            return
        absolute = lambda path: os.path.join(self.root, path)  # noqa: E731
        if kind == "circle":
            target = b"link %d" % number  # itself
        elif kind == "dangling":
            target = b"no/where"
        elif kind == "file":
            target = absolute(self.rng.choice(self.files))
        else:
            target = absolute(self.rng.choice(self.folders))
        if len(target) >= LONGEST_PATH:
            return
        folder = self.rng.choice(self.folders)
        try:
            self.in_folder(folder, lambda descriptor: os.symlink(target, b"link %d" % number, dir_fd=descriptor))
        except FileExistsError:
            return
        if kind in ("folder", "loop"):
            self.directory_links += 1
            path = target[len(self.root) + 1 :]
            self.loops = self.loops or path == b"" or (folder + b"/").startswith(path + b"/")

    def add_special(self, number):
        if self.rng.random() < 0.7:
            self.add(number, lambda descriptor, name: os.mkfifo(name, dir_fd=descriptor))
            return
        name = os.path.join(self.root, b"socket %d" % number)
        if len(name) < 100:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(name)

    def make(self):
        for number in range(self.rng.randrange(8)):
            self.add_folder(number)
        if self.rng.random() < 0.1:
            self.add_chain()
        for number in range(self.rng.randrange(25)):
            self.add_file(number)
        for number in range(self.rng.choice((0, 0, 1, 2, 4))):
            self.add_link(number)
        if self.rng.random() < 0.2:
            self.add_special(1000)

    @property
    def longest(self):
        paths = [len(self.root) + 1 + len(path) for path in self.folders + self.files]
        return max(paths, default=0)


def walk(root, hidden, links):
    """{path: (content, mtime in us, runnable)} of the files below a root. `links`: follow them, or leave them out."""
    found = {}

    def enter(descriptor, path, above):
        status = os.fstat(descriptor)
        above = above | {(status.st_dev, status.st_ino)}
        for name in os.listdir(descriptor):
            name = os.fsencode(name)
            if name.startswith(b".") and not hidden:
                continue
            if stat.S_ISLNK(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode) and not links:
                continue
            try:
                status = os.stat(name, dir_fd=descriptor)
            except OSError:  # a link that leads nowhere, or in a circle
                continue
            whole = path + b"/" + name if path else name
            if stat.S_ISDIR(status.st_mode):
                if (status.st_dev, status.st_ino) in above:
                    continue
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=descriptor)
                enter(inner, whole, above)
                os.close(inner)
            elif stat.S_ISREG(status.st_mode):
                with os.fdopen(os.open(name, os.O_RDONLY, dir_fd=descriptor), "rb") as file:
                    found[whole] = (file.read(), status.st_mtime_ns // 1000, bool(status.st_mode & 0o111))

    above, up = set(), os.fsencode(root)
    while True:
        up = os.path.dirname(os.path.realpath(up))
        status = os.stat(up)
        above.add((status.st_dev, status.st_ino))
        if up == b"/":
            break
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    enter(descriptor, b"", above)
    os.close(descriptor)
    return found


def native(text):
    return text.encode("utf-8", "surrogateescape")


def paths_of(document):
    """The whole paths of a v2025-12 document's files: `$N/` stands for the directory N of its list."""
    directories = []
    for entry in document["dirs"]:
        directories.append(expand(entry["path"], directories))
    return directories, [(expand(entry["path"], directories), entry) for entry in document["files"]]


def expand(path, directories):
    reference = re.fullmatch(r"\$([0-9]+)/(.+)", path, re.DOTALL)
    return directories[int(reference[1])] + "/" + reference[2] if reference else path


class SnapshotTreesCampaign(IncumbentCampaign):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.attache = Attache(scratch / "home")
        self.compared = 0
        self.cases = 0
        self.hashes = {}

    def __enter__(self):
        super().__enter__()
        self.hashes = {content: self.incumbent.hash_text(content) for content in CONTENTS}
        return self

    def __exit__(self, *error):
        super().__exit__(*error)
        print(f"the incumbent took part in {self.compared} of {self.cases} cases")

    def run(self, rng, folder):
        self.cases += 1
        root = folder / "root"
        maker = Maker(rng, root)
        try:
            maker.make()
            self.check_v2023(root, folder, maker)
            self.check_v2025(root, folder, "exclude-all", walk(root, hidden=True, links=False))
            self.check_v2025(root, folder, "collapse-all", walk(root, hidden=True, links=True))
        finally:
            maker.close()

    def snapshot(self, root, folder, *more):
        folder.mkdir()
        return self.attache.run(
            "manifest", "snapshot", "--root", str(root), "-d", str(folder), "--no-cache", "--json", *more
        )  # fmt: skip

    def check_v2023(self, root, folder, maker):
        expected = walk(root, hidden=False, links=True)
        outcome = self.snapshot(root, folder / "attache")
        if not expected:
            assert outcome.status == 4, outcome
            return
        assert outcome.status == 0, outcome
        text = open(outcome.json()["manifest"], encoding="ascii").read()
        entries = {
            native(entry["path"]): (entry["hash"], entry["size"], entry["mtime"]) for entry in json.loads(text)["paths"]
        }
        wanted = {path: (self.hashes[content], len(content), mtime) for path, (content, mtime, _) in expected.items()}
        assert entries == wanted, differences(wanted, entries)
        if maker.loops or maker.directory_links > 1 or maker.longest >= LONGEST_PATH - 256:
            return
        theirs = self.incumbent.snapshot(root, folder / "incumbent")
        assert open(theirs, encoding="ascii").read() == text, (theirs, outcome)
        self.compared += 1

    def check_v2025(self, root, folder, policy, expected):
        outcome = self.snapshot(root, folder / policy, "--format", "v2025-12", "--symlinks", policy)
        assert outcome.status == 0, outcome
        document = json.load(open(outcome.json()["manifest"], encoding="ascii"))
        _, files = paths_of(document)
        entries = {
            native(path): (entry["hash"], entry["size"], entry["mtime"], entry.get("runnable", False))
            for path, entry in files
        }
        wanted = {
            path: (self.hashes[content], len(content), mtime, runnable)
            for path, (content, mtime, runnable) in expected.items()
        }
        assert entries == wanted, differences(wanted, entries)


def differences(wanted, found):
    keys = sorted(key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))
    return [(key, wanted.get(key), found.get(key)) for key in keys[:5]]
