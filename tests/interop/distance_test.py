"""Transfers of very many small files with a server that is 200 ms away."""

import time

from support.cases import S3Case
from support.distant_server import DistantServer

FILES = 10_000
LATENCY = 0.2
# One request after the other would take 33 minutes.
FILES_PER_SECOND = 200


class ManySmallFilesFarAway(S3Case):
    def transfer(self, name, content):
        attache = self.attache_with_server()
        root = self.folder / "root"
        for number in range(FILES):
            file = root / f"{number % 100:02d}" / f"{number:05d}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content(number))
        self.run_command(attache, "manifest", "snapshot", "--root", root, "--destination", self.folder, "--name", name)
        manifest = next(self.folder.glob(f"{name}-*.manifest"))
        with DistantServer(self.server.port, LATENCY) as distant:
            store = ["--s3-root-uri", f"s3://{self.bucket}/{name}", "--endpoint-url", f"http://127.0.0.1:{distant.port}"]
            up = self.run_command(attache, "attachment", "upload", "-m", manifest, "-r", root, *store)
            target = self.folder / "target"
            target.mkdir()
            down = self.run_command(attache, "attachment", "download", "-m", manifest, *store, cwd=target)
        restored = target / manifest.name
        for number in range(FILES):
            path = f"{number % 100:02d}/{number:05d}"
            self.assertEqual((restored / path).read_bytes(), content(number), path)
        for way, seconds in (("up", up), ("down", down)):
            print(f"{name}, {way}: {FILES / seconds:.0f} files/s with {LATENCY * 1000:.0f} ms latency")
            self.assertGreater(FILES / seconds, FILES_PER_SECOND, way)

    def run_command(self, attache, *arguments, **options):
        started = time.monotonic()
        outcome = attache.run(*map(str, arguments), "--quiet", timeout=300, **options)
        self.assertEqual(outcome.status, 0, outcome)
        return time.monotonic() - started

    def test_of_one_byte(self):
        self.transfer("one-byte", lambda number: bytes([number % 256]))

    def test_that_are_all_different(self):
        self.transfer("different", lambda number: f"{number:05d}".encode())
