"""Downloads onto a file system that can share the bytes of files (reflinks): XFS, on a file, mounted for the test alone."""

import os
import shutil
import subprocess

from support.cases import FolderCase
from support.program import Attache, NotProvided

MIB = 1 << 20
CONTENT = os.urandom(24 * MIB)
COPIES = 6

# Mounts IMAGE at DISK, runs the command, and writes what its files take in bytes to USED.
ON_XFS = """
mkfs.xfs -q -m reflink=1 "$IMAGE" && mount -o loop "$IMAGE" "$DISK" || exit 125
used() { sync -f "$DISK" && df --block-size=1 --output=used "$DISK" | tail -n 1; }
before=$(used)
"$@"
status=$?
echo $(($(used) - before)) > "$USED"
cd "$DISK" && for file in out/*; do cmp "$file" "$EXPECTED" >&2 || status=1; done
exit $status
"""


class SharedBytes(FolderCase):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0 or not shutil.which("mkfs.xfs"):
            raise NotProvided("only root can mount a file, and it needs mkfs.xfs (xfsprogs)")
        self.attache = Attache(self.folder / "home")
        self.store = (self.folder / "store").as_uri()
        self.root = self.folder / "root"
        self.root.mkdir()
        for number in range(COPIES):
            (self.root / f"copy-{number}").write_bytes(CONTENT)
        self.manifest = self.attache.snapshot(self.root, self.folder)
        self.assertEqual(self.attache.upload(self.manifest, self.root, self.store).status, 0)
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        self.rules = self.attache.write_rules(self.root, self.disk / "out")

    def taken_by(self, command):
        """What is on the disk in the end is compared, too."""
        image, used = self.folder / "image", self.folder / "used"
        with open(image, "wb") as file:
            file.truncate(400 * MIB)  # the least that mkfs.xfs makes is 300
        variables = {"IMAGE": image, "DISK": self.disk, "USED": used, "EXPECTED": self.root / "copy-0"}
        process = subprocess.run(
            ["unshare", "--mount", "sh", "-c", ON_XFS, "sh", *map(str, command)],
            env={**self.attache.environment, **{name: str(value) for name, value in variables.items()}},
            stdin=subprocess.DEVNULL, capture_output=True, timeout=120, errors="replace",
        )  # fmt: skip
        if not used.exists():
            raise NotProvided(f"no XFS can be mounted here: {process.stderr.strip()}")
        self.assertEqual(process.returncode, 0, process.stderr)
        return int(used.read_text())

    def download(self, *more):
        return [self.attache.program, "attachment", "download", "-m", self.manifest, "--path-mapping-rules", self.rules,
                "--s3-root-uri", self.store, *more]  # fmt: skip

    def twice(self, between, cache):
        script = f'out=$1 cache=$2; shift 2; "$@" && rm -r "$out" && {between or ":"} && "$@"'
        return ["sh", "-c", script, "sh", self.disk / "out", cache, *self.download("--object-cache", cache)]

    def test_equal_files_take_the_space_of_one(self):
        self.assertLess(self.taken_by(self.download()), 2 * len(CONTENT))

    def test_a_file_shares_its_bytes_with_the_object_cache(self):
        cache = self.disk / "cache"
        self.assertLess(self.taken_by(self.twice("", cache)), 2 * len(CONTENT))

    def test_what_is_shared_is_verified(self):
        cache = self.disk / "cache"
        damage = 'printf X | dd of="$(echo "$cache"/*/*.xxh128)" bs=1 seek=5000000 conv=notrunc status=none'
        # Fetched again, so nothing is shared with what is damaged; compared in the end.
        self.assertLess(self.taken_by(self.twice(damage, cache)), 2 * len(CONTENT))
