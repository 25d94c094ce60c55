#pragma once

#include <attache/cli/run.hpp>

#include <stop_token>

namespace attache {

/// If a standard stream was closed by the caller, the next file that is opened would get its number, and what is meant
/// for the stream would go there (or a read would wait for something else). Puts something in its place that fails. To
/// be called before anything is opened.
void reserve_standard_streams();

/// Hundreds of requests are under way at a time, each with a connection, and directories stay open besides. Where the
/// system gives a process few descriptors (macOS 256, others 1,024) and lets it ask for more, this asks.
void raise_descriptor_limit();

/// The world of a real process: standard streams, its environment, clock and directory, and stores by URI.
CliEnvironment system_environment(std::stop_token stop);

}  // namespace attache
