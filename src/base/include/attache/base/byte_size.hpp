#pragma once

#include <cstdint>
#include <string>

namespace attache {

inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;

/// How many chunks of `chunk_size` (not 0) bytes a file has; the last may be shorter. An empty file has none.
constexpr std::uint64_t chunk_count(std::uint64_t size, std::uint64_t chunk_size) {
  return size / chunk_size + (size % chunk_size != 0 ? 1 : 0);
}

/// A byte count for people, in the incumbent's form: decimal units B...PB, at most two decimals, at least one once
/// divided ("999 B", "1.0 KB", "1.25 MB").
std::string human_size(std::uint64_t bytes);

/// A rate or an estimate as a count: cut off; 0 for what is negative or no number, the greatest for what is beyond.
std::uint64_t whole_bytes(double bytes);

}  // namespace attache
