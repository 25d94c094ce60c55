#include "targets.hpp"

namespace attache::fuzz {

namespace {

constexpr Target kTargets[] = {{"glob", glob},
                               {"manifest_decode", manifest_decode},
                               {"manifest_decode_v2025", manifest_decode_v2025},
                               {"manifest_operations", manifest_operations}};

}  // namespace

std::span<const Target> targets() {
  return kTargets;
}

}  // namespace attache::fuzz
