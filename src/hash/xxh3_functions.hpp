#pragma once

#include <xxhash.h>

#include <cstddef>

namespace attache::detail {

// The library calls that have a faster twin on x86; one of two source files defines them, chosen by CMake.
XXH128_hash_t xxh3_128(const void* data, std::size_t size);
void xxh3_128_update(XXH3_state_t* state, const void* data, std::size_t size);

}  // namespace attache::detail
