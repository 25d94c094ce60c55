#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/file.hpp>
#include <attache/paths/rule_choice.hpp>
#include <attache/transfer/download.hpp>

#include "commands.hpp"
#include "documents.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace attache {

namespace {

Result<ConflictResolution> parse_conflict_resolution(const std::string& text) {
  std::string upper = text;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  if (upper == "SKIP") return ConflictResolution::kSkip;
  if (upper == "OVERWRITE") return ConflictResolution::kOverwrite;
  if (upper == "CREATE_COPY") return ConflictResolution::kCreateCopy;
  return fail(ErrorCode::kInvalidArgument, "--conflict-resolution '" + printable(text) + "' is not known",
              "use SKIP, OVERWRITE or CREATE_COPY");
}

/// A manifest without a rule goes to `<current directory>/<its name>` (incumbent formats, section 12). Where the
/// manifest itself lies there, that is no directory: better said before anything is fetched.
Status check_destination(const std::string& destination) {
  if (!File::open_for_reading(to_posix_bytes(destination).value_or(destination))) return {};
  return fail(ErrorCode::kAlreadyExists, "the destination '" + printable(destination) + "' is a file",
              "run the command in another directory, or say with --path-mapping-rules where the files go");
}

struct Counts {
  std::uint64_t processed_files = 0;
  std::uint64_t processed_bytes = 0;
  std::uint64_t skipped_files = 0;
  std::uint64_t skipped_bytes = 0;
  std::uint64_t copied = 0;
  std::uint64_t differs = 0;

  void add(const DownloadedFile& file) {
    switch (file.outcome) {
      case DownloadOutcome::kCopied:
        ++copied;
        [[fallthrough]];
      case DownloadOutcome::kDownloaded:
        ++processed_files;
        processed_bytes += file.size;
        break;
      case DownloadOutcome::kDiffers:
        ++differs;
        [[fallthrough]];
      case DownloadOutcome::kPresent:
        ++skipped_files;
        skipped_bytes += file.size;
        break;
    }
  }
};

}  // namespace

Result<ExitStatus> run_download(const DownloadCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(const ConflictResolution conflict, parse_conflict_resolution(command.conflict_resolution));
  ATTACHE_ASSIGN(const std::vector<ManifestFile> files, read_manifest_files(command.manifests));
  std::vector<PathMappingRule> rules;
  if (!command.path_mapping_rules.empty()) {
    ATTACHE_ASSIGN(rules, read_rules_file(command.path_mapping_rules));
  }
  const std::vector<std::string> names = file_names(files);
  ATTACHE_ASSIGN(
      const std::vector<std::string> destinations,
      choose_download_destinations(names, rules, from_posix_bytes(environment.current_directory), PathFormat::kPosix));
  for (const std::string& destination : destinations) ATTACHE_TRY(check_destination(destination));
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));

  const auto started = std::chrono::steady_clock::now();
  Counts counts;
  std::uint64_t fetched = 0;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store->root_uri());
  json.key("manifests").begin_array();
  for (std::size_t i = 0; i < files.size(); ++i) {
    DownloadOptions options;
    options.destination = to_posix_bytes(destinations[i]).value_or(destinations[i]);
    options.conflict = conflict;
    options.progress = console.progress("Downloading");
    auto report = download_manifest(files[i].manifest, *store, options, environment.stop);
    if (!report) {
      if (report.error().code() != ErrorCode::kCancelled) return fail(report.error());
      return fail(ErrorCode::kCancelled, "download to '" + printable(destinations[i]) + "' cancelled",
                  "run the same command again with --conflict-resolution SKIP: files that are complete stay");
    }
    fetched += report->bytes_fetched;
    console.print(fmt::format("Downloaded {} to {}", printable(files[i].file_name), printable(destinations[i])));
    json.begin_object().member("file", from_posix_bytes(files[i].path)).member("destination", destinations[i]);
    json.key("files").begin_array();
    for (const DownloadedFile& file : report->files) {
      counts.add(file);
      const std::string_view outcome = to_string(file.outcome);
      if (file.outcome == DownloadOutcome::kDiffers) {
        console.warn("kept '" + printable(destinations[i] + "/" + file.path) +
                     "': it differs from the manifest (--conflict-resolution OVERWRITE replaces it)");
      } else if (console.wants_detail()) {
        console.detail(fmt::format("{}: {}", outcome, printable(file.path)));
      }
      json.begin_object().member("path", file.path).member("outcome", outcome).member("size", file.size).end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  const double rate = static_cast<double>(counts.processed_bytes) / std::max(seconds, 1e-9);
  console.print(fmt::format("Restored and verified: {} files, {} in {:.2f} s ({}/s; {} fetched){}",
                            counts.processed_files, human_size(counts.processed_bytes), seconds,
                            human_size(static_cast<std::uint64_t>(rate)), human_size(fetched),
                            counts.copied == 0 ? "" : fmt::format("; {} under a new name", counts.copied)));
  if (counts.skipped_files != 0) {
    console.print(
        fmt::format("Skipped: {} files that were there, {} of them different", counts.skipped_files, counts.differs));
  }
  // The incumbent's summary, by its names.
  json.member("total_time", seconds).member("total_files", counts.processed_files + counts.skipped_files);
  json.member("total_bytes", counts.processed_bytes + counts.skipped_bytes);
  json.member("processed_files", counts.processed_files).member("processed_bytes", counts.processed_bytes);
  json.member("skipped_files", counts.skipped_files).member("skipped_bytes", counts.skipped_bytes);
  json.member("transfer_rate", rate).end_object();
  console.print(json);
  return counts.differs == 0 ? ExitStatus::kOk : ExitStatus::kKeptDifferent;
}

}  // namespace attache
