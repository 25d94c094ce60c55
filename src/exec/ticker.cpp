#include <attache/exec/ticker.hpp>

#include <system_error>
#include <utility>

namespace attache {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> tick)
    : interval_(interval), tick_(std::move(tick)) {
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): goes without, as its header says
  }
}

Ticker::~Ticker() = default;

void Ticker::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, interval_, [] { return false; });
    if (stop.stop_requested()) return;
    tick_();
  }
}

}  // namespace attache
