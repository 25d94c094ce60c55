#include "transfer_cancel_trial.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace attache::campaign {

namespace {

using namespace std::chrono_literals;

/// A phase that is not reached by then is cancelled wherever the call is.
constexpr Clock::duration kLongestWait = 5s;

std::chrono::microseconds in_us(Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time);
}

}  // namespace

void Moment::note() {
  const std::lock_guard lock(mutex_);
  ++noted_;
  changed_.notify_all();
}

void Moment::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void Moment::wait(std::uint64_t noted, Clock::duration most) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most, [&] { return has_ended_ || noted_ >= noted; });
}

bool Moment::sleep(Clock::duration time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [&] { return has_ended_; });
}

LagMeter::LagMeter()
    : thread_([this](const std::stop_token& stop) {
        constexpr auto kSleep = 2ms;
        constexpr std::size_t kKept = 4096;
        while (!stop.stop_requested()) {
          const auto began = Clock::now();
          std::this_thread::sleep_for(kSleep);
          const auto woke = Clock::now();
          const std::lock_guard lock(mutex_);
          if (wakes_.size() == kKept) wakes_.erase(wakes_.begin(), wakes_.begin() + kKept / 2);
          wakes_.emplace_back(woke, in_us(woke - began - kSleep));
        }
      }) {}

std::chrono::microseconds LagMeter::longest(Clock::time_point since) {
  // A sleep that is not over yet counts, too.
  std::this_thread::sleep_for(5ms);
  const std::lock_guard lock(mutex_);
  std::chrono::microseconds longest{0};
  for (const auto& [woke, late] : wakes_) {
    if (woke >= since) longest = std::max(longest, late);
  }
  return longest;
}

Attempt attempt(const Phase& phase, const Trial& trial, LagMeter& lag, Clock::duration undisturbed) {
  Attempt result;
  const Session session = phase.begin(trial);
  const std::uint64_t random = trial.random();
  std::stop_source stop;
  std::optional<Clock::time_point> stopped_at;
  std::jthread user([&] {
    if (phase.events > 0) {
      trial.moment.wait(1 + random % phase.events, kLongestWait);
    }
    const auto span = static_cast<std::uint64_t>(phase.events > 0 ? phase.spread.count() : in_us(undisturbed).count());
    if (!trial.moment.sleep(std::chrono::microseconds(random / 64 % std::max<std::uint64_t>(span, 1)))) return;
    stopped_at = Clock::now();
    stop.request_stop();
  });
  const auto began = Clock::now();
  const Status status = session.run(stop.get_token());
  const auto ended_at = Clock::now();
  trial.moment.end();
  user.join();
  result.took = ended_at - began;
  if (stopped_at && *stopped_at < ended_at) {
    result.latency = Latency{in_us(ended_at - *stopped_at), lag.longest(*stopped_at)};
  }
  const bool is_allowed = status || phase.fails || (stopped_at && status.error().code() == ErrorCode::kCancelled);
  if (!is_allowed) result.problem = "it ended with " + status.error().to_string();
  if (session.check) result.problem += session.check();
  if (result.problem.empty() && session.again) {
    if (const Status again = session.again(); !again) result.problem = "again: " + again.error().to_string();
  }
  return result;
}

Clock::duration undisturbed(const Phase& phase, const Trial& trial) {
  const Session session = phase.begin(trial);
  const auto began = Clock::now();
  const Status status = session.run({});
  if (!status && !phase.fails) {
    std::fprintf(stderr, "%s: %s\n", phase.name.c_str(), status.error().to_string().c_str());
    std::exit(2);
  }
  return Clock::now() - began;
}

}  // namespace attache::campaign
