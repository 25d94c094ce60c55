#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace attache {

/// All of `text` as a number of the type: digits of `base`, with a minus before those of a signed type. Nothing if it
/// is empty, too large for the type, or has anything else in it, such as a plus, a space or a unit.
template <std::integral Integer>
std::optional<Integer> parse_number(std::string_view text, int base = 10) {
  Integer value{};
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value, base);
  if (error != std::errc() || end != last) return std::nullopt;
  return value;
}

}  // namespace attache
