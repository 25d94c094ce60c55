#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest_store/output_selection.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// A root of a job, as its attachments name it.
struct JobRoot {
  std::string root_path;
  std::string location{};  ///< file system location name; empty: none
};

/// Which root of a job an output manifest belongs to: the object's name holds the hash of location and root
/// (output_manifest_name). Of roots that are named twice the first is meant. Immutable.
class RootMatcher {
 public:
  /// kInvalidArgument for a root that has no hash (names.hpp).
  static Result<RootMatcher> create(std::span<const JobRoot> roots);

  /// Of an object's name, the last component of its key. Nothing if it is none of them.
  std::optional<std::size_t> find(std::string_view name) const;
  std::size_t size() const { return size_; }

 private:
  std::map<std::string, std::size_t, std::less<>> index_of_;  // by hash in hex
  std::size_t size_ = 0;
};

/// For each root of a job the key of the output manifest that a session action left for it; nothing: none.
using KeysByRoot = std::vector<std::optional<std::string>>;

/// The output manifests of a job by session action id and root: what select_outputs() of the job's listing has, whether
/// the service names them or not. Of two manifests of one session action and root the later in that order counts.
/// kInvalidManifest, naming the key, for one whose folder names no session action (`sessionaction-<id>-<n>`) or whose
/// name holds the hash of none of the roots: then listing and job do not belong together. Pure.
Result<std::map<std::string, KeysByRoot>> match_outputs(std::span<const ListedManifest> listing,
                                                        std::string_view job_prefix, std::span<const JobRoot> roots);

}  // namespace attache
