#pragma once

#include "cache_database.hpp"

#include <array>

namespace attache {

inline constexpr std::array<CacheTable, 1> kCheckCacheTables = {{
    {"s3checkV1", "CREATE TABLE IF NOT EXISTS s3checkV1(s3_key text primary key, last_seen_time timestamp)"},
}};

}  // namespace attache
