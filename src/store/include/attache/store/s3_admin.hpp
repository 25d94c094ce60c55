#pragma once

#include <attache/base/result.hpp>
#include <attache/store/s3_store.hpp>
#include <attache/store/upload_admin.hpp>

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace attache {

/// What only S3 has, for a store's bucket and prefix: tags, the bucket's region, and multipart uploads with parts.
/// Blocking, to be called from any thread, errors and `stop` as in ObjectStore.
class S3Admin : public UploadAdmin {
 public:
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
