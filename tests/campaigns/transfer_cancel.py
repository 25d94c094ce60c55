"""transfer-cancel: calls of the transfer library are cancelled in each of their phases, and the program by Ctrl-C.

Uploads, downloads, verifying, repairing and collecting garbage, with a directory store and with an S3 server that is slow
or says nothing any more, are stopped at a random moment of each phase: scanning, hashing, asking, sending small objects
and parts, publishing; planning, surveying, fetching, delivering, links, deletions. In each phase 99 of 100 end within
250 ms, with `cancelled`; nothing half done has a final name, no descriptor is left, and the same call again succeeds.

Every fifth case is the program itself, and SIGINT: it ends within the same time, with status 130, and its last line says
how to go on; running the same command again ends with everything in place. The cases are not independent, so --only
repeats none.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from driver_campaign import DriverCampaign
from support.program import Attache, files_below

MOST_SECONDS = 0.25
ENOUGH = 100  # of fewer trials there is no p99
CANCELLED = 130
ROOM = 4 << 30
SMALL_FILES, SMALL_BYTES = 1500, 4096
LARGE_BYTES = 300 << 20
BUCKET = "s3://farm-bucket/root"


class LagMeter:
    """A thread that only sleeps: how late it wakes is the machine's part in what is measured."""

    def __init__(self):
        self.wakes = []
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            began = time.monotonic()
            time.sleep(0.002)
            woke = time.monotonic()
            self.wakes = [*self.wakes[-500:], (woke, woke - began - 0.002)]

    def longest(self, since):
        time.sleep(0.005)
        return max((late for woke, late in self.wakes if woke >= since), default=0.0)


class SlowServer:
    """The driver as an S3 server, which is told which requests to answer late or never."""

    def __init__(self, program):
        self.process = subprocess.Popen([program, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def say(self, *words):
        print(*words, file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class TransferCancelCampaign(DriverCampaign):
    driver = "attache_transfer_cancel_driver"

    def __init__(self, scratch):
        super().__init__(scratch)
        # Thousands of small files a trial: in memory, where there is some.
        shared = Path("/dev/shm")
        has_room = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ROOM
        self.memory = Path(tempfile.mkdtemp(prefix="attache-campaign-", dir=shared)) if has_room else scratch / "memory"
        self.attache = None
        self.server = None
        self.lag = None
        self.latencies = {}
        self.seconds = {}
        self.problems = 0

    def __exit__(self, *_):
        if self.server:
            self.server.stop()
        shutil.rmtree(self.memory, ignore_errors=True)

    def run_all(self, count, seed, only):
        del only
        disk, memory = self.scratch / "disk", self.memory / "library"
        disk.mkdir()
        memory.mkdir(parents=True)
        signals = max(count // 5, 1)
        command = [self.program, disk, memory, str(max(count - signals, 1)), str(seed % 2**32)]
        outcome = subprocess.run(command, capture_output=True, text=True, check=False)
        print(outcome.stdout.strip(), outcome.stderr.strip(), flush=True)
        shutil.rmtree(memory)
        wrong = self.judge(outcome, count)
        if wrong is None:
            return 0, count
        wrong += self.run_signals(signals, seed)
        return count - min(wrong, count), wrong

    def judge(self, outcome, count):
        last = outcome.stdout.strip().rpartition("\n")[2].split()
        if len(last) < 16 or last[0] != "TRIALS" or outcome.returncode not in (0, 1):
            return None
        numbers = dict(zip(last[::2], map(int, last[1::2]), strict=True))
        return numbers["WRONG"] + numbers["OVER"] + numbers["LEFT"]

    # --- the program

    def prepare(self):
        self.lag = LagMeter()
        self.server = SlowServer(self.program)
        self.attache = Attache(
            self.memory / "home",
            {
                "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
                "AWS_SECRET_ACCESS_KEY": "secret",
                "AWS_ACCOUNT_ID": "123456789012",
                "AWS_REGION": "us-west-2",
                "AWS_ENDPOINT_URL": self.server.url,
            },
        )
        rng = random.Random(1)
        for name, files in (("small", SMALL_FILES), ("few", 200)):
            for number in range(files):
                path = self.memory / name / f"d{number % 20}/f{number}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(rng.randbytes(SMALL_BYTES))
        (self.memory / "part").mkdir()
        (self.memory / "part/large").write_bytes(rng.randbytes(24 << 20))
        (self.scratch / "large").mkdir()
        with (self.scratch / "large/large").open("wb") as file:
            file.write(b"not only zeros")
            file.truncate(LARGE_BYTES)
        self.trees = {name: self.memory / name for name in ("small", "few", "part")} | {"large": self.scratch / "large"}
        self.manifests = {
            name: self.attache.snapshot(str(tree), str(self.memory / "manifests" / name))
            for name, tree in self.trees.items()
        }
        self.stores = {name: tree.parent / f"store-{name}" for name, tree in self.trees.items()}
        for name in self.trees:
            for store in (f"file://{self.stores[name]}", BUCKET):
                if store == BUCKET and name in ("small", "large"):
                    continue
                outcome = self.attache.upload(self.manifests[name], str(self.trees[name]), store)
                assert outcome.status == 0, outcome
        self.originals = {name: files_below(tree) for name, tree in self.trees.items() if name != "large"}

    def scenes(self):
        """What is run, on which tree, and which requests of the server are slow. None: a directory store."""
        return [
            ("upload, hashing and sending", self.upload, "small", None),
            ("upload, a large file", self.upload, "large", None),
            ("upload, S3 is asked", self.upload, "few", "list"),
            ("upload, small to S3", self.upload, "few", "put"),
            ("upload, parts to S3", self.upload, "part", "part"),
            ("upload, manifest to S3", self.upload, "few", "manifest-put"),
            ("download, small files", self.download, "small", None),
            ("download, a large file", self.download, "large", None),
            ("download, small from S3", self.download, "few", "get"),
            ("download, ranges from S3", self.download, "part", "get"),
            ("verify, small contents", self.verify, "small", None),
            ("verify, a large content", self.verify, "large", None),
            ("verify, S3 lists", self.verify, "few", "list"),
            ("verify, ranges from S3", self.verify, "part", "get"),
            ("repair, small files", self.repair, "small", None),
            ("repair, small to S3", self.repair, "few", "put"),
            ("store gc, a directory", self.collect, "small", None),
        ]

    def run_signals(self, count, seed):
        self.prepare()
        scenes = self.scenes()
        wrong = 0
        for number in range(count):
            wrong += self.signal_trial(scenes[(seed + number) % len(scenes)], random.Random(f"{seed}/{number}"))
        for scene in scenes:
            times = self.latencies.get(scene[0], [])
            # A second one decides: more than one of a hundred.
            while sum(seconds > MOST_SECONDS for seconds, _ in times) == 1 and len(times) < ENOUGH:
                wrong += self.signal_trial(scene, random.Random(f"{seed}/{scene[0]}/{len(times)}"))
                if wrong > count:
                    break
        over = 0
        for name, measured in self.latencies.items():
            times = sorted(seconds for seconds, _ in measured)
            p99 = times[max(-(-len(times) * 99 // 100), 1) - 1]
            is_over = p99 > MOST_SECONDS
            over += is_over
            print(
                f"{'OVER: ' if is_over else ''}SIGINT {name:<27} {len(times):4} trials, "
                f"p50 {times[len(times) // 2] * 1e3:6.1f} ms, p99 {p99 * 1e3:6.1f} ms, "
                f"longest {times[-1] * 1e3:6.1f} ms; lag {max(lag for _, lag in measured) * 1e3:5.1f} ms"
            )
        return wrong + over

    def signal_trial(self, scene, rng):
        name, make, tree, slow = scene
        folder = (self.scratch if tree == "large" else self.memory) / "trial"
        folder.mkdir()
        self.server.say("calm")
        try:
            command, check = make(tree, folder, slow is not None)
            if not slow and name not in self.seconds:
                started = time.monotonic()
                outcome = self.attache.run(*command)
                assert outcome.status == 0, outcome
                self.seconds[name] = time.monotonic() - started
                shutil.rmtree(folder)
                folder.mkdir()
                command, check = make(tree, folder, False)
            self.interrupt(name, command, slow, rng)
            check(False)
            self.server.say("calm")
            outcome = self.attache.run(*command)
            assert outcome.status == 0, f"again: {outcome}"
            check(True)
        except AssertionError as problem:
            print(f"WRONG: SIGINT {name}: {problem}", flush=True)
            return 1
        finally:
            shutil.rmtree(folder)
        return 0

    def interrupt(self, name, command, slow, rng):
        if slow:
            how = rng.choice(("late", "never", "half"))
            before = self.server.say(how, slow, rng.randrange(20, 300))
            process = self.attache.start(*command)
            wanted = before + rng.randrange(1, 3)
            deadline = time.monotonic() + 2
            while self.server.say(how, slow, 100) < wanted and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(rng.random() * 0.03)
        else:
            process = self.attache.start(*command)
            time.sleep(rng.random() * self.seconds[name])
        # The program must have come so far that it handles the signal.
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(60)
        seconds = time.monotonic() - sent
        outcome = self.attache.finish(process)
        if outcome.status == -signal.SIGINT:  # within the first milliseconds, before it handled anything
            return
        if outcome.status == 0:  # it was faster
            self.seconds[name] = min(self.seconds.get(name, 1), max(self.seconds.get(name, 1) * 0.9, 0.02))
            return
        lag = self.lag.longest(sent)
        self.latencies.setdefault(name, []).append((seconds, lag))
        if seconds > MOST_SECONDS:
            print(f"SLOW: SIGINT {name}: {seconds * 1e3:.0f} ms; a thread that only sleeps was {lag * 1e3:.0f} ms late")
        assert outcome.status == CANCELLED, outcome
        last = outcome.stderr.strip().rpartition("\n")[2]
        assert "run the same command again" in last, f"the last line does not say how to go on: {outcome}"

    # --- commands; each gives its arguments and what looks at what they left

    def upload(self, tree, folder, to_s3):
        manifest = folder / "manifests"
        manifest.mkdir()
        name = f"{folder.stat().st_mtime_ns}"
        store = f"s3://farm-bucket/{name}" if to_s3 else f"file://{folder}/store"
        command = ["attachment", "upload", "--root", str(self.trees[tree]), "--destination", str(manifest)]
        command += ["--s3-root-uri", store, "--upload-manifest-path", "sent", "--no-cache"]

        def check(is_done):
            if to_s3:
                return  # the library's trials look into the server
            objects = folder / "store/Data"
            expected = {p.name: p.stat().st_size for p in (self.stores[tree] / "Data").iterdir()}
            left = {p.name: p.stat().st_size for p in objects.iterdir()} if objects.exists() else {}
            left = {path: size for path, size in left.items() if not path.startswith(".")}
            assert left.items() <= expected.items(), "an object that is not whole"
            published = list((folder / "store/Manifests").rglob("*.manifest"))
            assert not published or left == expected, "a manifest without its data"
            assert not is_done or (published and left == expected), "not everything is stored"

        return command, check

    def download(self, tree, folder, from_s3):
        destination = folder / "restored"
        store = BUCKET if from_s3 else f"file://{self.stores[tree]}"
        command = ["attachment", "download", "-m", self.manifests[tree], "--s3-root-uri", store]
        command += ["--path-mapping-rules", self.attache.write_rules(self.trees[tree], destination)]
        command += ["--conflict-resolution", "OVERWRITE"]

        def check(is_done):
            if tree == "large":
                sizes = {p.name: p.stat().st_size for p in destination.iterdir()} if destination.exists() else {}
                sizes = {path: size for path, size in sizes.items() if not path.startswith(".attache-")}
                assert set(sizes.items()) <= {("large", LARGE_BYTES)}, f"not whole: {sizes}"
                assert not is_done or sizes, "it is not there"
                return
            left = files_below(destination) if destination.exists() else {}
            if not is_done:
                left = {p: c for p, c in left.items() if not os.path.basename(p).startswith(b".attache-")}
            assert left.items() <= self.originals[tree].items(), "an incomplete file under a final name"
            assert not is_done or left == self.originals[tree], "not everything is restored, or something is left over"

        return command, check

    def verify(self, tree, folder, from_s3):
        del folder
        store = BUCKET if from_s3 else f"file://{self.stores[tree]}"
        command = ["verify", self.manifests[tree], "--s3-root-uri", store, "--content"]
        if from_s3 and tree == "few":
            command.remove("--content")
        return command, lambda is_done: None

    def repair(self, tree, folder, to_s3):
        command, check = self.upload(tree, folder, to_s3)
        store = command[command.index("--s3-root-uri") + 1]
        command = ["repair", self.manifests[tree], "--s3-root-uri", store, "--root", str(self.trees[tree])]
        (folder / "store").mkdir()
        return command, (lambda is_done: None if is_done else check(False))

    def collect(self, tree, folder, to_s3):
        del to_s3
        store = folder / "store"
        shutil.copytree(self.stores[tree], store)
        for path in (store / "Data").iterdir():
            os.utime(path, (1_000_000_000, 1_000_000_000))
        outcome = self.attache.upload(self.manifests["few"], str(self.trees["few"]), f"file://{store}")
        assert outcome.status == 0, outcome
        command = ["store", "gc", "--s3-root-uri", f"file://{store}", "-m", self.manifests["few"], "--delete"]

        def check(is_done):
            kept = {p.name for p in (store / "Data").iterdir()}
            needed = {p.name for p in (self.stores["few"] / "Data").iterdir()}
            assert needed <= kept, "something that a manifest names is gone"
            assert not is_done or kept == needed, "garbage is left"

        return command, check
