#pragma once

#include <cstdint>
#include <optional>

namespace attache {

/// Which bytes of a file a row of `hashesV4` is about: [start, end), or the whole file, which the incumbent writes as
/// (0, -1). An end of -1 with another start, and a start below 0, are rows that it can write, and nobody asks for.
class HashRange {
 public:
  static constexpr HashRange whole_file() { return {0, kToTheEnd}; }
  /// Nothing for what the incumbent refuses: an end that is neither -1 nor behind the start.
  static constexpr std::optional<HashRange> make(std::int64_t start, std::int64_t end) {
    if (end != kToTheEnd && end <= start) return std::nullopt;
    return HashRange(start, end);
  }

  constexpr std::int64_t start() const { return start_; }
  constexpr std::int64_t end() const { return end_; }
  constexpr bool is_whole_file() const { return start_ == 0 && end_ == kToTheEnd; }

 private:
  static constexpr std::int64_t kToTheEnd = -1;
  constexpr HashRange(std::int64_t start, std::int64_t end) : start_(start), end_(end) {}

  std::int64_t start_;
  std::int64_t end_;
};

}  // namespace attache
