#include "xxh3_functions.hpp"

// Replaces XXH3_* by XXH3_*_dispatch below. Measured on a Zen 4 core, data in cache: 12 GB/s without, 36-58 GB/s with.
#include <xxh_x86dispatch.h>

namespace attache::detail {

XXH128_hash_t xxh3_128(const void* data, std::size_t size) {
  return XXH3_128bits(data, size);
}

void xxh3_128_update(XXH3_state_t* state, const void* data, std::size_t size) {
  XXH3_128bits_update(state, data, size);
}

}  // namespace attache::detail
