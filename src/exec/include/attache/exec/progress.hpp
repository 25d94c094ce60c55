#pragma once

#include <cstdint>
#include <functional>

namespace attache {

/// How far a long call has come. Totals are 0 until they are known. What is skipped was found done already: it counts
/// towards the totals, and not as done.
struct Progress {
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  std::uint64_t files_skipped = 0;
  std::uint64_t bytes_skipped = 0;
};

/// Called from worker threads, one call at a time, at most about ten times a second and once at the end. Must return
/// quickly.
using ProgressCallback = std::function<void(const Progress&)>;

}  // namespace attache
