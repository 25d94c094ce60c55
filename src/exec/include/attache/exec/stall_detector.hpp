#pragma once

#include <attache/exec/progress.hpp>

#include <chrono>
#include <cstdint>

namespace attache {

struct StallOptions {
  /// Without an event for this long. Longer than every timeout of one request, shorter than a person's patience.
  std::chrono::seconds quiet{60};
  /// And seen so by this many looks, one a second at most: a machine that slept for an hour has looked only once, and
  /// what it waits for has had no hour.
  unsigned looks = 30;
};

/// Says when a transfer no longer moves, by events and not by bytes a second: an event is a file, or a byte, that was
/// done or skipped since the last look. Ten thousand files of one byte are few bytes a second, and many events; a
/// single connection that trickles is slow and not stuck. Bytes that are taken back are no event, nor is their being
/// done again until there are more than before.
///
/// A state machine without clock or thread; not thread-safe. What has stopped moving makes no report of its own: look()
/// has to be called from a timer (Ticker).
class StallDetector {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit StallDetector(Time now, StallOptions options = {}) : options_(options), moved_at_(now), looked_at_(now) {}

  /// True while nothing moves. `now` is never earlier than before.
  bool look(const Progress& progress, Time now);

  bool stalled() const { return stalled_; }
  /// When the last event was seen.
  Time moved_at() const { return moved_at_; }

 private:
  StallOptions options_;
  std::uint64_t files_ = 0;  // the most that was seen
  std::uint64_t bytes_ = 0;
  Time moved_at_;
  Time looked_at_;
  unsigned quiet_looks_ = 0;
  bool stalled_ = false;
};

}  // namespace attache
