#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace attache::detail {

/// Puts what links lead to in their place. Targets are resolved as a file system would, through the links of the
/// manifest, but never out of it.
class LinkCollapse {
 public:
  explicit LinkCollapse(const TreeManifest& manifest) : manifest_(manifest) {}

  /// Calls `take` for the file that the link leads to, or for every file below the directory, with the path that it
  /// gets and its index. A link in that directory is collapsed in turn, unless it leads to a directory that is being
  /// gone through, which would never end. kUnsupported if the links multiply the files beyond measure.
  using Take = std::function<Status(const std::string& path, std::size_t file)>;
  Status collapse(const FileEntry& link, const std::string& path, const Take& take);

 private:
  using Place = std::variant<std::monostate, DirectoryId, std::size_t>;

  Place resolve(std::string_view target, unsigned& hops) const;
  Place follow(const FileEntry& link, unsigned& hops) const;
  Status take_place(const Place& place, const std::string& path, const Take& take);
  bool is_open(DirectoryId directory) const;

  const TreeManifest& manifest_;
  std::vector<DirectoryId> open_;
  std::size_t taken_ = 0;
};

}  // namespace attache::detail
