#pragma once

#include <attache/store/object_store.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>

namespace attache {

/// Zero: no limit.
struct ThrottleOptions {
  double bytes_per_second = 0;  ///< of content, both directions together
  std::size_t concurrency = 0;  ///< calls of put(), get(), copy() and head() at a time
  /// Monotone; injected by tests, together with a wait that moves it.
  std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
  /// Waits until then, or until `stop` fires: false. Empty: waits really.
  std::function<bool(std::chrono::steady_clock::time_point until, const std::stop_token& stop)> wait{};
};

/// Another store, slowed down: for stores that have no requests to hold back, such as directories on a shared disk or
/// line. (S3StoreOptions has limits of its own, which cost no thread.) Every block waits, after it was read or written,
/// until the average allows it; calls beyond the concurrency wait for others to end. Removing and listing wait for
/// nothing. A wait ends within 250 ms of `stop`. The contract of ObjectStore holds,
/// but for sources and sinks that wait for each other: more of them than the concurrency would wait for ever.
std::unique_ptr<ObjectStore> make_throttled_store(std::unique_ptr<ObjectStore> store, const ThrottleOptions& options);

}  // namespace attache
