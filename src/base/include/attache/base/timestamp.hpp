#pragma once

#include <attache/base/result.hpp>

#include <string>

namespace attache {

/// A time in seconds since 1970 as the `<ts>` of object keys (incumbent formats, section 4): UTC,
/// `YYYY-MM-DDTHH:MM:SS.ffffffZ`. Truncated to microseconds as the incumbent does it, second and fraction each by
/// itself and towards zero, in double precision: 1710000000.1 ends in `.099999`. kInvalidArgument outside of the years
/// 1 to 9999 and for what is not a number.
Result<std::string> iso_timestamp(double seconds);

}  // namespace attache
