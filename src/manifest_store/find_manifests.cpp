#include <attache/base/text.hpp>
#include <attache/manifest_store/find_manifests.hpp>

#include <utility>

namespace attache {

namespace {

/// The elements of a listing that were selected, moved out of it.
std::vector<ListedManifest> taken(std::vector<ListedManifest>& listing, const std::vector<std::size_t>& indexes) {
  std::vector<ListedManifest> chosen;
  chosen.reserve(indexes.size());
  for (const std::size_t index : indexes) chosen.push_back(std::move(listing[index]));
  return chosen;
}

Result<FoundOutputs> find_session_action(ObjectStore& store, const OutputQuery& query, std::string_view job_prefix,
                                         const FetchLimits& limits, const std::stop_token& stop) {
  JobScope scope = query.scope;
  for (;;) {
    ATTACHE_ASSIGN(const std::string prefix, outputs_prefix(scope));
    ATTACHE_ASSIGN(std::vector<ListedManifest> listing, list_manifests(store, prefix, limits, stop));
    const std::vector<std::size_t> found = select_session_action(listing, job_prefix, query.session_action_id);
    if (!found.empty() || scope.task_id.empty()) return FoundOutputs{taken(listing, found), {}};
    scope.task_id.clear();
  }
}

}  // namespace

Result<std::vector<ListedManifest>> list_manifests(ObjectStore& store, std::string_view prefix,
                                                   const FetchLimits& limits, std::stop_token stop) {
  std::vector<ListedManifest> listing;
  ListOptions options;
  for (;;) {
    ATTACHE_ASSIGN(ListPage page, store.list(prefix, options, stop));
    options.start_after = page.last();
    if (page.objects.size() > limits.listed_keys - listing.size()) {
      return fail(ErrorCode::kInvalidManifest,
                  "there are more than " + std::to_string(limits.listed_keys) + " objects below '" +
                      printable(store.uri(prefix)) + "'",
                  "name a step, or a task, and not the whole job");
    }
    for (ObjectInfo& object : page.objects) {
      listing.push_back({std::move(object.key), object.size, object.last_modified_us});
    }
    if (!page.more) return listing;
  }
}

Result<FoundOutputs> find_outputs(ObjectStore& store, const OutputQuery& query, const FetchLimits& limits,
                                  std::stop_token stop) {
  ATTACHE_ASSIGN(const std::string prefix, outputs_prefix(query.scope));
  ATTACHE_ASSIGN(const std::string job_prefix,
                 outputs_prefix({query.scope.farm_id, query.scope.queue_id, query.scope.job_id}));
  if (!query.session_action_id.empty()) return find_session_action(store, query, job_prefix, limits, stop);
  ATTACHE_ASSIGN(std::vector<ListedManifest> listing, list_manifests(store, prefix, limits, std::move(stop)));
  OutputSelection selection = query.latest_per_task ? select_latest_outputs(listing, job_prefix, query.latest_by)
                                                    : select_outputs(listing, job_prefix);
  return FoundOutputs{taken(listing, selection.indexes), std::move(selection.disagreements)};
}

Result<std::vector<ListedManifest>> find_inputs_by_name(ObjectStore& store, std::string_view farm_id,
                                                        std::string_view queue_id, std::string_view name,
                                                        const FetchLimits& limits, std::stop_token stop) {
  if (name.empty() || name.find('/') != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "'" + printable(name) + "' is not the name of a manifest",
                "give the last component of its key, or the hash in it");
  }
  ATTACHE_ASSIGN(const std::string prefix, inputs_prefix(farm_id, queue_id));
  ATTACHE_ASSIGN(std::vector<ListedManifest> listing, list_manifests(store, prefix, limits, std::move(stop)));
  const std::string beginning = std::string(name) + "_";
  std::erase_if(listing, [&](const ListedManifest& manifest) {
    const std::string_view last = std::string_view(manifest.key).substr(manifest.key.rfind('/') + 1);
    return last != name && !last.starts_with(beginning);
  });
  return listing;
}

}  // namespace attache
