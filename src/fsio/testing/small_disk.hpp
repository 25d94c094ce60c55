#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace attache {

/// What `check` gives back (at most 4 KiB) on a file system of so many bytes, in memory, mounted at `path`, in a child
/// process with a mount namespace of its own; call it while no other thread runs. Nothing where that is not allowed;
/// an empty text if the child dies. GoogleTest assertions inside `check` do not reach the test.
std::optional<std::string> on_a_small_disk(const std::string& path, std::uint64_t bytes,
                                           const std::function<std::string()>& check);

}  // namespace attache
