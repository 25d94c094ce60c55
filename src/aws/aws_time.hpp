#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// A time as the sources of credentials write it: `2026-01-31T12:00:00Z`, with a fraction of a second (dropped), and
/// with `Z`, `UTC` (old token caches of the AWS CLI) or an offset like `+01:00` or `-0130`. Nothing for anything else:
/// a time without a zone could be any time.
std::optional<std::chrono::sys_seconds> parse_aws_time(std::string_view text);

/// `2026-01-31T12:00:00Z`.
std::string format_aws_time(std::chrono::sys_seconds time);

}  // namespace attache
