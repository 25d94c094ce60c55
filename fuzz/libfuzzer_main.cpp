#include "targets.hpp"

#include <cstddef>
#include <cstdint>

// One program per target; ATTACHE_FUZZ_TARGET is its function. A broken property leaves as an exception, which
// libFuzzer reports with the input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  attache::fuzz::ATTACHE_FUZZ_TARGET(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
