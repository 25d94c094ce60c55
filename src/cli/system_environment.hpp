#pragma once

#include <attache/cli/run.hpp>

#include <stop_token>

namespace attache {

/// If a standard stream was closed by the caller, the next file that is opened would get its number, and what is meant
/// for the stream would go there (or a read would wait for something else). Puts something in its place that fails. To
/// be called before anything is opened.
void reserve_standard_streams();

/// The world of a real process: standard streams, its environment, clock and directory, and stores by URI.
CliEnvironment system_environment(std::stop_token stop);

}  // namespace attache
