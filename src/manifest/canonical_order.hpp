#pragma once

#include <attache/manifest/manifest.hpp>

#include <cstdint>
#include <vector>

namespace attache::detail {

/// The indexes of the entries in canonical order: by the UTF-16 code units of their paths, equal paths in the order
/// they have. Empty if the entries are in it already. O(n log n) for texts of bounded length. Needs at most 16 bytes an
/// entry: 4 are for the result, and what directories need, 50 bytes each, is only spent on few.
std::vector<std::uint32_t> canonical_order(const Manifest& manifest);

}  // namespace attache::detail
