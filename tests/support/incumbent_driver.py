"""Runs in the incumbent's virtual environment: reads one JSON request a line, answers with one JSON line.

A process of its own because the incumbent needs its packages; one for many requests because starting it takes a second.
"""

import json
import logging
import os
import sys
import traceback


def snapshot(root, destination, name, hash_cache, include=None, exclude=None):
    from deadline.job_attachments.api.manifest import _manifest_snapshot

    made = _manifest_snapshot(
        root=root, destination=destination, name=name, include=include, exclude=exclude, hash_cache_dir=hash_cache
    )
    return made.manifest if made else None


def upload(manifest, root, uri, check_cache, manifest_path=None):
    import boto3
    from deadline.job_attachments.api.attachment import _attachment_upload

    _attachment_upload(
        manifests=[manifest],
        root_dirs=[root],
        s3_root_uri=uri,
        boto3_session=boto3.Session(),
        upload_manifest_path=manifest_path,
        s3_check_cache_dir=check_cache,
    )


def download(manifest, rules, uri, conflict="CREATE_COPY"):
    import boto3
    from deadline.job_attachments.api.attachment import _attachment_download
    from deadline.job_attachments.models import FileConflictResolution

    summary = _attachment_download(
        manifests=[manifest],
        s3_root_uri=uri,
        boto3_session=boto3.Session(),
        path_mapping_rules=rules,
        conflict_resolution=FileConflictResolution[conflict],
    )
    return summary.processed_files


def snapshot_directory(root, directory, hash_cache):
    """The incumbent's own directory store: a debug snapshot of a tree's files, visible or hidden."""
    from deadline.job_attachments.models import JobAttachmentS3Settings
    from deadline.job_attachments.upload import S3AssetManager

    manager = S3AssetManager(
        farm_id="farm-" + "1" * 32,
        queue_id="queue-" + "2" * 32,
        job_attachment_settings=JobAttachmentS3Settings(s3BucketName="unused", rootPrefix="unused"),
    )
    files = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
    groups = manager.prepare_paths_for_upload(files, [root], [])
    _, manifests = manager.hash_assets_and_create_manifest(
        groups.asset_groups, groups.total_input_files, groups.total_input_bytes, hash_cache_dir=hash_cache
    )
    _, attachments = manager.snapshot_assets(directory, manifests)
    return os.path.join(directory, "Manifests", attachments.manifests[0].inputManifestPath)


def object_metadata(bucket, key):
    import boto3

    return boto3.client("s3").head_object(Bucket=bucket, Key=key)["Metadata"]


def manifest_operations(documents, times):
    """What the incumbent makes of manifest documents: each by itself, all merged, and the first and last compared."""
    import datetime

    from deadline.job_attachments._diff import compare_manifest
    from deadline.job_attachments.asset_manifests.decode import decode_manifest
    from deadline.job_attachments.asset_manifests.hash_algorithms import HashAlgorithm, hash_data
    from deadline.job_attachments.download import (
        _merge_asset_manifests_sorted_asc_by_last_modified,
        merge_asset_manifests,
    )

    def decode_all():
        return [decode_manifest(document) for document in documents]  # anew: encoding sorts a manifest

    def written(manifest):
        order = [entry.path for entry in manifest.paths]
        return {"order": order, "text": manifest.encode()}

    answers = []
    for document in documents:
        try:
            text = decode_manifest(document).encode()
        except Exception as error:
            answers.append({"error": f"{type(error).__name__}: {error}"})
        else:
            answers.append({"text": text, "hash": hash_data(text.encode("utf-8"), HashAlgorithm.XXH128)})
    answer = {"documents": answers}
    if any("error" in each for each in answers):
        return answer
    start = datetime.datetime(2025, 1, 1, tzinfo=datetime.timezone.utc)
    timed = [(start + datetime.timedelta(seconds=time), each) for time, each in zip(times, decode_all())]
    manifests = decode_all()
    differences = compare_manifest(manifests[0], manifests[-1])
    answer["compared"] = [[status.name, entry.path, entry.hash] for status, entry in differences]
    answer["merged"] = written(merge_asset_manifests(manifests))
    answer["merged_by_time"] = written(_merge_asset_manifests_sorted_asc_by_last_modified(timed))
    return answer


def hash_text(content):
    from deadline.job_attachments.asset_manifests.hash_algorithms import HashAlgorithm, hash_data

    return hash_data(bytes.fromhex(content), HashAlgorithm.XXH128)


def hash_files(directory, paths):
    """What the incumbent makes of files with a cache: [status, hash] of each. Paths are hex of their bytes."""
    from pathlib import Path

    from deadline.job_attachments.caches import HashCache
    from deadline.job_attachments.models import JobAttachmentS3Settings
    from deadline.job_attachments.upload import S3AssetManager

    manager = S3AssetManager(
        farm_id="farm-" + "1" * 32,
        queue_id="queue-" + "2" * 32,
        job_attachment_settings=JobAttachmentS3Settings(s3BucketName="unused", rootPrefix="unused"),
    )
    with HashCache(directory) as cache:
        answers = []
        for path in paths:
            path = Path(os.fsdecode(bytes.fromhex(path)))
            status, _, entry = manager._process_input_path(path, path.parent, cache)
            answers.append([status.name, entry.hash])
        return answers


def put_hash(directory, path, file_hash, time):
    from deadline.job_attachments.asset_manifests.hash_algorithms import HashAlgorithm
    from deadline.job_attachments.caches import HashCache, HashCacheEntry

    with HashCache(directory) as cache:
        cache.put_entry(HashCacheEntry(path, HashAlgorithm.XXH128, file_hash, time))


def get_hash(directory, path):
    from deadline.job_attachments.asset_manifests.hash_algorithms import HashAlgorithm
    from deadline.job_attachments.caches import HashCache

    with HashCache(directory) as cache:
        entry = cache.get_entry(path, HashAlgorithm.XXH128)
        return entry and [entry.file_hash, entry.last_modified_time]


def put_seen(directory, key):
    import datetime

    from deadline.job_attachments.caches import S3CheckCache, S3CheckCacheEntry

    with S3CheckCache(directory) as cache:
        cache.put_entry(S3CheckCacheEntry(key, str(datetime.datetime.now().timestamp())))


def get_seen(directory, key):
    from deadline.job_attachments.caches import S3CheckCache

    with S3CheckCache(directory) as cache:
        entry = cache.get_entry(key)
        return entry and entry.last_seen_time


def map_paths(rules, host, paths):
    """What the incumbent's applier makes of paths, on a host of that system: a text each, or None; or an error."""
    from pathlib import PurePosixPath, PureWindowsPath
    from unittest import mock

    from deadline.job_attachments import _path_mapping
    from deadline.job_attachments.models import PathMappingRule

    flavour = PureWindowsPath if host == "windows" else PurePosixPath
    with mock.patch.object(_path_mapping, "Path", flavour):
        try:
            applier = _path_mapping._PathMappingRuleApplier([PathMappingRule(*rule) for rule in rules])
        except ValueError as error:
            return {"error": str(error)}
        mapped = []
        for path in paths:
            try:
                mapped.append(str(applier.strict_transform(path)))
            except ValueError:
                mapped.append(None)
    return {"mapped": mapped}


def path_texts(system, root, paths):
    """What Python and the incumbent make of path texts of a system."""
    import ntpath
    import posixpath
    from unittest import mock

    from deadline.client._path_utils import is_path_contained
    from deadline.job_attachments import _utils

    module = ntpath if system == "windows" else posixpath

    def attempt(function, path):
        try:
            return str(function(path))
        except ValueError:
            return None

    with mock.patch.object(sys, "platform", "win32"), mock.patch.object(_utils, "Path", str):
        compatible = [attempt(_utils._get_long_path_compatible_path, path) for path in paths]
        extended = [attempt(_utils._as_extended_length_path, path) for path in paths]
        plain = [str(_utils._normalize_windows_path(path)) for path in paths]
    return {
        "normal": [module.normpath(path) for path in paths],
        "within": [is_path_contained(path, root, path_module=module) for path in paths],
        "joined": [module.normpath(module.join(root, path)) for path in paths],
        "compatible": compatible,
        "extended": extended,
        "plain": plain,
    }


def known_paths(known, inputs, outputs):
    from deadline.client.api._submit_job_bundle import _classify_asset_paths, _filter_redundant_known_paths

    filtered = _filter_redundant_known_paths(known)
    return {"filtered": filtered, "classes": [list(each) for each in _classify_asset_paths(inputs, outputs, filtered)]}


def group_paths(cwd, inputs, outputs, references, locations, require):
    from deadline.job_attachments.models import (
        FileSystemLocation,
        FileSystemLocationType,
        JobAttachmentS3Settings,
        StorageProfile,
        StorageProfileOperatingSystemFamily,
    )
    from deadline.job_attachments.upload import S3AssetManager

    manager = S3AssetManager(
        farm_id="farm-" + "1" * 32,
        queue_id="queue-" + "2" * 32,
        job_attachment_settings=JobAttachmentS3Settings(s3BucketName="unused", rootPrefix="unused"),
    )
    profile = None
    if locations is not None:
        profile = StorageProfile("sp-1", "test", StorageProfileOperatingSystemFamily.LINUX, [
            FileSystemLocation(name, path, FileSystemLocationType(kind)) for name, path, kind in locations
        ])  # fmt: skip
    before = os.getcwd()
    os.chdir(cwd)
    try:
        result = manager.prepare_paths_for_upload(inputs, outputs, references, profile, require)
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}
    finally:
        os.chdir(before)

    def listed(paths):
        return sorted(str(path) for path in paths)

    groups = [
        {
            "root": group.root_path,
            "location": group.file_system_location_name or "",
            "inputs": listed(group.inputs),
            "outputs": listed(group.outputs),
            "references": listed(group.references),
        }
        for group in result.asset_groups
    ]
    return {"groups": groups, "files": result.total_input_files, "bytes": result.total_input_bytes}


def _settings(bucket, prefix):
    from deadline.job_attachments.models import JobAttachmentS3Settings

    return JobAttachmentS3Settings(s3BucketName=bucket, rootPrefix=prefix)


def _manifest(entries):
    from deadline.job_attachments.asset_manifests.hash_algorithms import HashAlgorithm
    from deadline.job_attachments.asset_manifests.v2023_03_03 import AssetManifest, ManifestPath

    paths = [ManifestPath(path=path, hash=file_hash, size=size, mtime=mtime) for path, file_hash, size, mtime in entries]
    return AssetManifest(hash_alg=HashAlgorithm.XXH128, paths=paths, total_size=sum(entry[2] for entry in entries))


def write_output_manifests(bucket, prefix, manifests):
    """Stores output manifests as a worker does: `ids` are farm, queue, job, step and, unless the step runs in chunks,
    the task. Returns their keys."""
    from deadline.job_attachments.asset_sync import AssetSync
    from deadline.job_attachments.models import JobAttachmentS3Settings

    settings = _settings(bucket, prefix)
    sync = AssetSync(farm_id=manifests[0]["ids"][0])
    keys = []
    for manifest in manifests:
        ids = [*manifest["ids"], manifest["session_action_id"], manifest["time"]]
        if len(ids) == 7:
            partial = JobAttachmentS3Settings.partial_session_action_manifest_prefix(*ids)
        else:
            partial = JobAttachmentS3Settings.partial_session_action_manifest_prefix_without_task(*ids)
        folder = settings.add_root_and_manifest_folder_prefix(partial)
        sync._upload_output_manifest_to_s3(
            settings, _manifest(manifest["entries"]), folder, manifest["root"], manifest["location"]
        )
        keys.append(folder)
    return keys


def output_keys(bucket, prefix, ids, latest=True):
    """Keys of output manifests; `ids` are farm, queue, job and perhaps step and task."""
    from deadline.job_attachments.download import _get_output_manifest_prefix, _get_tasks_manifests_keys_from_s3

    listed = _get_output_manifest_prefix(_settings(bucket, prefix), *ids)
    return _get_tasks_manifests_keys_from_s3(listed, bucket, select_latest_per_task=latest)


def output_manifests(bucket, prefix, ids, session_action_id=None):
    """By root the texts of output manifests, merged unless a session action is given."""
    from deadline.job_attachments.download import get_output_manifests_by_asset_root

    found = get_output_manifests_by_asset_root(
        _settings(bucket, prefix), *ids, **({"session_action_id": session_action_id} if session_action_id else {})
    )
    return {root: [manifest.encode() for manifest in manifests] for root, manifests in found.items()}


def submit(root, bucket, prefix, farm, queue):
    """Submits a tree as the inputs of a job; returns the job's attachments."""
    from deadline.job_attachments.upload import S3AssetManager

    manager = S3AssetManager(farm_id=farm, queue_id=queue, job_attachment_settings=_settings(bucket, prefix))
    files = [os.path.join(folder, name) for folder, _, names in os.walk(root) for name in names]
    groups = manager.prepare_paths_for_upload(files, [], [])
    _, manifests = manager.hash_assets_and_create_manifest(
        groups.asset_groups, groups.total_input_files, groups.total_input_bytes, hash_cache_dir=os.getcwd()
    )
    _, attachments = manager.upload_assets(manifests, s3_check_cache_dir=os.getcwd())
    return attachments.to_dict()


def input_paths(bucket, prefix, attachments):
    """By root the paths of a job's input files."""
    from deadline.job_attachments.download import get_job_input_paths_by_asset_root
    from deadline.job_attachments.models import Attachments, ManifestProperties

    job = Attachments(manifests=[ManifestProperties.from_dict(each) for each in attachments["manifests"]])
    groups = get_job_input_paths_by_asset_root(_settings(bucket, prefix), job)
    return {root: group.get_all_paths() for root, group in groups.items()}


def manifest_object(bucket, key):
    """The root and the text of one manifest."""
    from deadline.job_attachments.download import get_asset_root_and_manifest_from_s3

    root, manifest = get_asset_root_and_manifest_from_s3(key, bucket)
    return [root, manifest.encode()]


OPERATIONS = {
    function.__name__: function
    for function in (
        snapshot, upload, download, snapshot_directory, object_metadata, manifest_operations,
        hash_text, hash_files, put_hash, get_hash, put_seen, get_seen,
        map_paths, path_texts, known_paths, group_paths,
        write_output_manifests, output_keys, output_manifests, submit, input_paths, manifest_object,
    )
}  # fmt: skip


def main():
    logging.disable(logging.CRITICAL)
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever the incumbent prints must not mix with the answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": OPERATIONS[request["operation"]](**request["arguments"])}
        except Exception as error:  # reported to the test, which decides
            answer = {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
