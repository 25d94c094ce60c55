#pragma once

#include <attache/fsio/host_path.hpp>

#include <string>
#include <string_view>

namespace attache {

inline constexpr std::string_view kHashCacheFile = "hash_cache.db";
inline constexpr std::string_view kCheckCacheFile = "s3_check_cache.db";

/// Where the incumbent's command has its caches, and ours has them, too: `~/.deadline/cache`.
inline std::string usual_cache_directory(const std::string& home) {
  return join_path(home, ".deadline/cache");
}

}  // namespace attache
