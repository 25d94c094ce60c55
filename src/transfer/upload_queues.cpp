#include <attache/base/byte_size.hpp>
#include <attache/transfer/upload_queues.hpp>

#include <algorithm>
#include <limits>
#include <string>

namespace attache {

namespace {

constexpr std::int64_t kMultipartThreshold = static_cast<std::int64_t>(8 * kMiB);

Status check(std::int64_t value, const std::string& setting) {
  if (value > 0) return {};
  return fail(ErrorCode::kInvalidArgument,
              "setting '" + setting + "' is " + std::to_string(value) + ", which is not positive",
              "set it to a positive number, or remove it to have the default");
}

}  // namespace

Result<UploadQueues> upload_queues(const UploadQueueSettings& settings) {
  ATTACHE_TRY(check(settings.small_file_threshold_multiplier, "settings.small_file_threshold_multiplier"));
  ATTACHE_TRY(check(settings.s3_max_pool_connections, "settings.s3_max_pool_connections"));
  UploadQueues queues;
  // A multiplier that makes everything small makes everything small, whatever the product.
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / kMultipartThreshold;
  queues.small_file_bytes =
      static_cast<std::uint64_t>(std::min(settings.small_file_threshold_multiplier, kMost) * kMultipartThreshold);
  const std::int64_t workers =
      settings.s3_max_pool_connections / std::min<std::int64_t>(settings.small_file_threshold_multiplier, 10);
  queues.workers = static_cast<unsigned>(std::clamp<std::int64_t>(workers, 1, std::numeric_limits<unsigned>::max()));
  return queues;
}

}  // namespace attache
