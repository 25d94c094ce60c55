#include <attache/base/text.hpp>
#include <attache/manifest_store/attachment_settings.hpp>
#include <attache/store/store_uri.hpp>

#include <utility>
#include <variant>

namespace attache {

Result<AttachmentSettings> settings_from_root_uri(std::string_view uri) {
  ATTACHE_ASSIGN(StoreLocation location, parse_store_uri(uri));
  auto* const s3 = std::get_if<S3Location>(&location);
  if (s3 == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(uri) + "' is not in S3", "write s3://bucket/prefix");
  }
  return AttachmentSettings{std::move(s3->bucket), std::move(s3->prefix)};
}

Result<AttachmentSettings> settings_from_root_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(path) + "' is not a bucket and a prefix",
                "write bucket/prefix");
  }
  return AttachmentSettings{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

Status check_settings(const AttachmentSettings& settings) {
  constexpr const char* kRemedy = "name both, as the queue's settings do: s3BucketName and rootPrefix";
  if (settings.bucket.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the job attachments settings name no bucket", kRemedy);
  }
  if (settings.root_prefix.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the job attachments settings name no root prefix", kRemedy);
  }
  return {};
}

std::string to_root_path(const AttachmentSettings& settings) {
  return settings.bucket + "/" + settings.root_prefix;
}

std::string to_root_uri(const AttachmentSettings& settings) {
  return "s3://" + to_root_path(settings);
}

Result<std::string> whole_key(const AttachmentSettings& settings, std::string_view key) {
  if (settings.root_prefix.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the key '" + printable(key) + "' needs the queue's root prefix",
                "name the root prefix: job attachments always live below one");
  }
  return settings.root_prefix + "/" + std::string(key);
}

std::optional<std::string> key_below(const AttachmentSettings& settings, std::string_view whole_key) {
  const std::string_view prefix = settings.root_prefix;
  if (prefix.empty() || !whole_key.starts_with(prefix)) return std::nullopt;
  whole_key.remove_prefix(prefix.size());
  if (!whole_key.starts_with('/')) return std::nullopt;
  return std::string(whole_key.substr(1));
}

Result<BucketAndKey> parse_bucket_and_key(std::string_view uri) {
  constexpr std::string_view kScheme = "s3://";
  const std::string_view path = uri.starts_with(kScheme) ? uri.substr(kScheme.size()) : uri;
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(uri) + "' names no object", "write s3://bucket/key");
  }
  return BucketAndKey{std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

}  // namespace attache
