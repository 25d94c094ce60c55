#include "hash_cache_tables.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>

namespace attache {

void incumbent_key(std::string& key, std::string_view directory, std::string_view name) {
  join_path(key, directory, name);
  if (!is_utf8(key)) key = from_posix_bytes(key);
}

}  // namespace attache
