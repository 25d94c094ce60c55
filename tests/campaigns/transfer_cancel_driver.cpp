// Cancels calls of the transfer library in each of their phases, for tests/campaigns/transfer_cancel.py.
//
//   attache_transfer_cancel_driver DISK MEMORY COUNT SEED [PHASE]
//   attache_transfer_cancel_driver --serve
//
// DISK and MEMORY are directories for large and for small files. COUNT trials, the phases one after the other,
// beginning with a random one; or those of the phases whose name contains PHASE. A phase of fewer than 100 trials, one
// of which took more than 250 ms to end, gets more, until there is a second or they are 100: of fewer there is no p99,
// and one may be the machine's. Prints a line for everything that is wrong, one per phase with its trials, p50, p99 and
// longest time, and what a thread that only sleeps was late meanwhile; then `TRIALS ENDED WRONG OVER P50 P99 MAX LEFT
// SEED`: microseconds; OVER the phases with a p99 above 250 ms; LEFT the descriptors open in the end and not before.
//
// With --serve it is an S3 server for one bucket. It prints its URL, and obeys the lines that it reads: `late KIND MS`,
// `never KIND`, `half KIND`, `calm`, each answered by the number of requests of that kind so far.

#include <attache/store/testing/cancel_bench.hpp>

#include "transfer_cancel_phases.hpp"
#include "transfer_cancel_stores.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace attache::campaign;  // NOLINT(google-build-using-namespace): a program of the project's own
namespace fs = std::filesystem;

constexpr long long kMost = 250'000;  // microseconds
constexpr std::size_t kEnough = 100;

/// The value that `part` of all do not exceed.
long long percentile(std::vector<long long> values, double part) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

/// Milliseconds that other machines took from this one's processors, all together.
long long stolen_ms() {
  std::ifstream file("/proc/stat");
  std::string name;
  long long value = 0;
  file >> name;
  for (int field = 0; field < 8; ++field) file >> value;
  return file ? value * 10 : 0;
}

struct Outcome {
  std::vector<long long> times;
  std::vector<long long> lags;
  Clock::duration usual{0};
  std::size_t ended = 0;  ///< before the stop came
};

class Bench {
 public:
  Bench(fs::path disk, fs::path memory, unsigned long long seed)
      : disk_(std::move(disk)),
        memory_(std::move(memory)),
        random_(seed),
        phases_(transfer_phases(disk_ / "shared", memory_ / "shared")) {
    outcomes_.resize(phases_.size());
  }

  std::size_t phases() const { return phases_.size(); }
  const Phase& phase(std::size_t index) const { return phases_[index]; }
  const Outcome& outcome(std::size_t index) const { return outcomes_[index]; }
  std::size_t wrong() const { return wrong_; }
  std::size_t trials() const { return trials_; }

 private:
  template <typename Call>
  auto in_folder(const Phase& phase, const Call& call) {
    const fs::path folder = (phase.on_disk ? disk_ : memory_) / "trial";
    fs::create_directories(folder);
    Moment moment;
    const auto result = call(Trial{folder, random_, moment});
    fs::remove_all(folder);
    return result;
  }

 public:
  void run(std::size_t index) {
    const Phase& phase = phases_[index];
    Outcome& outcome = outcomes_[index];
    if (phase.events == 0 && outcome.usual == Clock::duration::zero()) {
      outcome.usual = in_folder(phase, [&](const Trial& trial) { return undisturbed(phase, trial); });
    }
    const Attempt tried =
        in_folder(phase, [&](const Trial& trial) { return attempt(phase, trial, lag_, outcome.usual); });
    ++trials_;
    if (tried.latency) {
      outcome.times.push_back(tried.latency->time.count());
      outcome.lags.push_back(tried.latency->lag.count());
      if (tried.latency->time.count() > kMost) {
        std::printf("SLOW: %s: %lld us; a thread that only sleeps was %lld us late\n", phase.name.c_str(),
                    static_cast<long long>(tried.latency->time.count()),
                    static_cast<long long>(tried.latency->lag.count()));
      }
    } else {
      ++outcome.ended;
      // The first run found nothing in the system's memory.
      outcome.usual = std::min(outcome.usual, tried.took);
    }
    if (tried.problem.empty()) return;
    ++wrong_;
    std::printf("WRONG: %s: %s\n", phase.name.c_str(), tried.problem.c_str());
  }

 private:
  const fs::path disk_;
  const fs::path memory_;
  std::mt19937_64 random_;
  std::vector<Phase> phases_;
  std::vector<Outcome> outcomes_;
  LagMeter lag_;
  std::size_t wrong_ = 0;
  std::size_t trials_ = 0;
};

int run(const fs::path& disk, const fs::path& memory, unsigned long long count, unsigned long long seed,
        std::string_view wanted) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  Bench bench(disk, memory, seed);
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < bench.phases(); ++i) {
    if (bench.phase(i).name.find(wanted) != std::string::npos) chosen.push_back(i);
  }
  if (chosen.empty()) {
    std::fputs("there is no such phase\n", stderr);
    return 2;
  }
  const long long stolen = stolen_ms();
  bench.run(chosen[seed % chosen.size()]);  // what a process opens once and keeps
  const std::size_t before = attache::testing::open_descriptors();
  for (unsigned long long i = 1; i < count; ++i) bench.run(chosen[(seed + i) % chosen.size()]);
  for (const std::size_t phase : chosen) {
    // A second one decides: more than one of a hundred.
    const auto slow = [&] {
      return std::ranges::count_if(bench.outcome(phase).times, [](long long time) { return time > kMost; });
    };
    while (slow() == 1 && bench.outcome(phase).times.size() < kEnough) bench.run(phase);
  }
  const std::size_t after = attache::testing::open_descriptors();

  std::vector<long long> all;
  std::size_t over = 0;
  std::size_t ended = 0;
  for (const std::size_t phase : chosen) {
    const Outcome& outcome = bench.outcome(phase);
    ended += outcome.ended;
    if (outcome.times.empty()) continue;
    all.insert(all.end(), outcome.times.begin(), outcome.times.end());
    const long long p99 = percentile(outcome.times, 0.99);
    if (p99 > kMost) ++over;
    std::printf("%s%-34s %4zu trials, p50 %6.1f ms, p99 %6.1f ms, longest %6.1f ms; lag %5.1f ms\n",
                p99 > kMost ? "OVER: " : "", bench.phase(phase).name.c_str(), outcome.times.size(),
                static_cast<double>(percentile(outcome.times, 0.5)) / 1e3, static_cast<double>(p99) / 1e3,
                static_cast<double>(percentile(outcome.times, 1.0)) / 1e3,
                static_cast<double>(percentile(outcome.lags, 1.0)) / 1e3);
  }
  std::printf("other machines took %lld ms of the processors' time\n", stolen_ms() - stolen);
  std::printf("TRIALS %zu ENDED %zu WRONG %zu OVER %zu P50 %lld P99 %lld MAX %lld LEFT %zu SEED %llu\n", bench.trials(),
              ended, bench.wrong(), over, percentile(all, 0.5), percentile(all, 0.99), percentile(all, 1.0),
              after > before ? after - before : 0, seed);
  return bench.wrong() == 0 && over == 0 ? 0 : 1;
}

int serve() {
  Moment moment;
  SlowS3 server(moment);
  std::cout << server.url() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string how;
    std::string kind;
    long long delay = 0;
    words >> how >> kind >> delay;
    server.slow(s3_request(kind),
                how == "never"  ? SlowS3::How::kNever
                : how == "half" ? SlowS3::How::kHalf
                                : SlowS3::How::kLate,
                std::chrono::milliseconds(delay));
    std::cout << server.seen() << std::endl;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  try {
    if (arguments.size() == 1 && arguments[0] == "--serve") return serve();
    if (arguments.size() == 4 || arguments.size() == 5) {
      return run(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10), std::strtoull(argv[4], nullptr, 10),
                 arguments.size() == 5 ? arguments[4] : std::string_view());
    }
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return 2;
  }
  std::fputs("usage: attache_transfer_cancel_driver DISK MEMORY COUNT SEED [PHASE] | --serve\n", stderr);
  return 2;
}
