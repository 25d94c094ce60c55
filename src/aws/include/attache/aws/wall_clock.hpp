#pragma once

#include <chrono>
#include <functional>

namespace attache {

/// The time of day, passed in so that tests choose it. Called from any thread.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

}  // namespace attache
