#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/paths/rule_choice.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/upload.hpp>

#include "commands.hpp"
#include "documents.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>

namespace attache {

namespace {

std::string without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

struct Total {
  UploadReport sum;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

  void add(const UploadReport& report) {
    sum.files += report.files;
    sum.bytes += report.bytes;
    sum.objects_sent += report.objects_sent;
    sum.bytes_sent += report.bytes_sent;
    sum.objects_present += report.objects_present;
    sum.bytes_present += report.bytes_present;
    sum.objects_resent += report.objects_resent;
    sum.duplicates += report.duplicates;
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count(); }
};

void write_counts(JsonWriter& json, const UploadReport& report) {
  json.member("files", report.files).member("bytes", report.bytes);
  json.member("objectsSent", report.objects_sent).member("bytesSent", report.bytes_sent);
  json.member("objectsPresent", report.objects_present).member("bytesPresent", report.bytes_present);
  json.member("objectsResent", report.objects_resent).member("duplicates", report.duplicates);
}

}  // namespace

Result<ExitStatus> run_upload(const UploadCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const std::vector<ManifestFile> files, read_manifest_files(command.manifests));
  std::optional<std::vector<PathMappingRule>> rules_file;
  if (!command.path_mapping_rules.empty()) {
    ATTACHE_ASSIGN(rules_file, read_rules_file(command.path_mapping_rules));
  }
  const std::vector<std::string> names = file_names(files);
  std::vector<std::string> roots;
  roots.reserve(command.root_dirs.size());
  for (const std::string& root : command.root_dirs) roots.push_back(from_posix_bytes(root));
  ATTACHE_ASSIGN(const std::vector<PathMappingRule> rules, choose_upload_rules(names, rules_file, roots));
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));

  Total total;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store->root_uri());
  json.key("manifests").begin_array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const ManifestFile& file = files[i];
    const PathMappingRule& rule = rules[i];
    UploadOptions options;
    // A destination that came from the command line or a rules file has the bytes of this system.
    options.root = to_posix_bytes(rule.destination_path).value_or(rule.destination_path);
    if (!command.upload_manifest_path.empty()) {
      options.manifest_key = manifest_key(without_slashes(command.upload_manifest_path), file.file_name);
      ATTACHE_ASSIGN(options.manifest_metadata, origin_metadata({rule.source_path}));
    }
    options.progress = console.progress("Uploading");
    auto uploaded = upload_manifest(file.manifest, *store, options, environment.stop);
    if (!uploaded) {
      if (uploaded.error().code() != ErrorCode::kCancelled) return fail(uploaded.error());
      return fail(ErrorCode::kCancelled, "upload of '" + printable(file.path) + "' cancelled",
                  "run the same command again: what is already stored is found and not sent again");
    }
    total.add(*uploaded);
    console.detail(fmt::format("{}: root {}, {} objects sent, {} present", printable(file.file_name),
                               printable(rule.destination_path), uploaded->objects_sent, uploaded->objects_present));
    ATTACHE_ASSIGN(const Digest hash, manifest_hash(file.manifest));
    json.begin_object().member("file", from_posix_bytes(file.path)).member("root", rule.destination_path);
    json.member("sourcePath", rule.source_path).member("manifestHash", hash.to_hex());
    if (options.manifest_key) json.member("key", *options.manifest_key);
    write_counts(json, *uploaded);
    json.end_object();
  }
  const double seconds = total.seconds();
  const UploadReport& sum = total.sum;
  console.print(fmt::format("Uploaded to {}: {} files, {}", store->root_uri(), sum.files, human_size(sum.bytes)));
  console.print(
      fmt::format("Sent: {} objects, {}{} in {:.2f} s ({}/s)", sum.objects_sent, human_size(sum.bytes_sent),
                  sum.objects_resent == 0 ? std::string()
                                          : fmt::format(" ({} replaced an object of another size)", sum.objects_resent),
                  seconds, human_size(static_cast<std::uint64_t>(static_cast<double>(sum.bytes_sent) / seconds))));
  console.print(fmt::format("Already there (verified size): {} objects, {}; duplicate files: {}", sum.objects_present,
                            human_size(sum.bytes_present), sum.duplicates));
  json.end_array();
  write_counts(json, sum);
  json.member("seconds", seconds).end_object();
  console.print(json);
  return ExitStatus::kOk;
}

}  // namespace attache
