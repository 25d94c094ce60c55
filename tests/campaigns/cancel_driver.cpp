// Cancels calls of an S3 store wherever they are, for tests/campaigns/cancel_latency.py.
//
//   attache_cancel_driver COUNT SEED
//
// Prints a line for everything that is wrong, one per state with its median and longest time, and
// `TRIALS WRONG P50 P99 MAX LEFT SEED`: times in microseconds, LEFT the descriptors open in the end and not before.

#include <attache/store/testing/cancel_bench.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace attache::testing;  // NOLINT(google-build-using-namespace): a program of the project's own

/// The value that `part` of all do not exceed.
long long percentile(std::vector<long long> values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(part * static_cast<double>(values.size()));
  return values[std::min(rank, values.size() - 1)];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: attache_cancel_driver COUNT SEED\n", stderr);
    return 2;
  }
  const auto count = std::strtoull(argv[1], nullptr, 10);
  const auto seed = std::strtoull(argv[2], nullptr, 10);
  std::mt19937_64 random(seed);
  // What a process opens once and keeps.
  for (std::size_t state = 0; state < kCancelStates; ++state) {
    static_cast<void>(cancel_trial(static_cast<CancelState>(state), 0));
  }
  const std::size_t before = open_descriptors();
  std::array<std::vector<long long>, kCancelStates> times;
  std::vector<long long> all;
  std::size_t wrong = 0;
  for (unsigned long long i = 0; i < count; ++i) {
    const auto state = static_cast<CancelState>(i % kCancelStates);
    const CancelTrial trial = cancel_trial(state, random());
    times[i % kCancelStates].push_back(trial.latency.count());
    all.push_back(trial.latency.count());
    if (trial.problem.empty()) continue;
    ++wrong;
    std::printf("WRONG: trial %llu, %s: %s\n", i, std::string(to_string(state)).c_str(), trial.problem.c_str());
  }
  for (std::size_t state = 0; state < kCancelStates; ++state) {
    std::printf("%s: median %lld us, longest %lld us\n",
                std::string(to_string(static_cast<CancelState>(state))).c_str(), percentile(times[state], 0.5),
                percentile(times[state], 1.0));
  }
  const std::size_t after = open_descriptors();
  std::printf("TRIALS %llu WRONG %zu P50 %lld P99 %lld MAX %lld LEFT %zu SEED %llu\n", count, wrong,
              percentile(all, 0.5), percentile(all, 0.99), percentile(all, 1.0), after > before ? after - before : 0,
              seed);
  return wrong == 0 ? 0 : 1;
}
