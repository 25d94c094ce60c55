#include <attache/base/text.hpp>
#include <attache/cache/check_cache.hpp>
#include <attache/fsio/directory.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/manifest_store/manifest_places.hpp>
#include <attache/manifest_store/publish_manifest.hpp>
#include <attache/paths/attachments.hpp>
#include <attache/paths/names.hpp>
#include <attache/paths/path_format.hpp>
#include <attache/paths/rule_choice.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/object_rules.hpp>
#include <attache/store/open_store.hpp>
#include <attache/store/store_uri.hpp>
#include <attache/transfer/hash_upload.hpp>
#include <attache/transfer/local_manifest.hpp>
#include <attache/transfer/upload.hpp>
#include <attache/transfer/upload_journal.hpp>

#include "byte_count.hpp"
#include "cache_commands.hpp"
#include "commands.hpp"
#include "documents.hpp"
#include "manifest_file.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"
#include "upload_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>

namespace attache {

namespace {

std::string without_slashes(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

Status refuse_together(bool both, const char* what) {
  if (!both) return {};
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} do not go together", what), "leave one of them out");
}

Status check_flags(const UploadCommand& command) {
  const bool from_tree = !command.selection.root.empty();
  if (from_tree == !command.manifests.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                from_tree ? "--root and --manifests do not go together" : "there is nothing to upload",
                "name manifests with -m, or a directory to hash and upload with --root");
  }
  ATTACHE_TRY(
      refuse_together(command.trust_check_cache && command.force_s3_check, "--trust-check-cache and --force-s3-check"));
  ATTACHE_TRY(refuse_together(from_tree && (!command.root_dirs.empty() || !command.path_mapping_rules.empty()),
                              "--root and --root-dirs or --path-mapping-rules"));
  const bool is_input = !command.farm_id.empty() || !command.queue_id.empty();
  ATTACHE_TRY(refuse_together(is_input && !command.upload_manifest_path.empty(),
                              "--upload-manifest-path and --farm-id or --queue-id"));
  if (is_input && (command.farm_id.empty() || command.queue_id.empty())) {
    return fail(ErrorCode::kInvalidArgument, "--farm-id and --queue-id belong together", "give both");
  }
  if (!is_input && (!command.guid.empty() || !command.manifest_write_dir.empty())) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} needs --farm-id and --queue-id", command.guid.empty() ? "--manifest-write-dir" : "--guid"),
        "say whose input manifest it is");
  }
  return {};
}

/// What of the memory for content is for contents that wait between being hashed and being sent, if a tree is uploaded;
/// the store has the rest.
Result<std::uint64_t> waiting_share(const UploadCommand& command, StoreRequest& store) {
  if (command.selection.root.empty()) return UploadOptions().memory_budget;
  std::uint64_t budget = StoreAccess().memory_budget;
  if (!store.memory_budget.empty()) {
    const std::optional<std::uint64_t> given = parse_byte_count(store.memory_budget);
    if (!given) return UploadOptions().memory_budget;  // the store says what is wrong with it
    budget = *given;
  }
  const std::uint64_t share = std::min(UploadOptions().memory_budget, budget / 4);
  store.memory_budget = std::to_string(budget - share);
  return share;
}

/// What an upload remembers from one run to the next.
struct Memory {
  std::unique_ptr<CheckCache> checks;
  std::unique_ptr<UploadJournal> journal;
};

/// One run of the command: what all its manifests share.
class Uploads {
 public:
  Uploads(const UploadCommand& command, const CliEnvironment& environment, Console& console, ObjectStore& store)
      : command_(command), environment_(environment), console_(console), store_(store) {}

  Status prepare(std::uint64_t waiting_bytes) {
    options_.memory_budget = waiting_bytes;
    options_.check = command_.trust_check_cache ? CheckCacheUse::kTrust
                     : command_.force_s3_check  ? CheckCacheUse::kForce
                                                : CheckCacheUse::kExact;
    options_.keep_times = command_.keep_times;
    options_.dry_run = command_.dry_run;
    ATTACHE_ASSIGN(options_.chunk_size, parse_chunk_size(command_.selection.chunk_size));
    options_.progress = console_.progress(command_.dry_run ? "Asking" : "Uploading");
    if (const auto location = parse_store_uri(store_.root_uri()); location && !command_.selection.cache.off) {
      if (const auto* s3 = std::get_if<S3Location>(&*location)) open_memory(*s3);
    }
    json_.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store_.root_uri());
    json_.key("manifests").begin_array();
    return {};
  }

  /// Manifests that exist, and the roots that they are of.
  Result<ExitStatus> upload_manifests() {
    std::vector<std::string> names;
    for (const std::string& file : command_.manifests) names.push_back(file_name(file));
    std::optional<std::vector<PathMappingRule>> rules_file;
    if (!command_.path_mapping_rules.empty()) {
      ATTACHE_ASSIGN(rules_file, read_rules_file(command_.path_mapping_rules));
    }
    std::vector<std::string> roots;
    for (const std::string& root : command_.root_dirs) roots.push_back(from_posix_bytes(root));
    ATTACHE_ASSIGN(const std::vector<PathMappingRule> rules, choose_upload_rules(names, rules_file, roots));
    std::vector<AnyManifest> manifests;
    for (const std::string& file : command_.manifests) {
      ATTACHE_ASSIGN(AnyManifest manifest, read_manifest(file, environment_, command_.selection.chunk_size));
      manifests.push_back(std::move(manifest));
    }
    for (std::size_t i = 0; i < manifests.size(); ++i) ATTACHE_TRY(check_place(names[i], rules[i]));
    for (std::size_t i = 0; i < manifests.size(); ++i) {
      const PathMappingRule& rule = rules[i];
      // A destination that came from the command line or a rules file has the bytes of this system.
      options_.root = to_posix_bytes(rule.destination_path).value_or(rule.destination_path);
      Result<UploadReport> report = std::visit(
          [&](const auto& manifest) { return upload_manifest(manifest, store_, options_, environment_.stop); },
          manifests[i]);
      if (!report) return fail(std::move(report).error());
      json_.begin_object().member("file", from_posix_bytes(command_.manifests[i]));
      json_.member("root", rule.destination_path).member("sourcePath", rule.source_path);
      ATTACHE_TRY(finish(manifests[i], names[i], rule, *report));
    }
    return ExitStatus::kOk;
  }

  /// A tree, hashed and uploaded in one go.
  Result<ExitStatus> upload_tree() {
    const std::string root = from_posix_bytes(command_.selection.root);
    const LocalTime now = environment_.local_time();
    std::optional<std::string> name;
    if (!command_.name.empty()) name = from_posix_bytes(command_.name);
    ATTACHE_ASSIGN(const std::string stored_name, snapshot_file_name(root, name, now));
    ATTACHE_TRY(check_place(stored_name, {"", root, root}));
    if (!command_.destination.empty()) ATTACHE_TRY(Directory::open(command_.destination).map([](const auto&) {}));
    ATTACHE_ASSIGN(const std::optional<ManifestFormat> format, parse_format(command_.format));
    ATTACHE_ASSIGN(SnapshotOptions scan, snapshot_options(command_.selection));
    const std::unique_ptr<HashCache> cache = open_hash_cache(command_.selection.cache, environment_, console_);
    scan.cache = cache.get();
    scan.progress = command_.dry_run ? console_.progress("Hashing") : ProgressCallback();
    Result<Done> done = format == ManifestFormat::kV2025_12
                            ? done_of(hash_upload_v2025(scan, store_, options_, environment_.stop))
                            : done_of(hash_upload(scan, store_, options_, environment_.stop));
    if (cache) cache->flush();
    if (!done) return fail(std::move(done).error());
    json_.begin_object();
    std::string file_name_here = stored_name;
    if (!command_.dry_run) {
      // The manifest is here, too: a download needs it.
      const std::string& directory = command_.destination.empty() ? command_.selection.root : command_.destination;
      ATTACHE_ASSIGN(const std::string document, encode_manifest(done->manifest));
      ATTACHE_ASSIGN(const std::string path, write_manifest_file(directory, root, name, now, document));
      console_.print("Manifest: " + printable(from_posix_bytes(path)));
      json_.member("file", from_posix_bytes(path));
      file_name_here = file_name(path);
    }
    json_.member("root", root).member("sourcePath", root);
    json_.member("bytesHashed", done->bytes_hashed).member("filesFromCache", done->files_from_cache);
    report_omissions(done->omissions, console_);
    add_omissions(json_, done->omissions);
    ATTACHE_TRY(finish(done->manifest, file_name_here, {"", root, root}, done->report));
    return status_of(done->omissions);
  }

  void report() {
    json_.end_array();
    total_.report(store_.root_uri(), command_.dry_run, console_, json_);
    json_.end_object();
    console_.print(json_);
  }

 private:
  struct Done {
    AnyManifest manifest;
    UploadReport report;
    std::vector<Omission> omissions;
    std::uint64_t bytes_hashed = 0;
    std::uint64_t files_from_cache = 0;
  };

  template <typename M>
  static Result<Done> done_of(Result<HashUpload<M>>&& result) {
    if (!result) return fail(std::move(result).error());
    return Done{AnyManifest(std::move(result->scan.manifest)), std::move(result->upload),
                std::move(result->scan.omissions), result->scan.bytes_hashed, result->scan.files_from_cache};
  }

  static std::string file_name(const std::string& path) { return from_posix_bytes(path.substr(path.rfind('/') + 1)); }

  void open_memory(const S3Location& location) {
    const Result<std::string> directory = cache_directory(command_.selection.cache.directory, environment_);
    if (!directory) {
      console_.detail("no check cache: " + directory.error().message());
      return;
    }
    const auto warn = [this](const Error& error) { console_.warn(error); };
    CheckCacheOptions checks;
    checks.directory = *directory;
    checks.warn = warn;
    checks.stop = environment_.stop;
    memory_.checks = CheckCache::open(std::move(checks));
    options_.check_cache = memory_.checks.get();
    options_.bucket = location.bucket;
    options_.key_prefix = location.prefix;
    options_.sample_seed = std::random_device{}();
    if (command_.dry_run) return;
    memory_.journal =
        UploadJournal::open({.path = upload_journal_path(*directory), .store = store_.root_uri(), .warn = warn});
    options_.resumption = memory_.journal.get();
  }

  /// The root of an input manifest's attachments. A root directory acts as a rule without a format: it is of this
  /// system.
  static ManifestProperties properties_of(const PathMappingRule& rule) {
    const PathFormat format = parse_path_format(rule.source_path_format).value_or(PathFormat::kPosix);
    return {.root_path = normalise_path(format, rule.source_path), .root_path_format = format};
  }

  /// Whether publish() can store a manifest: better said before its data is sent, which may take hours.
  Status check_place(const std::string& name, const PathMappingRule& rule) const {
    if (!command_.upload_manifest_path.empty()) {
      ATTACHE_TRY(check_object_key(manifest_key(without_slashes(command_.upload_manifest_path), name)));
      ATTACHE_TRY(origin_metadata(ManifestOrigin{rule.source_path}).map([](const auto&) {}));
    }
    if (command_.farm_id.empty()) return {};
    const std::string guid = command_.guid.empty() ? "made-later" : command_.guid;
    ATTACHE_ASSIGN(const std::string folder, input_folder(command_.farm_id, command_.queue_id, guid));
    ATTACHE_ASSIGN(const std::string stored_name, input_manifest_name(properties_of(rule).root_path));
    return check_object_key(manifest_key(folder, stored_name));
  }

  /// Publishes the manifest after its data, and reports it: the rest of an object that was begun.
  Status finish(const AnyManifest& manifest, const std::string& name, const PathMappingRule& rule,
                const UploadReport& report) {
    ATTACHE_ASSIGN(const ManifestDocument document, document_of(manifest));
    json_.member("manifestHash", document.hash.to_hex());
    if (!command_.dry_run) ATTACHE_TRY(publish(document, name, rule));
    total_.add(report);
    report_upload(manifest, report, command_.dry_run, console_, json_);
    json_.end_object();
    return {};
  }

  Status publish(const ManifestDocument& document, const std::string& name, const PathMappingRule& rule) {
    if (!command_.upload_manifest_path.empty()) {
      ATTACHE_ASSIGN(const PublishedManifest published,
                     publish_manifest(document, without_slashes(command_.upload_manifest_path), name,
                                      ManifestOrigin{rule.source_path}, store_, {}, environment_.stop));
      json_.member("key", published.key);
    }
    if (command_.farm_id.empty()) return {};
    const ManifestProperties properties = properties_of(rule);
    ATTACHE_ASSIGN(const PublishedManifest published,
                   publish_input_manifest(document, command_.farm_id, command_.queue_id,
                                          command_.guid.empty() ? random_guid() : command_.guid, properties.root_path,
                                          store_, {}, environment_.stop));
    console_.print("inputManifestPath: " + printable(published.path));
    json_.member("key", published.key);
    json_.key("manifestProperties").begin_object();  // as the attachments of CreateJob hold them
    json_.member("rootPath", properties.root_path);
    json_.member("rootPathFormat", to_string(properties.root_path_format));
    json_.member("inputManifestPath", published.path).member("inputManifestHash", published.hash.to_hex());
    json_.end_object();
    if (command_.manifest_write_dir.empty()) return {};
    const auto location = parse_store_uri(store_.root_uri());
    const auto* s3 = location ? std::get_if<S3Location>(&*location) : nullptr;
    return keep_local_manifest({.directory = command_.manifest_write_dir,
                                .name_prefix = {},
                                .s3_key = s3 == nullptr ? published.key : s3->prefix + "/" + published.key},
                               document.bytes);
  }

  const UploadCommand& command_;
  const CliEnvironment& environment_;
  Console& console_;
  ObjectStore& store_;
  Memory memory_;
  UploadOptions options_;
  JsonWriter json_;
  UploadTotal total_;
};

}  // namespace

Result<ExitStatus> run_upload(const UploadCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_TRY(check_flags(command));
  StoreRequest request = command.store;
  ATTACHE_ASSIGN(const std::uint64_t waiting_bytes, waiting_share(command, request));
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(request));
  Uploads uploads(command, environment, console, *store);
  ATTACHE_TRY(uploads.prepare(waiting_bytes));
  Result<ExitStatus> status = command.manifests.empty() ? uploads.upload_tree() : uploads.upload_manifests();
  if (!status && status.error().code() == ErrorCode::kCancelled) {
    return fail(ErrorCode::kCancelled, "upload to " + printable(store->root_uri()) + " cancelled",
                "run the same command again to go on: what is stored is found and not sent again, and of large files "
                "neither are the parts that arrived");
  }
  if (status) uploads.report();
  return status;
}

}  // namespace attache
