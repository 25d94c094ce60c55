#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace attache {

/// Calls a function on a thread of its own, again and again, until it is destroyed: for what has to look also when
/// nothing happens. Destroying it waits for a call that is under way, and for nothing else. If the system gives no
/// thread, nothing is called: no work may depend on a ticker.
class Ticker {
 public:
  /// The first call comes after one interval. `tick` must not throw.
  Ticker(std::chrono::milliseconds interval, std::function<void()> tick);
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;
  ~Ticker();

 private:
  void run(const std::stop_token& stop);

  const std::chrono::milliseconds interval_;
  const std::function<void()> tick_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses all above
};

}  // namespace attache
