#pragma once

#include <attache/base/result.hpp>
#include <attache/scan/snapshot.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/upload.hpp>

#include <stop_token>

namespace attache {

/// A tree that was hashed and uploaded in one go.
template <typename M>
struct HashUpload {
  ScanResult<M> scan;
  UploadReport upload;
};

/// snapshot_tree() and upload_manifest() as one pipeline, drawn in upload.hpp: a new file of less than
/// UploadOptions::large_from bytes is read once, and what was hashed is what is sent. Larger ones are read twice,
/// because the key of an object is its hash; what is sent is hashed again.
///
/// The root and the hash cache are those of `scan` (UploadOptions::root is not used). Errors are those of both; a scan
/// that fails may have sent contents, which are harmless. In a dry run the tree is hashed, and nothing sent.
Result<HashUpload<Manifest>> hash_upload(const SnapshotOptions& scan, ObjectStore& store, const UploadOptions& options,
                                         std::stop_token stop);
Result<HashUpload<Snapshot>> hash_upload_v2025(const SnapshotOptions& scan, ObjectStore& store,
                                               const UploadOptions& options, std::stop_token stop);

}  // namespace attache
