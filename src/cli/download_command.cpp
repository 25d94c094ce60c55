#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/store/request_log.hpp>
#include <attache/transfer/download.hpp>

#include "commands.hpp"
#include "download_jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>

namespace attache {

namespace {

/// The manifest as download_manifest() and preview_download() take it.
template <typename Call>
auto with_manifest(const AnyManifest& manifest, Call call) {
  if (const TreeManifest* tree = tree_of(manifest)) return call(*tree);
  return call(std::get<Manifest>(manifest));
}

struct Counts {
  std::uint64_t processed_files = 0;
  std::uint64_t processed_bytes = 0;
  std::uint64_t skipped_files = 0;
  std::uint64_t skipped_bytes = 0;
  std::uint64_t copied = 0;
  std::uint64_t differs = 0;
  std::uint64_t fetched = 0;
  std::uint64_t from_cache = 0;
  std::uint64_t resumed = 0;
  std::map<std::string, std::uint64_t> files_by_root;
  std::vector<std::string> downloaded;  ///< full paths

  void add(const DownloadedFile& file, const std::string& destination) {
    switch (file.outcome) {
      case DownloadOutcome::kCopied:
        ++copied;
        [[fallthrough]];
      case DownloadOutcome::kDownloaded:
        ++processed_files;
        processed_bytes += file.size;
        ++files_by_root[destination];
        downloaded.push_back(destination + "/" + file.path);
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

void print_files(const DownloadReport& report, const std::string& destination, Counts& counts, Console& console,
                 JsonWriter& json) {
  counts.files_by_root.try_emplace(destination, 0);
  json.key("files").begin_array();
  for (const DownloadedFile& file : report.files) {
    counts.add(file, destination);
    const std::string_view outcome = to_string(file.outcome);
    if (file.outcome == DownloadOutcome::kDiffers) {
      console.warn("kept '" + printable(destination + "/" + file.path) +
                   "': it differs from the manifest (--conflict-resolution OVERWRITE replaces it)");
    } else if (console.wants_detail()) {
      console.detail(fmt::format("{}: {}", outcome, printable(file.path)));
    }
    json.begin_object().member("path", file.path).member("outcome", outcome).member("size", file.size);
    if (file.origin != ContentOrigin::kNone) json.member("source", to_string(file.origin));
    if (file.is_link) json.member("link", true);
    json.end_object();
  }
  json.end_array();
}

void print_deletions(const DownloadReport& report, const std::string& destination, Console& console, JsonWriter& json) {
  if (report.deleted.empty() && report.kept_directories.empty()) return;
  json.key("deleted").begin_array();
  for (const std::string& path : report.deleted) {
    console.detail("deleted: " + printable(path));
    json.value(path);
  }
  json.end_array().key("keptDirectories").begin_array();
  for (const std::string& path : report.kept_directories) {
    console.warn("kept the directory '" + printable(destination + "/" + path) +
                 "': the manifest deletes it, but it is not empty");
    json.value(path);
  }
  json.end_array();
  console.print(fmt::format("Deleted: {} files and directories", report.deleted.size()));
}

void print_summary(const Counts& counts, double seconds, Console& console, JsonWriter& json) {
  const double rate = static_cast<double>(counts.processed_bytes) / std::max(seconds, 1e-9);
  std::string rest;
  if (counts.from_cache != 0) rest += fmt::format("; {} from the object cache", human_size(counts.from_cache));
  if (counts.resumed != 0) rest += fmt::format("; {} kept from an earlier run", human_size(counts.resumed));
  if (counts.copied != 0) rest += fmt::format("; {} under a new name", counts.copied);
  console.print(fmt::format("Restored and verified: {} files, {} in {:.2f} s ({}/s; {} fetched){}",
                            counts.processed_files, human_size(counts.processed_bytes), seconds,
                            human_size(static_cast<std::uint64_t>(rate)), human_size(counts.fetched), rest));
  if (counts.skipped_files != 0) {
    console.print(
        fmt::format("Skipped: {} files that were there, {} of them different", counts.skipped_files, counts.differs));
  }
  // The incumbent's summary, by its names.
  json.member("total_time", seconds).member("total_files", counts.processed_files + counts.skipped_files);
  json.member("total_bytes", counts.processed_bytes + counts.skipped_bytes);
  json.member("processed_files", counts.processed_files).member("processed_bytes", counts.processed_bytes);
  json.member("skipped_files", counts.skipped_files).member("skipped_bytes", counts.skipped_bytes);
  json.member("transfer_rate", rate);
  json.key("file_counts_by_root_directory").begin_object();
  for (const auto& [root, files] : counts.files_by_root) json.member(root, files);
  json.end_object().key("downloaded_files").begin_array();
  for (const std::string& path : counts.downloaded) json.value(path);
  json.end_array();
  json.member("fetched_bytes", counts.fetched).member("cached_bytes", counts.from_cache);
  json.member("resumed_bytes", counts.resumed);
}

Result<ExitStatus> preview(const std::vector<DownloadJob>& jobs, const ObjectStore& store,
                           const CliEnvironment& environment, Console& console) {
  const bool is_paid = store.root_uri().starts_with("s3://");
  DownloadPreview sum;
  bool is_different = false;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store.root_uri());
  json.member("dryRun", true).key("manifests").begin_array();
  for (const DownloadJob& job : jobs) {
    ATTACHE_ASSIGN(const DownloadPreview found, with_manifest(job.manifest, [&](const auto& manifest) {
                     return preview_download(manifest, job.options, environment.stop);
                   }));
    json.begin_object().member("file", from_posix_bytes(job.file)).member("destination", job.destination);
    json.key("files").begin_array();
    for (const PlannedDownload& file : found.files) {
      is_different = is_different || file.action == DownloadAction::kDiffers;
      console.print(fmt::format("{:8} {}  {}", to_string(file.action), printable(job.destination + "/" + file.path),
                                human_size(file.size)));
      json.begin_object().member("path", file.path).member("action", to_string(file.action));
      json.member("size", file.size).end_object();
    }
    json.end_array().end_object();
    sum.files_to_write += found.files_to_write;
    sum.bytes_to_write += found.bytes_to_write;
    sum.bytes_to_fetch += found.bytes_to_fetch;
    sum.requests += found.requests;
  }
  RequestCounts requests;
  requests.kinds[static_cast<std::size_t>(S3Operation::kGetObject)].requests = sum.requests;
  const double cost = is_paid ? requests.estimated_cost() : 0;
  console.print(fmt::format("Would write {} files, {}; would fetch {} by {} requests{}. Nothing was written.",
                            sum.files_to_write, human_size(sum.bytes_to_write), human_size(sum.bytes_to_fetch),
                            sum.requests, is_paid ? fmt::format(", about {:.4f} US dollars", cost) : ""));
  json.end_array().member("files_to_write", sum.files_to_write).member("bytes_to_write", sum.bytes_to_write);
  json.member("bytes_to_fetch", sum.bytes_to_fetch).member("requests", sum.requests);
  json.member("estimated_cost", cost).end_object();
  console.print(json);
  return is_different ? ExitStatus::kKeptDifferent : ExitStatus::kOk;
}

}  // namespace

Result<ExitStatus> run_download(const DownloadCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_ASSIGN(std::vector<DownloadJob> jobs, download_jobs(command, environment));
  for (const DownloadJob& job : jobs) {
    if (!job.lacks_rule) continue;
    console.warn("no rule of '" + printable(command.path_mapping_rules) + "' is for '" + printable(job.file_name) +
                 "', so its files go to '" + printable(job.destination) +
                 "': a rule's source_path must be the root exactly as it was given when the manifest was made");
  }
  ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment.open_store(command.store));
  if (command.dry_run) return preview(jobs, *store, environment, console);

  const auto started = std::chrono::steady_clock::now();
  Counts counts;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("store", store->root_uri());
  json.key("manifests").begin_array();
  for (DownloadJob& job : jobs) {
    job.options.progress = console.progress("Downloading");
    const auto report = with_manifest(job.manifest, [&](const auto& manifest) {
      return download_manifest(manifest, *store, job.options, environment.stop);
    });
    if (!report) {
      if (report.error().code() != ErrorCode::kCancelled) return fail(report.error());
      return fail(ErrorCode::kCancelled, "download to '" + printable(job.destination) + "' cancelled",
                  command.no_resume
                      ? "run the same command again with --conflict-resolution SKIP: files that are complete stay"
                      : "run the same command again: it goes on where this one ended");
    }
    counts.fetched += report->bytes_fetched;
    counts.from_cache += report->bytes_from_cache;
    counts.resumed += report->bytes_resumed;
    for (const std::string& warning : report->warnings) console.warn(warning);
    if (report->files.empty() && (!command.include.empty() || !command.directory.empty())) {
      console.warn("nothing in '" + printable(job.file_name) + "' is what --include and --directory ask for");
    }
    console.print(fmt::format("Downloaded {} to {}", printable(job.file_name), printable(job.destination)));
    json.begin_object().member("file", from_posix_bytes(job.file)).member("destination", job.destination);
    print_files(*report, job.destination, counts, console, json);
    print_deletions(*report, job.destination, console, json);
    json.end_object();
  }
  json.end_array();
  std::sort(counts.downloaded.begin(), counts.downloaded.end());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  print_summary(counts, seconds, console, json);
  json.end_object();
  console.print(json);
  return counts.differs == 0 ? ExitStatus::kOk : ExitStatus::kKeptDifferent;
}

}  // namespace attache
