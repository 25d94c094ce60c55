"""The incumbent's part of bench/manifest_store: incumbent.py BUCKET PREFIX FARM QUEUE JOB DIRECTORY.

Lists, fetches and merges a job's output manifests and writes what becomes of each root, as `deadline manifest download`
does. Prints the CPU seconds of that, without those of starting and importing, as JSON.
"""

import json
import logging
import os
import sys

import boto3
from deadline.job_attachments.download import get_output_manifests_by_asset_root
from deadline.job_attachments.models import JobAttachmentS3Settings

logging.disable(logging.WARNING)
bucket, prefix, farm, queue, job, folder = sys.argv[1:]
session = boto3.Session()
settings = JobAttachmentS3Settings(s3BucketName=bucket, rootPrefix=prefix)
before = sum(os.times()[:2])
found = get_output_manifests_by_asset_root(settings, farm, queue, job, session=session)
for root, (manifest,) in found.items():
    with open(os.path.join(folder, root.replace("/", "_")), "w") as file:
        file.write(manifest.encode())
print(json.dumps({"cpu": sum(os.times()[:2]) - before}))
