"""The incumbent's part of bench/s3: incumbent.py get|put BUCKET NAME COUNT BYTES DIRECTORY.

get downloads COUNT objects `incumbent/NAME/<made-up hash>.xxh128` by a manifest, which only the null server has; put
uploads the files of a folder as job attachments, which includes hashing them.
"""

import json
import logging
import os
import sys
import tempfile

import boto3
from deadline.job_attachments.asset_manifests.decode import decode_manifest
from deadline.job_attachments.download import download_files_from_manifests
from deadline.job_attachments.models import JobAttachmentS3Settings
from deadline.job_attachments.upload import S3AssetManager

logging.disable(logging.WARNING)
way, bucket, name, count, size, folder = sys.argv[1:]
session = boto3.Session()

if way == "get":
    paths = [
        {"hash": f"{number:032x}", "mtime": 1_700_000_000_000_000, "path": f"{number:06d}", "size": int(size)}
        for number in range(int(count))
    ]
    document = {
        "hashAlg": "xxh128",
        "manifestVersion": "2023-03-03",
        "paths": paths,
        "totalSize": int(count) * int(size),
    }
    manifest = decode_manifest(json.dumps(document))
    download_files_from_manifests(bucket, {folder: manifest}, cas_prefix=f"incumbent/{name}", session=session)
else:
    manager = S3AssetManager(
        farm_id="farm-" + "1" * 32,
        queue_id="queue-" + "2" * 32,
        job_attachment_settings=JobAttachmentS3Settings(s3BucketName=bucket, rootPrefix="incumbent"),
        session=session,
    )
    files = [os.path.join(folder, file) for file in os.listdir(folder)]
    with tempfile.TemporaryDirectory() as caches:
        group = manager.prepare_paths_for_upload(files, [folder], [])
        _, manifests = manager.hash_assets_and_create_manifest(
            group.asset_groups, group.total_input_files, group.total_input_bytes, hash_cache_dir=caches
        )
        manager.upload_assets(manifests, s3_check_cache_dir=caches)
