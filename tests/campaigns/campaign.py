#!/usr/bin/env python3
"""Runs many random cases of one kind against the attache command.

    campaign.py NAME --count N --seed S [--only CASE]

Every case is made from the seed and its number alone: --only repeats one. Exit status 0 if all cases passed.
The last line is `NAME: N cases, N passed, N failed, seed S`.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS), str(TESTS.parent / "scripts"), str(TESTS / "campaigns")]

from support.program import NotProvided  # noqa: E402: found by the line above

MOST_FAILURES = 5  # then the campaign ends: more of the same teaches nothing


def campaigns():
    import cache_lies
    import cache_processes
    import cancel_latency
    import corruption
    import disk_full
    import download_kill
    import manifest_bytes
    import manifest_operations
    import manifest_properties
    import mutation_race
    import path_groups
    import path_rules
    import roundtrip
    import s3_faults
    import snapshot_trees
    import submit_mutation
    import symlink_swap
    import transfer_cancel
    import upload_kill

    return {
        "manifest-bytes": manifest_bytes.ManifestBytesCampaign,
        "manifest-operations": manifest_operations.ManifestOperationsCampaign,
        "manifest-properties": manifest_properties.ManifestPropertiesCampaign,
        "mutation-race": mutation_race.MutationRaceCampaign,
        "path-groups": path_groups.PathGroupsCampaign,
        "path-rules": path_rules.PathRulesCampaign,
        "roundtrip": roundtrip.RoundtripCampaign,
        "s3-faults": s3_faults.S3FaultsCampaign,
        "snapshot-trees": snapshot_trees.SnapshotTreesCampaign,
        "cancel-latency": cancel_latency.CancelLatencyCampaign,
        "transfer-cancel": transfer_cancel.TransferCancelCampaign,
        "cache-lies": cache_lies.CacheLiesCampaign,
        "cache-processes": cache_processes.CacheProcessesCampaign,
        "submit-mutation": submit_mutation.SubmitMutationCampaign,
        "upload-kill": upload_kill.UploadKillCampaign,
        "corruption": corruption.CorruptionCampaign,
        "download-kill": download_kill.DownloadKillCampaign,
        "disk-full": disk_full.DiskFullCampaign,
        "symlink-swap": symlink_swap.SymlinkSwapCampaign,
    }


def run_cases(campaign, scratch, count, seed, only):
    """Case by case, each in a folder of its own; the numbers passed and failed."""
    passed, failed = 0, 0
    for number in range(count) if only is None else [only]:
        folder = scratch / f"case-{number}"
        folder.mkdir()
        try:
            campaign.run(random.Random(f"{seed}/{number}"), folder)
            passed += 1
        except Exception:  # any failure of a case is this case's, not the campaign's
            failed += 1
            print(f"FAILED case {number} (repeat: --seed {seed} --only {number})")
            traceback.print_exc(file=sys.stdout)
        shutil.rmtree(folder)
        if failed == MOST_FAILURES:
            print(f"ended after {failed} failures")
            break
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=sorted(campaigns()))
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--only", type=int, help="run only the case of this number")
    options = parser.parse_args()

    started = time.monotonic()
    scratch = Path(tempfile.mkdtemp(prefix="attache-campaign-"))
    try:
        with campaigns()[options.name](scratch) as campaign:
            # A campaign of many cases a millisecond brings a runner of its own.
            if hasattr(campaign, "run_all"):
                passed, failed = campaign.run_all(options.count, options.seed, options.only)
            else:
                passed, failed = run_cases(campaign, scratch, options.count, options.seed, options.only)
    except NotProvided as reason:
        print(f"{options.name}: NOT RUN: {reason}")
        return 0
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    seconds = time.monotonic() - started
    print(f"{seconds:.1f} s")
    print(f"{options.name}: {passed + failed} cases, {passed} passed, {failed} failed, seed {options.seed}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
