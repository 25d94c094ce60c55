#include "lookup_cost.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/store/cas_layout.hpp>

#include <algorithm>
#include <cstddef>

namespace attache {

std::optional<Digest> last_content(const ListPage& page) {
  std::optional<Digest> last;
  for (const ObjectInfo& object : page.objects) {
    if (const std::optional<DataKey> key = parse_data_key(object.key)) last = key->hash;
  }
  return last;
}

double estimated_pages(const Digest& last_of_first_page) {
  double reached = 0;
  double weight = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    weight /= 256;
    reached += weight * last_of_first_page.bytes()[i];
  }
  return 1 / std::max(reached, 1e-12);
}

bool listing_is_better(double pages, std::uint64_t contents, std::uint64_t contents_per_page) {
  return static_cast<double>(contents_per_page) * pages <= static_cast<double>(contents);
}

FirstAsk first_ask(std::uint64_t size, bool expected, std::uint64_t asked, std::uint64_t there) {
  // Until so many are known, few bytes are risked.
  constexpr std::uint64_t kEnough = 32;
  constexpr std::uint64_t kMostUndecided = 64 * kKiB;
  constexpr std::uint64_t kMost = 1 * kMiB;
  constexpr std::uint64_t kRare = 14;
  if (expected || size > kMost) return FirstAsk::kHead;
  if (asked < kEnough) return size <= kMostUndecided ? FirstAsk::kConditionalPut : FirstAsk::kHead;
  return there * kRare < asked ? FirstAsk::kConditionalPut : FirstAsk::kHead;
}

}  // namespace attache
