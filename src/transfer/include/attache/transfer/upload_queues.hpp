#pragma once

#include <attache/base/result.hpp>

#include <cstdint>

namespace attache {

/// The incumbent's two settings of uploads, and what follows from them (incumbent formats, section 8).
struct UploadQueueSettings {
  std::int64_t small_file_threshold_multiplier = 20;  ///< `settings.small_file_threshold_multiplier`
  std::int64_t s3_max_pool_connections = 50;          ///< `settings.s3_max_pool_connections`
};

struct UploadQueues {
  /// The largest file that is small: those go several at a time, and first, the others one by one.
  std::uint64_t small_file_bytes = 0;
  /// Small files at a time.
  unsigned workers = 0;

  bool is_small(std::uint64_t size) const { return size <= small_file_bytes; }
};

/// Pure. kInvalidArgument naming the setting that is not positive, the multiplier first. (The incumbent divides by a
/// multiplier of zero before it looks at it: BUG-11.) What Attache itself does with small and large contents is in
/// upload.hpp; for who wants the incumbent's own numbers.
Result<UploadQueues> upload_queues(const UploadQueueSettings& settings);

}  // namespace attache
