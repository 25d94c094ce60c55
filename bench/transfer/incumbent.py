"""The incumbent's part of bench/transfer: incumbent.py up|down MANIFEST FOLDER URI CACHES.

up uploads what MANIFEST names from FOLDER, with its check cache in CACHES; down restores it below FOLDER, leaving files
that are there (SKIP). Neither hashes.
"""

import logging
import sys

import boto3
from deadline.job_attachments.api.attachment import _attachment_upload
from deadline.job_attachments.asset_manifests.decode import decode_manifest
from deadline.job_attachments.download import download_files_from_manifests
from deadline.job_attachments.models import FileConflictResolution, JobAttachmentS3Settings

logging.disable(logging.WARNING)
way, manifest, folder, uri, caches = sys.argv[1:]
if way == "up":
    _attachment_upload(
        manifests=[manifest], root_dirs=[folder], s3_root_uri=uri, boto3_session=boto3.Session(),
        upload_manifest_path=None, s3_check_cache_dir=caches,
    )
else:
    settings = JobAttachmentS3Settings.from_s3_root_uri(uri)
    with open(manifest) as file:
        decoded = decode_manifest(file.read())
    download_files_from_manifests(
        settings.s3BucketName, {folder: decoded}, cas_prefix=settings.full_cas_prefix(), session=boto3.Session(),
        conflict_resolution=FileConflictResolution.SKIP,
    )
