#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest_store/fetch_manifests.hpp>
#include <attache/manifest_store/manifest_places.hpp>
#include <attache/manifest_store/output_selection.hpp>
#include <attache/store/object_store.hpp>

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Everything whose key starts with `prefix`, in byte order of keys: a request for each 1,000. kInvalidManifest beyond
/// limits.listed_keys.
Result<std::vector<ListedManifest>> list_manifests(ObjectStore& store, std::string_view prefix,
                                                   const FetchLimits& limits, std::stop_token stop);

/// Which output manifests of a job are wanted.
struct OutputQuery {
  JobScope scope;
  /// Only what this session action left. With a task, that task's outputs are looked through, and if it is not among
  /// them those of the step, as a step that runs in chunks leaves them there. Empty: any.
  std::string session_action_id{};
  bool latest_per_task = true;  ///< not with a session action
  LatestBy latest_by = LatestBy::kName;
};

struct FoundOutputs {
  std::vector<ListedManifest> manifests;  ///< in the order of OutputSelection; none: there are no outputs yet
  std::vector<LatestDisagreement> disagreements;
};

/// Lists the scope and selects: no other requests than the listing's. kInvalidArgument for a scope that makes no sense.
Result<FoundOutputs> find_outputs(ObjectStore& store, const OutputQuery& query, const FetchLimits& limits,
                                  std::stop_token stop);

/// The input manifests of a queue's jobs whose object name is `name`, or begins with it and `_` (so a root's hash finds
/// the manifests of that root), in the order of the listing. Lists the inputs of the whole queue: keys begin with
/// random names.
Result<std::vector<ListedManifest>> find_inputs_by_name(ObjectStore& store, std::string_view farm_id,
                                                        std::string_view queue_id, std::string_view name,
                                                        const FetchLimits& limits, std::stop_token stop);

}  // namespace attache
