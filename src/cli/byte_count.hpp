#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace attache {

/// A positive number of bytes as users write it: `1000`, `64KiB`, `256MiB`, `1GiB`. Nothing if it is none, or beyond
/// 64 bits.
std::optional<std::uint64_t> parse_byte_count(std::string_view text);

}  // namespace attache
