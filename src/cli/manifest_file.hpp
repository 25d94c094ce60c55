#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/names.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Writes a manifest of a root into a directory, under the name that snapshots have (snapshot_file_name); its path.
/// Never replaces: a second one of a root within one second gets a name of its own.
Result<std::string> write_manifest_file(const std::string& directory, const std::string& root,
                                        const std::optional<std::string>& name, const LocalTime& now,
                                        std::string_view document);

/// The same under a file name that was given; kAlreadyExists if that is taken.
Result<std::string> write_named_file(const std::string& directory, const std::string& file_name,
                                     std::string_view document);

}  // namespace attache
