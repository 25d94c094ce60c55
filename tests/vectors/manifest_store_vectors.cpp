#include <attache/manifest/manifest.hpp>
#include <attache/manifest_store/absolute_paths.hpp>
#include <attache/manifest_store/attachment_settings.hpp>
#include <attache/manifest_store/job_files.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/manifest_store/manifest_places.hpp>
#include <attache/manifest_store/match_roots.hpp>
#include <attache/manifest_store/merge_by_root.hpp>
#include <attache/manifest_store/output_selection.hpp>
#include <attache/paths/names.hpp>
#include <attache/store/cas_layout.hpp>

#include "kinds.hpp"
#include "manifest_store_support.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace attache::vectors {

namespace {

// --- metadata

bool is_ascii_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// By metadata: HTTP loses a space at either end.
bool can_be_sent(std::string_view text) {
  return is_plain_ascii(text) && !text.starts_with(' ') && !text.ends_with(' ');
}

Outcome check_read(const VectorCase& vector) {
  const Result<StatedOrigin> origin = read_origin(metadata_of(vector.input.at("metadata")));
  if (expects_error(vector.expected)) return origin ? failure("refusal", "accepted") : pass();
  const Json& expected = vector.expected.at("ok");
  if (!expected.is_null() && !expected.is_string() && !expected.contains("wtf8_hex")) {
    return origin ? failure("refusal of a root that is no text", "accepted") : deviation(Deviation::kWrongType);
  }
  if (!origin) {
    const bool has_nul = text_of(expected).find('\0') != std::string::npos;
    return has_nul ? deviation(Deviation::kPathForm) : failure(expected.dump(), origin.error().to_string());
  }
  return compare(expected, origin->asset_root ? json_of_text(*origin->asset_root) : Json());
}

Outcome check_metadata(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  if (op == "read") return check_read(vector);
  ManifestOrigin origin;
  std::vector<Deviation> reasons;
  Json expected = vector.expected.contains("ok") ? vector.expected.at("ok") : Json();
  if (op == "attachment_upload") {
    origin.asset_root = text_of(vector.input.at("source_path"));
    expected.erase("file-system-location-name");
    reasons.push_back(Deviation::kFormatAsLocation);
  } else if (op == "properties" || op == "sync_outputs") {
    origin = {text_of(vector.input.at("root")), optional_text_of(vector.input.at("location")).value_or("")};
  } else {
    throw MalformedCase("unknown op " + op);
  }
  const Result<std::map<std::string, std::string>> metadata = origin_metadata(origin);
  if (expects_error(vector.expected)) {
    // The name of the object is what cannot be.
    return op == "sync_outputs" && output_manifest_name(origin.location, origin.asset_root) ? failure("refusal", "name")
                                                                                            : pass();
  }
  if (!can_be_sent(origin.location)) {
    return metadata ? failure("refusal of the location", "accepted") : deviation(Deviation::kLocationCannotBeSent);
  }
  if (!metadata) return failure(expected.dump(), metadata.error().to_string());
  bool controls = false;
  if (!can_be_sent(origin.asset_root) && is_ascii_text(origin.asset_root)) {
    // What the incumbent would send as it is.
    if (expected.at("asset-root") != json_of_text(origin.asset_root))
      return failure("the root as it is", expected.dump());
    expected["asset-root-json"] = expected["asset-root"] = Json(origin.asset_root).dump();
    controls = true;
  }
  // Its JSON has DEL as it is.
  for (const char* name : {"asset-root", "asset-root-json"}) {
    if (!expected.contains(name) || can_be_sent(origin.asset_root)) continue;
    auto text = expected.at(name).get<std::string>();
    for (std::size_t at = text.find('\x7f'); at != std::string::npos; at = text.find('\x7f')) {
      text.replace(at, 1, "\\u007f");
      controls = true;
    }
    expected[name] = text;
  }
  if (controls) reasons.push_back(Deviation::kControlCharacters);
  const Json got = json_of(*metadata);
  if (reasons.empty() || got != expected) return compare(expected, got);
  return deviation(reasons);
}

// --- s3_settings

constexpr std::string_view kFarm = "farm-1";
const JobScope kScope{std::string(kFarm), "queue-1", "job-1", "step-1", "task-1"};

Result<std::string> below(const VectorCase& vector, const std::string& key) {
  return whole_key({text_of(vector.input.at("bucket")), text_of(vector.input.at("prefix"))}, key);
}

Result<std::string> listed(const VectorCase& vector, const JobScope& scope, bool with_slash) {
  ATTACHE_ASSIGN(std::string prefix, outputs_prefix(scope));
  if (!with_slash) prefix.pop_back();
  return below(vector, prefix);
}

JobScope scope_of(bool step, bool task) {
  return {kScope.farm_id, kScope.queue_id, kScope.job_id, step ? kScope.step_id : "", task ? kScope.task_id : ""};
}

/// The key of content, whose hash may be a placeholder.
Outcome check_data_key(const VectorCase& vector) {
  const std::string hash = text_of(vector.input.at("hash"));
  const std::string cas_prefix = text_of(vector.input.at("cas_prefix"));
  std::string expected = text_of(vector.expected.at("ok"));
  const Digest digest = digest_of(hash);
  constexpr std::string_view kExtension = ".xxh128";
  if (!expected.ends_with(hash + std::string(kExtension))) throw MalformedCase("not the key of the hash: " + expected);
  expected.replace(expected.size() - kExtension.size() - hash.size(), hash.size(), digest.to_hex());
  // Content always lies in `Data`; what is before it is the store's root prefix, if there is one.
  constexpr std::string_view kData = "Data";
  const std::string key = data_key(digest);
  if (cas_prefix.empty()) return compare(expected, key.substr(kData.size() + 1));
  return compare(expected, cas_prefix.substr(0, cas_prefix.size() - kData.size()) + key);
}

Outcome check_settings_of(const VectorCase& vector, const Result<AttachmentSettings>& settings) {
  if (expects_error(vector.expected)) return settings ? failure("refusal", to_root_uri(*settings)) : pass();
  if (!settings) return failure(vector.expected.dump(), settings.error().to_string());
  return compare(vector.expected.at("ok"),
                 Json{{"bucket", json_of_text(settings->bucket)}, {"prefix", json_of_text(settings->root_prefix)}});
}

Result<std::string> session_action_folder(const VectorCase& vector, bool task) {
  return output_folder(scope_of(true, task), text_of(vector.input.at("session_action_id")),
                       vector.input.at("time").get<double>());
}

Outcome check_s3_settings(const VectorCase& vector) {
  const std::string op = vector.input.at("op").get<std::string>();
  if (op == "from_s3_root_uri")
    return check_settings_of(vector, settings_from_root_uri(text_of(vector.input.at("uri"))));
  if (op == "from_root_path")
    return check_settings_of(vector, settings_from_root_path(text_of(vector.input.at("path"))));
  if (op == "data_key") return check_data_key(vector);
  if (op == "bucket_and_key") {
    const Result<BucketAndKey> parsed = parse_bucket_and_key(text_of(vector.input.at("uri")));
    if (expects_error(vector.expected)) return parsed ? failure("refusal", parsed->bucket) : pass();
    if (!parsed) return failure(vector.expected.dump(), parsed.error().to_string());
    return compare(vector.expected.at("ok"), Json::array({json_of_text(parsed->bucket), json_of_text(parsed->key)}));
  }
  const auto settings = [&] {
    return AttachmentSettings{text_of(vector.input.at("bucket")), text_of(vector.input.at("prefix"))};
  };
  const std::map<std::string, std::function<Result<std::string>()>> operations = {
      {"full_cas_prefix",
       [&] {
         return below(vector, data_key(Digest())).map([](std::string key) { return key.erase(key.rfind('/')); });
       }},
      {"job_output_prefix", [&] { return listed(vector, scope_of(false, false), false); }},
      {"step_output_prefix", [&] { return listed(vector, scope_of(true, false), false); }},
      {"task_output_prefix", [&] { return listed(vector, scope_of(true, true), false); }},
      {"output_prefix",
       [&]() -> Result<std::string> {
         // The recorded text is of the time 2024-01-02T03:04:05.000006Z and the id sessionaction-x-1.
         ATTACHE_ASSIGN(const std::string folder, output_folder(kScope, "sessionaction-x-1", 1704164645.0000065));
         return below(vector, std::string(kManifestsPrefix) + folder);
       }},
      {"to_root_path", [&]() -> Result<std::string> { return to_root_path(settings()); }},
      {"to_s3_root_uri", [&]() -> Result<std::string> { return to_root_uri(settings()); }},
      {"list_prefix_job", [&] { return listed(vector, scope_of(false, false), true); }},
      {"list_prefix_step", [&] { return listed(vector, scope_of(true, false), true); }},
      {"list_prefix_task", [&] { return listed(vector, scope_of(true, true), true); }},
      {"list_prefix_task_without_step", [&] { return listed(vector, scope_of(false, true), true); }},
      {"manifest_key",
       [&]() -> Result<std::string> {
         ATTACHE_ASSIGN(const std::string folder, input_folder(kScope.farm_id, kScope.queue_id, "g"));
         return below(vector, manifest_key(folder, "h_input"));
       }},
      {"session_action_prefix", [&] { return session_action_folder(vector, true); }},
      {"session_action_prefix_without_task", [&] { return session_action_folder(vector, false); }},
      {"input_prefix", [&] { return input_folder(kScope.farm_id, kScope.queue_id, text_of(vector.input.at("guid"))); }},
  };
  const auto operation = operations.find(op);
  if (operation == operations.end()) throw MalformedCase("unknown op " + op);
  const Result<std::string> got = operation->second();
  if (expects_error(vector.expected)) return got ? failure("refusal", *got) : pass();
  if (!got) return failure(vector.expected.dump(), got.error().to_string());
  return compare(vector.expected.at("ok"), json_of_text(*got));
}

// --- output_manifest_selection, session_action_selection

bool has_component_like(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// What the recorded program selects, as plainly as it can be said.
std::vector<std::string> recorded_selection(const std::vector<std::string>& keys, bool latest) {
  static const std::regex pattern("step-.*/.*/.*output.*");
  std::vector<std::string> selected;
  std::vector<std::pair<std::string, std::vector<std::string>>> tasks;  // folder and keys, as they first occur
  for (const std::string& key : keys) {
    if (!std::regex_search(key, pattern)) continue;
    const std::size_t at = key.find("task-");
    if (at == std::string::npos) {
      selected.push_back(key);
      continue;
    }
    const std::string folder = key.substr(0, key.find('/', at));
    auto task = std::find_if(tasks.begin(), tasks.end(), [&](const auto& each) { return each.first == folder; });
    if (task == tasks.end()) task = tasks.insert(tasks.end(), {folder, {}});
    task->second.push_back(key);
  }
  for (const auto& [folder, in_task] : tasks) {
    std::string greatest;
    const auto subfolder = [begin = folder.size() + 1](const std::string& key) {
      return key.substr(begin, key.find('/', begin) - begin);
    };
    for (const std::string& key : in_task) greatest = std::max(greatest, subfolder(key));
    const std::string chosen = folder + "/" + greatest + "/";
    for (const std::string& key : in_task) {
      if (!latest || key.starts_with(chosen)) selected.push_back(key);
    }
  }
  return selected;
}

Outcome check_output_manifest_selection(const VectorCase& vector) {
  const Listing listing = listing_of(vector.input.at("keys"));
  const bool latest = vector.input.at("latest").get<bool>();
  const OutputSelection selection = latest
                                        ? select_latest_outputs(listing.manifests, listing.job_prefix, LatestBy::kName)
                                        : select_outputs(listing.manifests, listing.job_prefix);
  const std::vector<std::string> got = keys_of(listing, selection.indexes);
  const std::vector<std::string> expected = texts_of(vector.expected.at("ok"));
  if (got == expected) return pass();
  const std::vector<std::string> keys = texts_of(vector.input.at("keys"));
  if (recorded_selection(keys, latest) != expected) return compare(Json(expected), Json(got));
  // What stands before the job's id makes no difference: with another prefix the incumbent would choose as we do.
  const std::string neutral = "neutral/";
  const auto choice_among = [&](const std::function<bool(const ListedManifest&)>& counts) {
    std::vector<std::string> others;
    for (const ListedManifest& manifest : listing.manifests) {
      if (manifest.key.starts_with(listing.job_prefix) && counts(manifest)) {
        others.push_back(neutral + manifest.key.substr(listing.job_prefix.size()));
      }
    }
    std::vector<std::string> chosen = recorded_selection(others, latest);
    for (std::string& key : chosen) key.replace(0, neutral.size(), listing.job_prefix);
    return chosen;
  };
  if (choice_among([](const ListedManifest&) { return true; }) == got) {
    return deviation(Deviation::kPrefixLooksLikeTask);
  }
  // An object in the folder of a task itself hides the folders there, if its name is greater.
  const auto in_session_folder = [&](const ListedManifest& manifest) {
    const std::optional<OutputKey> key = parse_output_key(manifest.key, listing.job_prefix);
    return !key || key->task.empty() || !key->folder.empty();
  };
  if (latest && choice_among(in_session_folder) == got) return deviation(Deviation::kObjectInTaskFolder);
  return compare(Json(expected), Json(got));
}

Outcome check_session_action_selection(const VectorCase& vector) {
  const std::string id = text_of(vector.input.at("session_action_id"));
  const Listing task = listing_of(vector.input.at("task_keys"));
  const Listing step = listing_of(vector.input.at("step_keys"));
  const auto selected = [&](const Listing& listing) {
    return keys_of(listing, select_session_action(listing.manifests, listing.job_prefix, id));
  };
  std::vector<std::string> got = selected(task);
  const bool of_task = !got.empty();
  if (got.empty()) got = selected(step);
  std::vector<std::string> expected = texts_of(vector.expected.at("fetched"));
  if (got == expected) return pass();
  // Those of other session actions whose ids hold this one.
  const std::string& job_prefix = task.job_prefix.empty() ? step.job_prefix : task.job_prefix;
  const std::size_t others = std::erase_if(expected, [&](const std::string& key) {
    const std::optional<OutputKey> parsed = parse_output_key(key, job_prefix);
    return parsed && parsed->session_action != id && has_component_like(parsed->session_action, id);
  });
  // If it finds only such in the task, it does not look at the step.
  const bool instead = others > 0 && expected.empty() && !of_task;
  return got == expected || instead ? deviation(Deviation::kWholeSessionAction) : compare(Json(expected), Json(got));
}

// --- output_aggregation

Manifest manifest_of(const Json& entries) {
  ManifestBuilder builder;
  for (const Json& entry : entries) {
    const std::uint64_t size = entry.size() > 2 ? entry.at(2).get<std::uint64_t>() : 1;
    const std::int64_t mtime = entry.size() > 3 ? entry.at(3).get<std::int64_t>() : 1;
    const Status added = builder.add(text_of(entry.at(0)), digest_of(text_of(entry.at(1))), size, mtime);
    if (!added) throw MalformedCase(added.error().to_string());
  }
  Result<Manifest> manifest = std::move(builder).build();
  if (!manifest) throw MalformedCase(manifest.error().to_string());
  return *std::move(manifest);
}

Json paths_and_hashes(const Manifest& manifest) {
  Json list = Json::array();
  for (const ManifestEntry& entry : manifest) list.push_back({json_of_text(entry.path), entry.hash.to_hex()});
  return list;
}

Json with_digests(const Json& paths_with_hashes) {
  Json list = Json::array();
  for (const Json& entry : paths_with_hashes) list.push_back({entry.at(0), digest_of(text_of(entry.at(1))).to_hex()});
  return list;
}

Outcome check_output_aggregation(const VectorCase& vector) {
  Json keys = Json::array();
  for (const Json& manifest : vector.input.at("manifests")) keys.push_back(manifest.at(0));
  Listing listing = listing_of(keys);
  const OutputSelection selection = select_latest_outputs(listing.manifests, listing.job_prefix, LatestBy::kName);
  std::vector<FetchedManifest> fetched;
  for (const std::size_t index : selection.indexes) {
    const Json& manifest = vector.input.at("manifests").at(index);
    FetchedManifest one{
        text_of(manifest.at(0)), manifest_of(manifest.at(3)), {}, 0, manifest.at(2).get<std::int64_t>(), {}};
    one.origin.asset_root = optional_text_of(manifest.at(1));
    fetched.push_back(std::move(one));
  }
  const Result<std::vector<RootManifest>> roots = merge_by_root(std::move(fetched));
  if (expects_error(vector.expected)) return roots ? failure("refusal", "accepted") : pass();
  if (!roots) return failure(vector.expected.dump(), roots.error().to_string());
  Json got = Json::object();
  for (const RootManifest& root : *roots) {
    const auto& manifest = std::get<Manifest>(root.manifest);
    got[root.root] = Json::array({{{"paths", paths_and_hashes(manifest)}, {"totalSize", manifest.total_size()}}});
  }
  Json expected = vector.expected.at("ok");
  for (auto& [root, manifests] : expected.items()) {
    for (Json& manifest : manifests) manifest["paths"] = with_digests(manifest.at("paths"));
  }
  return compare(expected, got);
}

// --- incremental_manifests, incremental_paths

Outcome check_incremental_manifests(const VectorCase& vector) {
  std::vector<JobRoot> roots;
  for (const Json& root : vector.input.at("job_manifests")) {
    roots.push_back({text_of(root.at(0)), optional_text_of(root.at(1)).value_or("")});
  }
  const std::vector<std::string> have = texts_of(vector.input.at("have"));
  const Json none = Json::array();
  Json got = Json::object();
  std::vector<std::string> wanted;
  for (const std::string& id : texts_of(vector.input.at("session_actions"))) {
    const bool known = std::find(have.begin(), have.end(), id) != have.end();
    if (known) got[id] = Json::array({{{"outputManifestPath", "kept"}}});
    if (!known) wanted.push_back(id);
  }
  // A job without attachments has nothing to add, and neither is anything listed if nothing is wanted.
  if (vector.input.at("attachments").get<bool>() && !wanted.empty()) {
    const Listing listing = listing_of(vector.input.at("keys"));
    const Result<std::map<std::string, KeysByRoot>> matched =
        match_outputs(listing.manifests, listing.job_prefix, roots);
    if (expects_error(vector.expected)) return matched ? failure("refusal", "accepted") : pass();
    if (!matched) return failure(vector.expected.dump(), matched.error().to_string());
    for (const std::string& id : wanted) {
      Json manifests = Json::array();
      const auto found = matched->find(id);
      for (std::size_t i = 0; i < roots.size(); ++i) {
        Json manifest = Json::object();
        if (found != matched->end() && found->second[i]) {
          const std::string& key = *found->second[i];
          manifest["outputManifestPath"] = key.substr(key.find(kManifestsPrefix) + kManifestsPrefix.size());
        }
        manifests.push_back(manifest);
      }
      got[id] = manifests;
    }
  }
  if (expects_error(vector.expected)) return failure("refusal", got.dump());
  Json expected = vector.expected.at("ok");
  for (auto it = expected.begin(); it != expected.end();) it = it->is_null() ? expected.erase(it) : std::next(it);
  return compare(expected, got);
}

Outcome check_merge_absolute(const VectorCase& vector) {
  std::vector<Manifest> manifests;
  for (const Json& manifest : vector.input.at("manifests")) manifests.push_back(manifest_of(manifest.at(1)));
  std::vector<Timed<Manifest>> timed;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    timed.push_back({&manifests[i], vector.input.at("manifests").at(i).at(0).get<std::int64_t>()});
  }
  const Result<Manifest> merged = merge_absolute(timed, PathFormat::kPosix);
  if (!merged) return failure(vector.expected.dump(), merged.error().to_string());
  return compare(with_digests(vector.expected), paths_and_hashes(*merged));
}

Outcome check_absolute(const VectorCase& vector) {
  ManifestBuilder builder;
  for (const std::string& path : texts_of(vector.input.at("entries"))) {
    if (const Status added = builder.add(path, Digest(), 1, 1); !added) throw MalformedCase(added.error().to_string());
  }
  const Result<Manifest> manifest = std::move(builder).build();
  AbsolutePathsOptions options;
  std::optional<PathMapper> mapper;
  if (!vector.input.at("rules").is_null()) {
    std::vector<PathMappingRule> rules;
    for (const Json& rule : vector.input.at("rules")) {
      rules.push_back({text_of(rule.at(0)), text_of(rule.at(1)), text_of(rule.at(2))});
    }
    Result<PathMapper> made = PathMapper::create(rules, PathFormat::kPosix);
    if (expects_error(vector.expected) && !made) return pass();
    if (!made) return failure(vector.expected.dump(), made.error().to_string());
    mapper.emplace(*std::move(made));
    options.mapper = &*mapper;
    if (!rules.empty() && rules[0].source_path_format == "windows") options.source = PathFormat::kWindows;
  }
  const Result<AbsolutePaths> absolute = make_paths_absolute(*manifest, text_of(vector.input.at("root")), options);
  if (expects_error(vector.expected)) return absolute ? failure("refusal", "accepted") : pass();
  if (!absolute) return failure(vector.expected.dump(), absolute.error().to_string());
  Json got{{"paths", Json::array()}, {"unmapped", Json::array()}};
  for (const ManifestEntry& entry : absolute->manifest) got["paths"].push_back(json_of_text(entry.path));
  for (const std::string& path : absolute->unmapped) got["unmapped"].push_back(json_of_text(path));
  const Json& expected = vector.expected.at("ok");
  if (got == expected) return pass();
  if (options.source == PathFormat::kPosix) {
    // The recorded program finds `//x` below `/`, where the system does; ours keeps them apart, as other functions do.
    const bool two_slashes =
        got.dump().find("\"//") != std::string::npos || text_of(vector.input.at("root")).starts_with("//");
    return !mapper && two_slashes ? deviation(Deviation::kTwoSlashes) : compare(expected, got);
  }
  if (got.at("paths") != expected.at("paths")) return compare(expected, got);
  // Only the texts of what has no place here differ, by backslashes at their ends.
  const auto without_ends = [](const Json& texts) {
    std::vector<std::string> list = texts_of(texts);
    for (std::string& text : list) {
      text.erase(0, std::min(text.find_first_not_of('\\'), text.size()));
      while (text.ends_with('\\')) text.pop_back();
    }
    return list;
  };
  return without_ends(got.at("unmapped")) == without_ends(expected.at("unmapped")) ? deviation(Deviation::kShareRoots)
                                                                                   : compare(expected, got);
}

Outcome check_incremental_paths(const VectorCase& vector) {
  const std::string op = vector.input.value("op", "absolute");
  if (op == "absolute") return check_absolute(vector);
  if (op == "merge") return check_merge_absolute(vector);
  if (op == "task_id_from_key") {
    const std::optional<std::string> task = task_id_of_key(text_of(vector.input.at("key")));
    return compare(vector.expected, task ? Json(*task) : Json());
  }
  if (op != "session_id_from_action") throw MalformedCase("unknown op " + op);
  const std::string id = text_of(vector.input.at("id"));
  const Result<std::string> session = session_id_of(id);
  if (expects_error(vector.expected)) return session ? failure("refusal", *session) : pass();
  if (session) return compare(vector.expected.at("ok"), Json(*session));
  // Python's `$` also matches before a line break.
  return id.ends_with('\n') && session_id_of(std::string_view(id).substr(0, id.size() - 1))
             ? deviation(Deviation::kLineBreakAtEnd)
             : failure(vector.expected.dump(), session.error().to_string());
}

// --- root_remap

/// Whether a file below a directory has got another name, which the recorded program cannot give it.
bool renames_below_directory(const JobFiles& files, const std::vector<Manifest>& manifests) {
  std::set<std::string> known;
  for (const Manifest& manifest : manifests) {
    for (const ManifestEntry& entry : manifest) known.emplace(entry.path);
  }
  const std::vector<RootFiles> roots = files.by_root().value();
  return std::any_of(roots.begin(), roots.end(), [&](const RootFiles& root) {
    return std::any_of(root.files.begin(), root.files.end(), [&](const ManifestEntry& entry) {
      return entry.path.find('/') != std::string_view::npos && !known.contains(std::string(entry.path));
    });
  });
}

Outcome check_root_remap(const VectorCase& vector) {
  std::vector<Manifest> manifests;
  std::vector<std::string> roots;
  const OrderedJson groups = ordered_case(vector).at("input").at("groups");  // in which order they were added
  for (const auto& [root, ordered] : groups.items()) {
    const Json& entries = vector.input.at("groups").at(root);
    ManifestBuilder builder;
    for (const Json& entry : entries) {
      const Status added = builder.add(text_of(entry.at(0)), Digest(), entry.at(1).get<std::uint64_t>(), 1);
      if (!added) throw MalformedCase(added.error().to_string());
    }
    roots.push_back(root);
    manifests.push_back(std::move(builder).build().value());
  }
  constexpr std::string_view kCurrentDirectory = "/the/current/directory";
  JobFiles files({PathFormat::kPosix, std::string(kCurrentDirectory)});
  for (std::size_t i = 0; i < roots.size(); ++i) files.add(roots[i], manifests[i]);
  Status status;
  bool renamed_below = false;  // at any step, as the recorded program fails at the first
  for (const Json& op : vector.input.at("ops")) {
    if (status) status = files.set_root_path(text_of(op.at(0)), text_of(op.at(1)));
    renamed_below = renamed_below || renames_below_directory(files, manifests);
  }
  if (!vector.input.at("filters").is_null()) files.include(texts_of(vector.input.at("filters")));
  const std::vector<RootFiles> result = files.by_root().value();
  Json got = Json::object();
  bool numbered = false;
  for (const RootFiles& root : result) {
    std::vector<std::string> paths;
    for (const ManifestEntry& entry : root.files) paths.emplace_back(entry.path);
    std::sort(paths.begin(), paths.end());
    numbered = numbered || std::any_of(paths.begin(), paths.end(),
                                       [](const std::string& path) { return path.find(" (1)") != std::string::npos; });
    std::string shown = root.root;
    if (vector.expected.dump().find("{CWD}") != std::string::npos && shown.starts_with(kCurrentDirectory)) {
      shown.replace(0, kCurrentDirectory.size(), "{CWD}");
    }
    got[shown] = {{"paths", paths}, {"total_bytes", root.files.total_size()}};
  }
  // Where the recorded program keeps `//x` apart from `/x`, ours has one directory.
  const Json& ops = vector.input.at("ops");
  const bool two_slashes =
      std::any_of(ops.begin(), ops.end(), [](const Json& op) { return text_of(op.at(1)).starts_with("//"); });
  const auto differs = [&](const Outcome& outcome) { return two_slashes ? deviation(Deviation::kOneSlash) : outcome; };
  if (expects_error(vector.expected)) {
    if (!status) return pass();
    return renamed_below ? deviation(Deviation::kRenamedBelowDirectory) : differs(failure("refusal", got.dump()));
  }
  if (!status) return differs(failure(vector.expected.dump(), status.error().to_string()));
  const Json& expected = vector.expected.at("ok");
  if (got == expected) return pass();
  return numbered ? deviation(Deviation::kRenamedStaysUnique) : differs(compare(expected, got));
}

constexpr Kind kKinds[] = {{"metadata", check_metadata},
                           {"s3_settings", check_s3_settings},
                           {"output_manifest_selection", check_output_manifest_selection},
                           {"session_action_selection", check_session_action_selection},
                           {"output_aggregation", check_output_aggregation},
                           {"incremental_manifests", check_incremental_manifests},
                           {"incremental_paths", check_incremental_paths},
                           {"root_remap", check_root_remap}};

}  // namespace

std::span<const Kind> manifest_store_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
