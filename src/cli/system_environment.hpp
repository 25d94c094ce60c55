#pragma once

#include <attache/cli/run.hpp>

#include <stop_token>

namespace attache {

/// The world of a real process: standard streams, its environment, clock and directory, and stores by URI.
CliEnvironment system_environment(std::stop_token stop);

}  // namespace attache
