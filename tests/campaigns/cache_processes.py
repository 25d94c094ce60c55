"""cache-processes: 32 processes open one cache directory at once, store rows and find them; the incumbent writes to the
same file meanwhile. No process fails, none warns, and no row is lost, of this round or of an earlier one.

All cases share one cache directory, which the first makes: a case repeated alone makes its own.
"""

from incumbent_campaign import IncumbentCampaign
from support.cache_driver import CacheDriver

PROCESSES = 32
FILES = 12


class CacheProcessesCampaign(IncumbentCampaign):
    def __init__(self, scratch):
        super().__init__(scratch)
        self.directory = scratch / "cache"
        self.caches = CacheDriver(self.directory)
        self.rounds = []

    def run(self, rng, folder):
        number = len(self.rounds)
        processes = [
            self.caches.start("round", str(number), str(process), str(FILES)) for process in range(PROCESSES)
        ]
        self.incumbent.put_hash(self.directory, f"/theirs/{number}", "0" * 32, "2024-01-01 00:00:00")
        for process, started in enumerate(processes):
            output, _ = started.communicate(timeout=120)
            assert started.returncode == 0, f"process {process}: {output}"
        self.rounds.append(number)
        for earlier in {number, rng.choice(self.rounds)}:
            done = self.caches.run("check", str(earlier), str(PROCESSES), str(FILES))
            assert done.returncode == 0, f"round {earlier}: {done.stdout}"
            row = self.incumbent.get_hash(self.directory, f"/theirs/{earlier}")
            assert row == ["0" * 32, "2024-01-01 00:00:00"], f"the incumbent's row of round {earlier}: {row}"
        left = sorted(path.name for path in self.directory.iterdir() if ".corrupt" in path.name)
        assert not left, left
