#pragma once

#include <attache/store/s3_store.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace attache {

/// The time that signatures are made for: this computer's, corrected by what the service said when it refused one for
/// its time. One for all requests of a store. Thread-safe.
class ServiceClock {
 public:
  explicit ServiceClock(WallClock clock) : clock_(std::move(clock)) {}

  std::chrono::system_clock::time_point now() const;

  /// True if `date`, the Date field of an answer, differs from now() by more than kMostClockSkew.
  bool differs(std::string_view date) const;

  struct Correction {
    std::int64_t before_us = 0;
    std::int64_t after_us = 0;
  };
  /// From now on now() goes with `date`. A field that is no date changes nothing.
  Correction correct(std::string_view date);
  /// From now on now() goes as before the correction, unless another one has been made since.
  void undo(const Correction& correction);

 private:
  const WallClock clock_;
  std::atomic<std::int64_t> offset_us_ = 0;
};

}  // namespace attache
