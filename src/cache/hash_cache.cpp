#include <attache/cache/hash_cache.hpp>

namespace attache {

HashCache::~HashCache() = default;

}  // namespace attache
