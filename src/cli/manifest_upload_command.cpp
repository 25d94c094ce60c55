#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/paths/path_format.hpp>

#include "manifest_input.hpp"
#include "manifest_store_commands.hpp"
#include "utc_time.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <optional>

namespace attache {

namespace {

enum class Place { kPrefix, kInput, kOutput };

Result<Place> parse_place(const std::string& text) {
  if (text.empty()) return Place::kPrefix;
  if (text == "input" || text == "INPUT") return Place::kInput;
  if (text == "output" || text == "OUTPUT") return Place::kOutput;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not an asset type", printable(text)),
              "give input or output, or leave --asset-type out");
}

Result<std::map<std::string, std::string>> parse_tags(const std::vector<std::string>& tags) {
  std::map<std::string, std::string> parsed;
  for (const std::string& tag : tags) {
    const std::size_t equals = tag.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a tag", printable(tag)),
                  "write --tag KEY=VALUE");
    }
    if (!parsed.emplace(tag.substr(0, equals), tag.substr(equals + 1)).second) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the tag '{}' is given twice", printable(tag.substr(0, equals))), "give it once");
    }
  }
  return parsed;
}

/// When the session action ended, in seconds.
Result<double> parse_time(const std::string& text) {
  if (text.empty()) return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  // Half a microsecond on, for what follows cuts off: the double next to a time may be the one before it.
  if (const auto time = parse_utc(text)) return (static_cast<double>(*time) + (*time < 0 ? -0.5 : 0.5)) / 1e6;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a time", printable(text)),
              "write it as 2024-02-03T04:05:06.789Z");
}

/// Both programs find outputs by the beginnings of these ids: what has another would be stored, and never found.
Status check_beginning(const char* flag, const std::string& id, std::string_view beginning) {
  if (id.empty() || id.starts_with(beginning)) return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} '{}' does not begin with '{}'", flag, printable(id), beginning),
              "give the id as the service names it: outputs of others are not found");
}

/// Refuses what an asset type has no use for: it would be lost without a word.
Status check_flags(const ManifestUploadCommand& command, Place place) {
  struct Flag {
    const char* name;
    const std::string& value;
    bool prefix, input, output;  // where it means something
  };
  const Flag flags[] = {{"--s3-manifest-prefix", command.prefix, true, false, false},
                        {"--farm-id", command.job.farm_id, false, true, true},
                        {"--queue-id", command.job.queue_id, false, true, true},
                        {"--job-id", command.job.job_id, false, false, true},
                        {"--step-id", command.job.step_id, false, false, true},
                        {"--task-id", command.job.task_id, false, false, true},
                        {"--session-action-id", command.job.session_action_id, false, false, true},
                        {"--root", command.root, false, true, true},
                        {"--file-system-location-name", command.location, false, true, true},
                        {"--guid", command.guid, false, true, false},
                        {"--time", command.time, false, false, true}};
  for (const Flag& flag : flags) {
    const bool fits = place == Place::kPrefix ? flag.prefix : place == Place::kInput ? flag.input : flag.output;
    if (flag.value.empty() || fits) continue;
    if (place == Place::kPrefix) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} needs --asset-type", flag.name),
                  "say with --asset-type whether this is an input or an output manifest");
    }
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} does not go with --asset-type {}", flag.name, printable(command.asset_type)),
                "leave one of them out");
  }
  ATTACHE_TRY(check_beginning("--step-id", command.job.step_id, "step-"));
  ATTACHE_TRY(check_beginning("--task-id", command.job.task_id, "task-"));
  if (place != Place::kPrefix && command.root.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the root of the manifest is missing",
                "give with --root what its paths are relative to, as the job names it");
  }
  if (place == Place::kPrefix && command.file == "-") {
    return fail(ErrorCode::kInvalidArgument, "a manifest from standard input has no file name to be stored under",
                "give a file, or say with --asset-type what it is");
  }
  return {};
}

std::string without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

struct Root {
  PathFormat format = PathFormat::kPosix;
  std::string path;
};

Result<Root> parse_root(const ManifestUploadCommand& command) {
  const std::optional<PathFormat> format = parse_path_format(command.root_path_format);
  if (!format) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a path format", printable(command.root_path_format)), "give posix or windows");
  }
  return Root{*format, from_posix_bytes(command.root)};
}

Result<PublishedManifest> publish(const ManifestUploadCommand& command, Place place, const ManifestDocument& document,
                                  const Root& root, ObjectStore& store, const std::stop_token& stop) {
  PublishOptions options;
  ATTACHE_ASSIGN(options.tags, parse_tags(command.tags));
  if (place == Place::kPrefix) {
    const std::string name = command.file.substr(command.file.rfind('/') + 1);
    return publish_manifest(document, without_slashes(command.prefix), from_posix_bytes(name), std::nullopt, store,
                            options, stop);
  }
  if (place == Place::kInput) {
    return publish_input_manifest(document, command.job.farm_id, command.job.queue_id,
                                  command.guid.empty() ? random_guid() : command.guid, root.path, store, options, stop);
  }
  ATTACHE_ASSIGN(const double time, parse_time(command.time));
  const JobScope scope{command.job.farm_id, command.job.queue_id, command.job.job_id, command.job.step_id,
                       command.job.task_id};
  return publish_output_manifest(document, scope, command.job.session_action_id, time,
                                 {root.path, from_posix_bytes(command.location)}, store, options, stop);
}

void report_root(JsonWriter& json, const ManifestUploadCommand& command, const Root& root) {
  json.member("rootPath", root.path);
  if (!command.location.empty()) json.member("fileSystemLocationName", from_posix_bytes(command.location));
  json.member("rootPathFormat", to_string(root.format));
}

}  // namespace

Result<ExitStatus> run_manifest_upload(const ManifestUploadCommand& command, const CliEnvironment& environment,
                                       Console& console) {
  ATTACHE_ASSIGN(const Place place, parse_place(command.asset_type));
  ATTACHE_TRY(check_flags(command, place));
  ATTACHE_TRY(parse_tags(command.tags).map([](const auto&) {}));
  ATTACHE_ASSIGN(Root root, parse_root(command));
  // A submission names its manifest by the root as its system's path type writes it; a worker by what it was told.
  if (place == Place::kInput) root.path = normalise_path(root.format, root.path);
  ATTACHE_ASSIGN(const AnyManifest manifest, read_manifest(command.file, environment, ""));
  auto document = document_of(manifest);
  if (!document) return fail(document.error().within(input_name(command.file)));
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));
  ATTACHE_ASSIGN(const PublishedManifest published, publish(command, place, *document, root, *store, environment.stop));

  console.print(fmt::format("Stored {} as {}", type_name(manifest), printable(store->uri(published.key))));
  console.print(fmt::format("{}, hash {}", human_size(published.bytes), published.hash.to_hex()));
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store->root_uri());
  json.member("key", published.key).member("manifestHash", published.hash.to_hex()).member("bytes", published.bytes);
  if (place == Place::kInput) {
    console.print("inputManifestPath: " + printable(published.path));
    json.key("manifestProperties").begin_object();  // as the attachments of CreateJob hold them
    report_root(json, command, root);
    json.member("inputManifestPath", published.path).member("inputManifestHash", published.hash.to_hex());
    json.end_object();
  } else if (place == Place::kOutput) {
    console.print("outputManifestPath: " + printable(published.path));
    report_root(json, command, root);
    json.member("outputManifestPath", published.path).member("outputManifestHash", published.hash.to_hex());
  }
  json.end_object();
  console.print(json);
  return ExitStatus::kOk;
}

}  // namespace attache
