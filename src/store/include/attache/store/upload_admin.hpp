#pragma once

#include <attache/base/result.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// An upload that was neither completed nor given up, and takes up storage: in S3 a multipart upload, in a directory
/// the temporary file of a put whose process was killed.
struct UnfinishedUpload {
  std::string key;  ///< relative to the store; in a directory that of the temporary file
  std::string id;   ///< empty in a directory
  /// Microseconds since the epoch: its beginning, or in a directory the last write.
  std::optional<std::int64_t> started_us;
  std::string initiator;  ///< who began it, as the service names them; empty: it did not say
};

/// Where a page of uploads begins; a default one is the beginning.
struct UploadCursor {
  std::string key;
  std::string id;
};

struct UploadPage {
  std::vector<UnfinishedUpload> uploads;
  std::optional<UploadCursor> next;  ///< of the next page; none: this is the last one
};

/// A part of an unfinished upload.
struct UploadPart {
  std::uint32_t number = 0;  ///< from 1
  std::uint64_t size = 0;
  std::string etag;
  std::string checksum;  ///< base64, as S3Checksum of the store's options names it; empty: the service does not say
};

struct PartPage {
  std::vector<UploadPart> parts;      ///< ascending numbers
  std::optional<std::uint32_t> next;  ///< `after` of the next page; none: this is the last one
};

/// What uploads have left behind in a store. Blocking, to be called from any thread, errors and `stop` as in
/// ObjectStore.
class UploadAdmin {
 public:
  virtual ~UploadAdmin() = default;

  /// As ObjectStore::root_uri().
  virtual std::string root_uri() const = 0;

  /// Uploads of keys that start with `prefix`, relative to the store.
  virtual Result<UploadPage> list_uploads(std::string_view prefix, const UploadCursor& from, std::stop_token stop) = 0;

  /// The parts of an upload with numbers above `after`; nothing if there is no such upload (any more). A temporary file
  /// is one part.
  virtual Result<std::optional<PartPage>> list_parts(std::string_view key, std::string_view upload_id,
                                                     std::uint32_t after, std::stop_token stop) = 0;

  /// Gives an upload and its parts up. One that is not there (any more) is given up already. One that is under way
  /// fails; a part that is being sent at this moment may outlive this.
  virtual Status abort_upload(std::string_view key, std::string_view upload_id, std::stop_token stop) = 0;
};

}  // namespace attache
