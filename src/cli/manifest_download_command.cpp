#include <attache/base/text.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/manifest_store/attachment_settings.hpp>
#include <attache/manifest_store/fetch_manifests.hpp>
#include <attache/manifest_store/find_manifests.hpp>
#include <attache/manifest_store/merge_by_root.hpp>

#include "attachments_file.hpp"
#include "manifest_facts.hpp"
#include "manifest_file.hpp"
#include "manifest_store_commands.hpp"
#include "output_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace attache {

namespace {

/// What is looked for.
struct Wanted {
  bool inputs = false;
  bool outputs = false;
};

tl::unexpected<Error> misuse(const std::string& message, const std::string& remedy) {
  return fail(ErrorCode::kInvalidArgument, message, remedy);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

Result<Wanted> parse_wanted(const ManifestDownloadCommand& command) {
  const JobRequest& job = command.job;
  const bool has_job = !job.job_id.empty();
  const bool names_inputs = !command.attachments.empty() || (!command.name.empty() && !has_job);
  const bool single = !command.keys.empty() || !command.manifest_paths.empty();
  if (!has_job && (!job.step_id.empty() || !job.task_id.empty() || !job.session_action_id.empty())) {
    return misuse("a step, task or session action is given without its job", "give --job-id, too");
  }
  const std::string type = lower(command.asset_type);
  if (type.empty()) {
    if (!has_job && !names_inputs && !single) {
      return misuse("nothing says which manifests are wanted",
                    "give --job-id with --farm-id and --queue-id, or --attachments, --manifest-path, --key or --name");
    }
    return Wanted{names_inputs, has_job};
  }
  if (type != "input" && type != "output" && type != "all") {
    return misuse("'" + printable(command.asset_type) + "' is not an asset type", "give input, output or all");
  }
  const Wanted wanted{type != "output", type != "input"};
  if (wanted.inputs && command.attachments.empty() && command.name.empty() && !single) {
    return misuse("the input manifests of a job cannot be found by its id: their keys do not hold it",
                  "give with --attachments what GetJob answers for the job, or --manifest-path or --name");
  }
  if (wanted.outputs && !has_job && !single) {
    return misuse("nothing says which job's outputs are wanted", "give --farm-id, --queue-id and --job-id");
  }
  return wanted;
}

Result<LatestBy> parse_latest_by(const std::string& text) {
  if (text == "name") return LatestBy::kName;
  if (text == "modified") return LatestBy::kModified;
  return misuse("'" + printable(text) + "' is not a way to tell which outputs are the latest",
                "give --latest-by name or modified");
}

/// A key as a user may have it: whole, in the bucket, or below the root prefix.
std::string key_of(const std::string& text, const ObjectStore& store) {
  std::string key = from_posix_bytes(text);
  const std::string root_uri = store.root_uri() + "/";
  if (key.starts_with(root_uri)) return key.substr(root_uri.size());
  const Result<AttachmentSettings> settings = settings_from_root_uri(store.root_uri());
  if (!settings) return key;
  const std::optional<std::string> below = key_below(*settings, key);
  return below && below->starts_with(kManifestsPrefix) ? *below : key;
}

/// One run of the command.
class Download {
 public:
  Download(const ManifestDownloadCommand& command, const CliEnvironment& environment, Console& console,
           ObjectStore& store, Wanted wanted, LatestBy latest_by)
      : command_(command),
        environment_(environment),
        console_(console),
        store_(store),
        wanted_(wanted),
        latest_by_(latest_by) {}

  Result<ExitStatus> run() {
    json_.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store_.root_uri());
    ATTACHE_TRY(add_job_inputs());
    ATTACHE_TRY(add_single_manifests());
    ATTACHE_TRY(add_outputs());
    ATTACHE_TRY(merge_newest());
    json_.key("downloaded").begin_array();
    for (RootLayers& layers : roots_) ATTACHE_TRY(write(layers));
    for (const FetchedManifest& manifest : rootless_) ATTACHE_TRY(write(manifest));
    json_.end_array();
    write_disagreements();
    json_.end_object();
    if (roots_.empty() && rootless_.empty()) console_.print("No manifest was found, and none is written");
    console_.print(json_);
    return ExitStatus::kOk;
  }

 private:
  struct RootLayers {
    std::string root;
    std::string location;
    std::vector<std::string> keys;
    std::vector<AnyManifest> manifests;  // of one path the last counts
  };

  RootLayers& layers_of(const std::string& root) {
    const auto [place, is_new] = index_of_.emplace(root, roots_.size());
    if (is_new) roots_.push_back({root, {}, {}, {}});
    return roots_[place->second];
  }

  Result<std::vector<FetchedManifest>> fetch(const std::vector<ListedManifest>& manifests) {
    ProgressReporter progress(console_.progress("Fetching"));
    progress.set_totals(manifests.size(), 0);
    FetchOptions options;
    options.progress = [&](std::size_t, std::size_t) { progress.add(1, 0); };
    auto fetched = fetch_manifests(store_, manifests, options, environment_.stop);
    progress.finish();
    return fetched;
  }

  /// What the job's attachments name, in their order.
  Status add_job_inputs() {
    if (!wanted_.inputs || command_.attachments.empty()) return {};
    ATTACHE_ASSIGN(std::vector<ManifestProperties> inputs, read_attachments_file(command_.attachments));
    // A root without input files has no manifest.
    std::erase_if(inputs, [](const ManifestProperties& input) { return input.input_manifest_path.empty(); });
    std::vector<ListedManifest> manifests;
    manifests.reserve(inputs.size());
    for (const ManifestProperties& input : inputs) {
      manifests.push_back({std::string(kManifestsPrefix) + input.input_manifest_path});
    }
    ATTACHE_ASSIGN(std::vector<FetchedManifest> fetched, fetch(manifests));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].input_manifest_hash.empty())
        ATTACHE_TRY(check_hash(fetched[i], inputs[i].input_manifest_hash, store_));
      RootLayers& layers = layers_of(inputs[i].root_path);
      if (layers.location.empty()) layers.location = inputs[i].file_system_location_name;
      layers.keys.push_back(fetched[i].key);
      layers.manifests.push_back(std::move(fetched[i].manifest));
    }
    return {};
  }

  /// By key, path and name: with the outputs, the newest counts.
  Status add_single_manifests() {
    std::vector<ListedManifest> manifests;
    for (const std::string& key : command_.keys) manifests.push_back({key_of(key, store_)});
    for (const std::string& path : command_.manifest_paths) {
      manifests.push_back({std::string(kManifestsPrefix) + from_posix_bytes(path)});
    }
    if (wanted_.inputs && !command_.name.empty()) {
      ATTACHE_ASSIGN(ListedManifest newest, newest_input());
      manifests.push_back(std::move(newest));
    }
    if (manifests.empty()) return {};
    ATTACHE_ASSIGN(std::vector<FetchedManifest> fetched, fetch(manifests));
    for (FetchedManifest& manifest : fetched) {
      take_given_root(manifest);
      const bool has_root = manifest.origin.asset_root && !manifest.origin.asset_root->empty();
      (has_root ? by_time_ : rootless_).push_back(std::move(manifest));
    }
    return {};
  }

  void take_given_root(FetchedManifest& manifest) const {
    if (!manifest.origin.asset_root && !command_.root.empty()) {
      manifest.origin.asset_root = from_posix_bytes(command_.root);
    }
  }

  Result<ListedManifest> newest_input() {
    ATTACHE_ASSIGN(
        std::vector<ListedManifest> found,
        find_inputs_by_name(store_, command_.job.farm_id, command_.job.queue_id, command_.name, {}, environment_.stop));
    if (found.empty()) {
      return fail(ErrorCode::kNotFound,
                  fmt::format("the queue has no input manifest of the name '{}'", printable(command_.name)),
                  "check the hash: it is that of the job's root path, as the job names it");
    }
    const auto newest = std::max_element(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.last_modified_us < b.last_modified_us;
    });
    if (found.size() > 1) {
      console_.warn(fmt::format("{} manifests have the name '{}'; this is the newest: {}", found.size(),
                                printable(command_.name), printable(newest->key)));
    }
    return std::move(*newest);
  }

  Status add_outputs() {
    if (!wanted_.outputs || command_.job.job_id.empty()) return {};
    const JobRequest& job = command_.job;
    OutputQuery query{.scope = {job.farm_id, job.queue_id, job.job_id, job.step_id, job.task_id}};
    query.session_action_id = job.session_action_id;
    query.latest_by = latest_by_;
    ATTACHE_ASSIGN(FoundOutputs found, find_outputs(store_, query, {}, environment_.stop));
    if (!command_.name.empty()) {
      std::erase_if(found.manifests, [&](const ListedManifest& manifest) {
        const std::string_view name = std::string_view(manifest.key).substr(manifest.key.rfind('/') + 1);
        return name != command_.name && !name.starts_with(command_.name + "_");
      });
    }
    for (const LatestDisagreement& task : found.disagreements) warn_of(task);
    disagreements_ = std::move(found.disagreements);
    ATTACHE_ASSIGN(std::vector<FetchedManifest> fetched, fetch(found.manifests));
    // The name holds the root's hash, so those of one name have one root.
    if (!command_.name.empty()) {
      for (FetchedManifest& manifest : fetched) take_given_root(manifest);
    }
    std::move(fetched.begin(), fetched.end(), std::back_inserter(by_time_));
    return {};
  }

  void warn_of(const LatestDisagreement& task) {
    const bool by_name = latest_by_ == LatestBy::kName;
    console_.warn(fmt::format(
        "the latest outputs of task '{}' of step '{}' are not clear: '{}' has the greatest name, and '{}' was stored "
        "last; taken is {} (--latest-by {} takes the other)",
        printable(task.task), printable(task.step), printable(task.by_name), printable(task.by_modified),
        by_name ? "the first" : "the second", by_name ? "modified" : "name"));
  }

  /// Lays what was merged by time over the inputs.
  Status merge_newest() {
    ATTACHE_ASSIGN(std::vector<RootManifest> merged, merge_by_root(std::move(by_time_)));
    for (RootManifest& root : merged) {
      RootLayers& layers = layers_of(root.root);
      if (layers.location.empty()) layers.location = std::move(root.location);
      std::move(root.keys.begin(), root.keys.end(), std::back_inserter(layers.keys));
      layers.manifests.push_back(std::move(root.manifest));
    }
    return {};
  }

  Status write(RootLayers& layers) {
    auto merged = merge_in_order(std::move(layers.manifests));
    if (!merged) return fail(merged.error().within("the manifests of '" + printable(layers.root) + "'"));
    const AnyManifest& manifest = **merged;
    ATTACHE_ASSIGN(const std::string document, encode_manifest(manifest));
    ATTACHE_ASSIGN(const std::string path, write_manifest_file(command_.directory, layers.root, short_name(layers.root),
                                                               environment_.local_time(), document));
    ATTACHE_TRY(report(layers.root, path, manifest, layers.keys));
    if (!layers.location.empty()) json_.member("fileSystemLocationName", layers.location);
    json_.end_object();
    return {};
  }

  /// One whose root is not known, under its own name.
  Status write(const FetchedManifest& fetched) {
    ATTACHE_ASSIGN(const std::string document, encode_manifest(fetched.manifest));
    const std::string name = fetched.key.substr(fetched.key.rfind('/') + 1);
    ATTACHE_ASSIGN(const std::string path, write_named_file(command_.directory, name, document));
    ATTACHE_TRY(report({}, path, fetched.manifest, {fetched.key}));
    json_.end_object();
    return {};
  }

  /// A name for the file of a root whose own makes a file name too long: its end, which says most.
  static std::optional<std::string> short_name(const std::string& root) {
    constexpr std::size_t kAlways = 90;  // hash, time, attempt, dashes and extension
    constexpr std::size_t kKept = 150;
    if (root.size() + kAlways <= kMaxFileNameBytes) return std::nullopt;
    std::size_t begin = root.size() - kKept;
    while (begin < root.size() && (static_cast<unsigned char>(root[begin]) & 0xC0U) == 0x80U) ++begin;
    std::string name = root.substr(begin);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c == '/' || c == '\\' || c == ':'; }, '_');
    return name;
  }

  Status report(const std::string& root, const std::string& path, const AnyManifest& manifest,
                const std::vector<std::string>& keys) {
    ATTACHE_ASSIGN(const Digest hash, manifest_hash(manifest));
    const ManifestTotals totals = totals_of(manifest);
    console_.print(fmt::format("{} of {}: {}", counted(keys.size(), "manifest", "manifests"),
                               root.empty() ? "an unknown root" : printable(root), totals_text(totals)));
    console_.print("Manifest: " + printable(from_posix_bytes(path)));
    json_.begin_object();
    if (!root.empty()) json_.member("manifest_root", root);
    json_.member("local_manifest_path", from_posix_bytes(path)).member("manifestHash", hash.to_hex());
    json_.member("files", totals.files).member("bytes", totals.bytes);
    json_.key("keys").begin_array();
    for (const std::string& key : keys) json_.value(key);
    json_.end_array();
    return {};
  }

  void write_disagreements() {
    json_.key("disagreements").begin_array();
    for (const LatestDisagreement& task : disagreements_) {
      json_.begin_object().member("stepId", task.step).member("taskId", task.task);
      json_.member("latestByName", task.by_name).member("latestByModified", task.by_modified).end_object();
    }
    json_.end_array();
  }

  const ManifestDownloadCommand& command_;
  const CliEnvironment& environment_;
  Console& console_;
  ObjectStore& store_;
  const Wanted wanted_;
  const LatestBy latest_by_;
  JsonWriter json_;
  std::vector<RootLayers> roots_;
  std::map<std::string, std::size_t> index_of_;
  std::vector<FetchedManifest> by_time_;
  std::vector<FetchedManifest> rootless_;
  std::vector<LatestDisagreement> disagreements_;
};

}  // namespace

Result<ExitStatus> run_manifest_download(const ManifestDownloadCommand& command, const CliEnvironment& environment,
                                         Console& console) {
  ATTACHE_TRY(check_output_directory(command.directory));
  ATTACHE_ASSIGN(const Wanted wanted, parse_wanted(command));
  ATTACHE_ASSIGN(const LatestBy latest_by, parse_latest_by(command.latest_by));
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));
  return Download(command, environment, console, *store, wanted, latest_by).run();
}

}  // namespace attache
