#include "targets.hpp"

namespace attache::fuzz {

namespace {

constexpr Target kTargets[] = {{"glob", glob}, {"manifest_decode", manifest_decode}};

}  // namespace

std::span<const Target> targets() {
  return kTargets;
}

}  // namespace attache::fuzz
