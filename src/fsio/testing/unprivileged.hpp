#pragma once

#include <functional>
#include <string>

namespace attache {

/// For tests of permissions, which do not bind root: runs `check` as a user without privileges and gives back what it
/// returned (a text that the test compares, at most 64 KiB). As root: in a forked child with user and group 65534,
/// which owns everything below `directory` by then; call it while no other thread runs. Otherwise: right here.
/// GoogleTest assertions inside `check` do not reach the test.
std::string run_unprivileged(const std::string& directory, const std::function<std::string()>& check);

}  // namespace attache
