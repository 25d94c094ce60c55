#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Microseconds since the epoch as "2023-11-14T22:13:20.000001Z": RFC 3339, always 27 characters for the years 0 to
/// 9999, and to the microsecond, so that two texts are equal if and only if the times are. Total: years beyond have a
/// sign, and more digits.
std::string utc_text(std::int64_t microseconds);

/// The reverse of RFC 3339: a date, `T` or a space, a time, any number of decimals (those beyond microseconds are cut
/// off), and `Z` or an offset such as `+01:00`. Years 0 to 9999. Nothing for any other text.
std::optional<std::int64_t> parse_utc(std::string_view text);

}  // namespace attache
