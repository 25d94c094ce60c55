#pragma once

#include <attache/sqlite/statement.hpp>

#include <chrono>
#include <optional>

namespace attache {

/// A `last_seen_time`, in seconds since 1970, from a column of any type. The column has numeric affinity: what the
/// incumbent writes as the text "1750000000.0" is the integer 1750000000 by then. Nothing if it is no number, or no
/// time of the years until 9999.
std::optional<double> seen_time(const SqliteStatement& row, int column);

/// Whole days are what counts: 29.9 are fresh, 30.0 are not, and what is negative is.
bool is_fresh(double seen, double now, std::chrono::hours expiry);

}  // namespace attache
