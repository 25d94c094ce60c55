#include <attache/manifest_store/output_selection.hpp>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

namespace attache {

namespace {

/// The next component, without its slash; `path` goes on behind it. Nothing if no slash follows.
std::optional<std::string_view> take_folder(std::string_view& path) {
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view component = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  return component;
}

struct Candidate {
  std::size_t index = 0;
  OutputKey key;
};

struct Task {
  std::string_view step;
  std::string_view task;
  std::vector<Candidate> candidates;
};

/// The candidates of a listing: those without a task, and those of each task.
struct Candidates {
  std::vector<Candidate> without_task;
  std::vector<Task> tasks;
};

Candidates candidates_of(std::span<const ListedManifest> listing, std::string_view job_prefix) {
  Candidates all;
  // By step and task as they stand in the key, with the slash between them.
  std::unordered_map<std::string_view, std::size_t> task_of;
  for (std::size_t i = 0; i < listing.size(); ++i) {
    const std::optional<OutputKey> key = parse_output_key(listing[i].key, job_prefix);
    if (!key) continue;
    if (key->task.empty()) {
      all.without_task.push_back({i, *key});
      continue;
    }
    const std::string_view both(key->step.data(), key->step.size() + 1 + key->task.size());
    const auto [place, is_new] = task_of.emplace(both, all.tasks.size());
    if (is_new) all.tasks.push_back({key->step, key->task, {}});
    all.tasks[place->second].candidates.push_back({i, *key});
  }
  return all;
}

void append(OutputSelection& selection, const std::vector<Candidate>& candidates) {
  for (const Candidate& candidate : candidates) selection.indexes.push_back(candidate.index);
}

/// The folder that each rule chooses.
struct Latest {
  std::string_view by_name;
  std::string_view by_modified;
};

Latest latest_of(const Task& task, std::span<const ListedManifest> listing) {
  std::map<std::string_view, std::int64_t> newest;  // of each folder
  Latest latest;
  std::optional<std::int64_t> last;
  for (const Candidate& candidate : task.candidates) {
    const std::string_view folder = candidate.key.folder;
    if (folder.empty()) continue;
    latest.by_name = std::max(latest.by_name, folder);
    const std::int64_t modified = listing[candidate.index].last_modified_us.value_or(INT64_MIN);
    const auto [place, is_new] = newest.emplace(folder, modified);
    if (!is_new) place->second = std::max(place->second, modified);
    if (!last || modified >= *last) {
      last = modified;
      latest.by_modified = folder;
    }
  }
  return latest;
}

/// Whether the folder with the greatest name was modified as late as any: then there is nothing to warn of.
bool is_as_new(const Task& task, std::span<const ListedManifest> listing, const Latest& latest) {
  const auto newest = [&](std::string_view folder) {
    std::int64_t modified = INT64_MIN;
    for (const Candidate& candidate : task.candidates) {
      if (candidate.key.folder != folder) continue;
      modified = std::max(modified, listing[candidate.index].last_modified_us.value_or(INT64_MIN));
    }
    return modified;
  };
  return latest.by_name == latest.by_modified || newest(latest.by_name) == newest(latest.by_modified);
}

}  // namespace

std::optional<OutputKey> parse_output_key(std::string_view key, std::string_view job_prefix) {
  if (!key.starts_with(job_prefix)) return std::nullopt;
  std::string_view rest = key.substr(job_prefix.size());
  OutputKey parsed;
  const std::optional<std::string_view> step = take_folder(rest);
  if (!step || !step->starts_with("step-")) return std::nullopt;
  parsed.step = *step;
  std::optional<std::string_view> folder = take_folder(rest);
  if (folder && folder->starts_with("task-")) {
    parsed.task = *folder;
    folder = take_folder(rest);
  } else if (!folder) {
    return std::nullopt;
  }
  parsed.folder = folder.value_or(std::string_view());
  if (const std::size_t end = parsed.folder.find('_'); end != std::string_view::npos) {
    parsed.session_action = parsed.folder.substr(end + 1);
  }
  parsed.name = rest.substr(rest.rfind('/') + 1);
  if (parsed.name.find("output") == std::string_view::npos) return std::nullopt;
  return parsed;
}

OutputSelection select_outputs(std::span<const ListedManifest> listing, std::string_view job_prefix) {
  const Candidates candidates = candidates_of(listing, job_prefix);
  OutputSelection selection;
  append(selection, candidates.without_task);
  for (const Task& task : candidates.tasks) append(selection, task.candidates);
  return selection;
}

OutputSelection select_latest_outputs(std::span<const ListedManifest> listing, std::string_view job_prefix,
                                      LatestBy latest_by) {
  const Candidates candidates = candidates_of(listing, job_prefix);
  OutputSelection selection;
  append(selection, candidates.without_task);
  for (const Task& task : candidates.tasks) {
    const Latest latest = latest_of(task, listing);
    const std::string_view chosen = latest_by == LatestBy::kName ? latest.by_name : latest.by_modified;
    if (chosen.empty()) continue;
    for (const Candidate& candidate : task.candidates) {
      if (candidate.key.folder == chosen) selection.indexes.push_back(candidate.index);
    }
    if (!is_as_new(task, listing, latest)) {
      selection.disagreements.push_back({std::string(task.step), std::string(task.task), std::string(latest.by_name),
                                         std::string(latest.by_modified)});
    }
  }
  return selection;
}

std::vector<std::size_t> select_session_action(std::span<const ListedManifest> listing, std::string_view job_prefix,
                                               std::string_view session_action_id) {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < listing.size(); ++i) {
    const std::optional<OutputKey> key = parse_output_key(listing[i].key, job_prefix);
    if (key && !key->session_action.empty() && key->session_action == session_action_id) indexes.push_back(i);
  }
  return indexes;
}

}  // namespace attache
