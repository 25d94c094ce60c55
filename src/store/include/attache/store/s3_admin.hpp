#pragma once

#include <attache/base/result.hpp>
#include <attache/store/s3_store.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A multipart upload that was neither completed nor aborted. Its parts take up storage, which is paid for.
struct UnfinishedUpload {
  std::string key;  ///< relative to the store
  std::string id;
  std::optional<std::int64_t> started_us;  ///< microseconds since the epoch
  std::string initiator;                   ///< who began it, as the service names them; empty: it did not say
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

/// What only S3 has, for a store's bucket and prefix: unfinished uploads, tags, the bucket's region. Blocking, to be
/// called from any thread, errors and `stop` as in ObjectStore.
class S3Admin {
 public:
  virtual ~S3Admin() = default;

  /// `s3://bucket/prefix`.
  virtual std::string root_uri() const = 0;

  /// Uploads of keys that start with `prefix`, relative to the store.
  virtual Result<UploadPage> list_uploads(std::string_view prefix, const UploadCursor& from, std::stop_token stop) = 0;

  /// The parts of an upload with numbers above `after`; nothing if there is no such upload (any more).
  virtual Result<std::optional<PartPage>> list_parts(std::string_view key, std::string_view upload_id,
                                                     std::uint32_t after, std::stop_token stop) = 0;

  /// Gives an upload and its parts up. One that is not there (any more) is given up already. A part that is being sent
  /// at this moment may outlive this.
  virtual Status abort_upload(std::string_view key, std::string_view upload_id, std::stop_token stop) = 0;

  /// The tags of an object; nothing if there is no such object.
  virtual Result<std::optional<std::map<std::string, std::string>>> tags(std::string_view key,
                                                                         std::stop_token stop) = 0;

  /// Replaces all tags of an object (object_rules.hpp); false if there is no such object.
  virtual Result<bool> set_tags(std::string_view key, const std::map<std::string, std::string>& tags,
                                std::stop_token stop) = 0;

  /// The region that the bucket is in, e.g. "eu-west-1". Asks with a HEAD, whose answer says it whatever the
  /// permissions, and where it does not, with GetBucketLocation.
  virtual Result<std::string> bucket_region(std::stop_token stop) = 0;
};

/// As make_s3_store(), for the same options.
Result<std::unique_ptr<S3Admin>> make_s3_admin(const S3StoreOptions& options, const AwsSettings& settings,
                                               HttpTransport& transport, CredentialsProvider& credentials,
                                               WallClock clock = std::chrono::system_clock::now);

}  // namespace attache
