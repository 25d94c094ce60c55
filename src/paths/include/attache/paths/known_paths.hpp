#pragma once

#include <attache/paths/path_format.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Whether the paths of a submission were to be expected. What is uploaded by mistake cannot be called back, so paths
// outside of all known directories are shown to the user before. Known are the LOCAL locations of the storage profile,
// the job bundle, what the command line names, and settings.known_asset_paths.
//
// Here a Windows host is a directory above its shares (`\\server` holds `\\server\share\x`), the extended prefix `\\?\`
// does not matter, and on POSIX `//x` is `/x`.

/// True if `path` is one of `known` or below it, by components of lexically normal forms.
bool is_known_path(PathFormat format, std::string_view path, const std::vector<std::string>& known);

/// `known` in lexically normal form, without those that are relative, empty or below another, shortest first (by
/// components; equals in their order). A leading `~` or `~/` is `home`, unless that is empty.
std::vector<std::string> filter_known_paths(PathFormat format, std::string_view home,
                                            const std::vector<std::string>& known);

/// The directories that a submission takes files from and brings files to.
struct ClassifiedPaths {
  std::vector<std::string> known_inputs;
  std::vector<std::string> unknown_inputs;
  std::vector<std::string> known_outputs;
  std::vector<std::string> unknown_outputs;
  bool has_unknown() const { return !unknown_inputs.empty() || !unknown_outputs.empty(); }
};

/// Input directories below another of the same class are left out; output directories are all there. In the order of
/// their components.
ClassifiedPaths classify_paths(PathFormat format, const std::vector<std::string>& input_directories,
                               const std::vector<std::string>& output_directories,
                               const std::vector<std::string>& known);

/// What to tell the user about unknown paths, several lines of text; empty if there are none. At most `most` are named.
std::string unknown_paths_warning(const ClassifiedPaths& paths, std::size_t most = 5);

}  // namespace attache
