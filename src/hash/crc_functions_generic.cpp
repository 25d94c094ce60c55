#include "crc_functions.hpp"

namespace attache::detail {

namespace {
constexpr CrcFunctions kFunctions[] = {{"tables", crc32c_portable, crc64nvme_portable}};
}

std::span<const CrcFunctions> crc_functions() {
  return kFunctions;
}

}  // namespace attache::detail
