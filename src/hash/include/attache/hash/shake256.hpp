#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace attache {

/// SHAKE-256 (FIPS 202): fills `out` with the extendable output of `data`. Used for session directory names only
/// (the incumbent takes the first 10 bytes), so it is small rather than fast. Thread-safe.
void shake256(std::string_view data, std::span<std::byte> out);

}  // namespace attache
