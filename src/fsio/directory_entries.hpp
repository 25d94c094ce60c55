#pragma once

#include <attache/base/result.hpp>
#include <attache/fsio/directory.hpp>

#include <functional>
#include <string>
#include <vector>

namespace attache {

/// Appends the names in the directory that `descriptor` is open on for reading, see Directory::list.
Status read_names(int descriptor, const std::string& path, NameList& names, const std::function<bool()>& go_on);

/// The names in the directory that `descriptor` is open on for reading; `path` for messages.
Result<std::vector<DirectoryEntry>> read_entries(int descriptor, const std::string& path);

}  // namespace attache
