#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// "3 days ago", for people: one unit is enough to judge by.
std::string age_text(double seconds);

/// Seconds of "90s", "15m", "36h", "7d" or "2w"; nothing for any other text, and for more than 10,000 years.
std::optional<std::uint64_t> parse_age(std::string_view text);

}  // namespace attache
