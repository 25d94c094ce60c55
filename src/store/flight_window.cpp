#include "flight_window.hpp"

#include <algorithm>
#include <bit>

namespace attache {

namespace {

/// A rate over less is chance: what came in one turn of an event loop.
constexpr std::chrono::milliseconds kShortestRound{5};

double seconds(FlightWindow::Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

FlightWindow::Flight FlightWindow::start(std::uint64_t bytes) {
  under_way_.fetch_add(bytes, std::memory_order_relaxed);
  return {this, bytes};
}

void FlightWindow::Flight::end() {
  if (window_ == nullptr) return;
  window_->under_way_.fetch_sub(bytes_, std::memory_order_relaxed);
  window_ = nullptr;
}

void FlightWindow::Flight::arrived(Clock::duration took, Clock::time_point now) const {
  if (window_ != nullptr && bytes_ > 0) window_->learn(bytes_, took, now);
}

void FlightWindow::learn(std::uint64_t bytes, Clock::duration took, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  took = std::max<Clock::duration>(took, std::chrono::microseconds(1));
  Clock::duration& shortest = shortest_.at(static_cast<std::size_t>(std::bit_width(bytes)) - 1);
  shortest = shortest == Clock::duration::zero() ? took : std::min(shortest, took);
  if (since_ == Clock::time_point()) since_ = now - took;
  byte_seconds_ += static_cast<double>(bytes) * seconds(shortest);
  longest_ = std::max(longest_, shortest);
  if (now - since_ < std::max<Clock::duration>(longest_, kShortestRound)) return;
  const double line = byte_seconds_ / seconds(now - since_);
  // Not down at once: a pause of who receives is none of the line.
  const std::uint64_t before = bytes_.load(std::memory_order_relaxed);
  bytes_.store(std::max({least_, before / 2, static_cast<std::uint64_t>(2 * line)}), std::memory_order_relaxed);
  since_ = now;
  byte_seconds_ = 0;
  longest_ = {};
}

}  // namespace attache
