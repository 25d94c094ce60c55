#include "xxh3_functions.hpp"

namespace attache::detail {

XXH128_hash_t xxh3_128(const void* data, std::size_t size) {
  return XXH3_128bits(data, size);
}

void xxh3_128_update(XXH3_state_t* state, const void* data, std::size_t size) {
  XXH3_128bits_update(state, data, size);
}

}  // namespace attache::detail
