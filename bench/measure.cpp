#include "measure.hpp"

#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace attache::bench {

namespace {

double seconds(clockid_t clock) {
  struct timespec now {};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Not ru_maxrss, which begins with what the parent had when it forked.
unsigned long long peak() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::strtoull(line.c_str() + 6, nullptr, 10) * 1024;
  }
  return 0;
}

double cpu_start;
double wall_start;

}  // namespace

void begin() {
  wall_start = seconds(CLOCK_MONOTONIC);
  cpu_start = seconds(CLOCK_PROCESS_CPUTIME_ID);
}

void report(const Proof& proof) {
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
  const double wall = seconds(CLOCK_MONOTONIC) - wall_start;
  std::printf("CPU %.6f\nWALL %.6f\nPEAK %llu\nFILES %llu\nBYTES %llu\nSUM %llu\n", cpu, wall, peak(),
              static_cast<unsigned long long>(proof.files), static_cast<unsigned long long>(proof.bytes),
              static_cast<unsigned long long>(proof.sum));
}

void die(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  std::exit(1);
}

}  // namespace attache::bench
