#pragma once

#include <attache/manifest/manifest.hpp>

#include <cstddef>
#include <vector>

namespace attache::detail {

/// The indexes of the entries in canonical order: by the UTF-16 code units of their paths, equal paths in the order
/// they have. Empty if the entries are in it already.
std::vector<std::size_t> canonical_order(const Manifest& manifest);

}  // namespace attache::detail
