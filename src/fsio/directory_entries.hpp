#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/directory.hpp>

#include <string>
#include <vector>

namespace attache {

/// The names in the directory that `descriptor` is open on for reading; `path` for messages.
Result<std::vector<ListedEntry>> read_entries(int descriptor, const std::string& path);

}  // namespace attache
