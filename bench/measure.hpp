#pragma once

#include <cstdint>
#include <string>

namespace attache::bench {

/// What all programs that do the same work must print alike.
struct Proof {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t sum = 0;  ///< of what was read, where a program reads for nothing else: so that it must
};

/// Starts the clocks, again if need be.
void begin();
/// Prints `CPU`, `WALL` in seconds since begin(), `PEAK` in bytes of resident memory of the whole process so far,
/// `FILES`, `BYTES` and `SUM`, a line each.
void report(const Proof& proof);

[[noreturn]] void die(const std::string& message);

}  // namespace attache::bench
