#pragma once

#include <attache/base/result.hpp>
#include <attache/cli/run.hpp>
#include <attache/paths/asset_references.hpp>
#include <attache/paths/storage_profile.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

// What the commands of `attache paths` read. Errors name the file; a malformed one is kInvalidManifest.

Result<StorageProfile> read_storage_profile(const std::string& file, const CliEnvironment& environment);
Result<AssetReferences> read_asset_references(const std::string& file, const CliEnvironment& environment);

/// The paths of a command line as WTF-8, with the lines of standard input in the place of `-`. Line breaks end lines, a
/// carriage return before one belongs to it; empty lines are dropped.
Result<std::vector<std::string>> read_paths(const std::vector<std::string>& arguments,
                                            const CliEnvironment& environment);

/// "posix" or "windows" as the value of `flag`.
Result<PathFormat> parse_system(std::string_view flag, const std::string& text);

/// For people: "'Artists' (sp-1, windows)".
std::string profile_label(const StorageProfile& profile);

}  // namespace attache
