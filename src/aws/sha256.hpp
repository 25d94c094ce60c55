#pragma once

#include <attache/base/result.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace attache {

using Sha256 = std::array<std::byte, 32>;

Result<Sha256> sha256(std::string_view data);
/// HMAC-SHA-256 (RFC 2104).
Result<Sha256> hmac_sha256(std::span<const std::byte> key, std::string_view data);
/// Lower-case hex.
std::string to_hex(const Sha256& digest);

}  // namespace attache
