#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Which of the objects below a job are its output manifests, and which of those count. Pure: keys and times in, indexes
// out. See manifest_places.hpp for the layout.

/// An object as a listing shows it.
struct ListedManifest {
  std::string key;
  std::uint64_t size = 0;
  std::optional<std::int64_t> last_modified_us{};
};

/// An output manifest's key, taken apart behind the job's id. Views point into the key.
struct OutputKey {
  std::string_view step;
  std::string_view task;            ///< empty: of a step that runs in chunks
  std::string_view folder;          ///< `<time>_<session action>`; empty: the object lies in the task's folder itself
  std::string_view session_action;  ///< what follows the folder's first `_`; empty: there is none
  std::string_view name;            ///< the last component
};

/// Takes a key apart if it is that of an output manifest: below `job_prefix`, which is outputs_prefix() of the job
/// alone, a component `step-...`, perhaps one `task-...`, a folder, and a name that holds "output". Nothing else of a
/// key is looked at: a root prefix or an id may hold `step-` and `task-` (the incumbent is confused by it, BUG-14).
/// Nothing else is asked of names and folders: the incumbent has written others than it writes today.
std::optional<OutputKey> parse_output_key(std::string_view key, std::string_view job_prefix);

/// Which folder of a task is the latest one.
enum class LatestBy : std::uint8_t {
  kName,      ///< the greatest name, as in the incumbent. Names begin with a time, by the clock of a worker
  kModified,  ///< the one with the object that the store has received last; of equal ones the later in the listing
};

/// A task of which the two rules choose different folders.
struct LatestDisagreement {
  std::string step;
  std::string task;
  std::string by_name;      ///< folder
  std::string by_modified;  ///< folder
};

struct OutputSelection {
  /// Of the listing: first what belongs to no task, then task by task, each in the order of the listing; tasks in the
  /// order in which they first occur.
  std::vector<std::size_t> indexes;
  std::vector<LatestDisagreement> disagreements;  ///< in the same order; only from select_latest_outputs()
};

/// All output manifests.
OutputSelection select_outputs(std::span<const ListedManifest> listing, std::string_view job_prefix);

/// Of each task those of its latest folder; what belongs to no task (steps that run in chunks) all. An object that lies
/// in the folder of a task itself is no output manifest of a session action, and left out. O(n log n).
OutputSelection select_latest_outputs(std::span<const ListedManifest> listing, std::string_view job_prefix,
                                      LatestBy latest_by);

/// The output manifests that a session action left, in the order of the listing. Its id is compared whole: `...-1` is
/// not `...-12` (BUG-15).
std::vector<std::size_t> select_session_action(std::span<const ListedManifest> listing, std::string_view job_prefix,
                                               std::string_view session_action_id);

}  // namespace attache
