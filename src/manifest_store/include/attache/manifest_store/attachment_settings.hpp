#pragma once

#include <attache/base/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Where a queue keeps its job attachments (incumbent formats, section 4): a bucket, and the prefix that everything of
/// the queue lies below. Keys of an ObjectStore are relative to that prefix; whole keys of the bucket are needed only
/// where other programs see them. Joining is plain concatenation with `/`: of the prefix `a/` comes `a//Data`.
/// The functions are pure.
struct AttachmentSettings {
  std::string bucket;
  std::string root_prefix;

  friend bool operator==(const AttachmentSettings&, const AttachmentSettings&) = default;
};

/// Of `s3://bucket/prefix`, as parse_store_uri() reads it; kInvalidArgument for everything else.
Result<AttachmentSettings> settings_from_root_uri(std::string_view uri);
/// Of `bucket/prefix`: the first slash divides. kInvalidArgument without one. Either part may turn out empty, which
/// check_settings() finds.
Result<AttachmentSettings> settings_from_root_path(std::string_view path);
/// kInvalidArgument, naming it, for a part that is empty.
Status check_settings(const AttachmentSettings& settings);

/// The reverse: `bucket/prefix`, `s3://bucket/prefix`.
std::string to_root_path(const AttachmentSettings& settings);
std::string to_root_uri(const AttachmentSettings& settings);

/// The whole key in the bucket of a key below the prefix; kInvalidArgument without a prefix.
Result<std::string> whole_key(const AttachmentSettings& settings, std::string_view key);
/// The reverse; nothing for a key that does not lie below the prefix.
std::optional<std::string> key_below(const AttachmentSettings& settings, std::string_view whole_key);

struct BucketAndKey {
  std::string bucket;
  std::string key;  ///< may be empty
};
/// Of `s3://bucket/key` or `bucket/key`. kInvalidArgument without a slash behind the bucket.
Result<BucketAndKey> parse_bucket_and_key(std::string_view uri);

}  // namespace attache
