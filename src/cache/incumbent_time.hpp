#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace attache {

/// A file's modification time as the incumbent writes it to `hashesV4` (incumbent formats, section 7): local time of
/// this process, "YYYY-MM-DD HH:MM:SS[.ffffff]", from the time in floating point, rounded half-even to microseconds.
/// Empty outside of the years 1 to 9999, which the incumbent cannot write. Cheap enough to make for every file.
class IncumbentTime {
 public:
  explicit IncumbentTime(std::int64_t mtime_ns);
  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 32> text_{};
  std::size_t size_ = 0;
};

}  // namespace attache
