#include "sha256_functions.hpp"

namespace attache::detail {

const std::array<Sha256Compress, kSha256Lanes>* sha256_functions() {
  return nullptr;
}

}  // namespace attache::detail
