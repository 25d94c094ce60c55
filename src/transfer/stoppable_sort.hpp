#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <stop_token>

namespace attache {

/// Sorts a random-access range, and gives up when `stop` fires: false, and the order is any. Not stable. Between two
/// looks at the token at most the last merge is done, which takes 15 ms for a million hashes; std::sort takes 150.
template <typename Range, typename Less = std::less<>>
bool stoppable_sort(Range& range, const std::stop_token& stop, Less less = {}) {
  constexpr std::size_t kRun = 65'536;
  const auto size = static_cast<std::size_t>(std::size(range));
  const auto at = [&](std::size_t index) {
    return std::begin(range) + static_cast<std::ptrdiff_t>(std::min(index, size));
  };
  for (std::size_t begin = 0; begin < size; begin += kRun) {
    if (stop.stop_requested()) return false;
    std::sort(at(begin), at(begin + kRun), less);
  }
  for (std::size_t width = kRun; width < size; width *= 2) {
    for (std::size_t begin = 0; begin + width < size; begin += 2 * width) {
      if (stop.stop_requested()) return false;
      std::inplace_merge(at(begin), at(begin + width), at(begin + 2 * width), less);
    }
  }
  return true;
}

}  // namespace attache
