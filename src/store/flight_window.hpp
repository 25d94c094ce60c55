#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace attache {

/// How many bytes of bodies a store has under way at a time, all calls together: twice what the line holds. What has
/// come and is not used yet counts, too. More only lies in memory until it is used, and is out of the processor's
/// caches by then.
///
/// What the line holds is, by Little's law, the rate times the time that a body is on its way. That time is the
/// shortest that was seen for bodies of about that size: requests that wait for each other, or for this program, take
/// longer, and that is no reason to send more of them. As the window is twice what came, it doubles with every round
/// trip for as long as the line gives more, as TCP's does.
///
/// Thread-safe.
class FlightWindow {
 public:
  using Clock = std::chrono::steady_clock;

  /// `least` is where it begins, and what it never goes below; in bytes.
  explicit FlightWindow(std::uint64_t least) : least_(least), bytes_(least) {}

  /// A body, from when it is asked for (or sent) until it is used (or acknowledged). Move-only; used by one thread at a
  /// time.
  class Flight {
   public:
    Flight(Flight&& other) noexcept : window_(std::exchange(other.window_, nullptr)), bytes_(other.bytes_) {}
    Flight& operator=(Flight&&) = delete;
    ~Flight() { end(); }
    std::uint64_t bytes() const { return bytes_; }
    /// All of it has arrived, `took` after it was asked for. Otherwise it teaches nothing.
    void arrived(Clock::duration took, Clock::time_point now) const;

   private:
    friend class FlightWindow;
    Flight(FlightWindow* window, std::uint64_t bytes) : window_(window), bytes_(bytes) {}
    void end();
    FlightWindow* window_;
    std::uint64_t bytes_;
  };

  /// True if there is room. Who has nothing under way starts all the same, so that nobody waits for others.
  bool has_room() const { return under_way_.load(std::memory_order_relaxed) < bytes(); }
  Flight start(std::uint64_t bytes);

  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void learn(std::uint64_t bytes, Clock::duration took, Clock::time_point now);

  const std::uint64_t least_;
  std::atomic<std::uint64_t> bytes_;
  std::atomic<std::uint64_t> under_way_{0};

  std::mutex mutex_;
  std::array<Clock::duration, 64> shortest_{};  // guarded by mutex_: by the bits of the size; zero: none seen
  Clock::time_point since_{};                   // guarded by mutex_
  double byte_seconds_ = 0;                     // guarded by mutex_: on the way since then, at best
  Clock::duration longest_{};                   // guarded by mutex_: the greatest of `shortest_` since then
};

}  // namespace attache
