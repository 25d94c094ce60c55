#include "upload_report.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace attache {

namespace {

void write_counts(JsonWriter& json, const UploadReport& report) {
  json.member("files", report.files).member("bytes", report.bytes);
  json.member("objectsSent", report.objects_sent).member("bytesSent", report.bytes_sent);
  json.member("bytesResumed", report.bytes_resumed);
  json.member("objectsPresent", report.objects_present).member("bytesPresent", report.bytes_present);
  json.member("objectsAssumed", report.objects_assumed).member("bytesAssumed", report.bytes_assumed);
  json.member("objectsResent", report.objects_resent).member("duplicates", report.duplicates);
}

/// Calls `entry(path, size)` for each entry of the manifest, in order.
template <typename Entry>
void for_each_entry(const AnyManifest& manifest, Entry entry) {
  if (const auto* flat = std::get_if<Manifest>(&manifest)) {
    for (const ManifestEntry& file : *flat) entry(file.path, file.size);
    return;
  }
  const TreeManifest& tree = *tree_of(manifest);
  std::string path;
  for (std::size_t i = 0; i < tree.file_count(); ++i) {
    const FileEntry file = tree.file(i);
    path = tree.path_of(file);
    entry(std::string_view(path), file.data.size);
  }
}

}  // namespace

void report_upload(const AnyManifest& manifest, const UploadReport& report, bool dry_run, Console& console,
                   JsonWriter& json) {
  write_counts(json, report);
  if (!console.wants_json() && !console.wants_detail()) return;
  json.key("entries").begin_array();
  std::size_t index = 0;
  for_each_entry(manifest, [&](std::string_view path, std::uint64_t size) {
    const UploadOutcome outcome = report.outcomes[index++];
    if (outcome == UploadOutcome::kNothing) return;
    json.begin_object().member("path", path).member("outcome", to_string(outcome)).member("size", size);
    if (dry_run) json.member("reason", reason(outcome));
    json.end_object();
    if (!console.wants_detail()) return;
    console.detail(dry_run ? fmt::format("{}: {} ({})", to_string(outcome), printable(path), reason(outcome))
                           : fmt::format("{}: {}", to_string(outcome), printable(path)));
  });
  json.end_array();
}

void UploadTotal::report(const std::string& store, bool dry_run, Console& console, JsonWriter& json) const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
  const double rate = static_cast<double>(sum_.bytes_sent) / std::max(seconds, 1e-9);
  console.print(fmt::format("{} {}: {} files, {}", dry_run ? "Would upload to" : "Uploaded to", store, sum_.files,
                            human_size(sum_.bytes)));
  const std::string resent =
      sum_.objects_resent == 0
          ? ""
          : fmt::format(" ({} {} an object of another size)", sum_.objects_resent, dry_run ? "to replace" : "replaced");
  const std::string resumed =
      sum_.bytes_resumed == 0 ? "" : fmt::format(", and {} by an earlier run", human_size(sum_.bytes_resumed));
  const std::string speed =
      dry_run ? "" : fmt::format(" in {:.2f} s ({}/s)", seconds, human_size(static_cast<std::uint64_t>(rate)));
  console.print(fmt::format("{}: {} objects, {}{}{}{}", dry_run ? "To send" : "Sent", sum_.objects_sent,
                            human_size(sum_.bytes_sent), resumed, resent, speed));
  console.print(fmt::format("Already there (verified size): {} objects, {}; duplicate files: {}", sum_.objects_present,
                            human_size(sum_.bytes_present), sum_.duplicates));
  if (sum_.objects_assumed > 0) {
    console.print(fmt::format("Assumed to be there, as the check cache says, not verified: {} objects, {}",
                              sum_.objects_assumed, human_size(sum_.bytes_assumed)));
  }
  if (sum_.trust_refused) {
    console.warn(
        "the check cache was not trusted: an object of the sample is not in the store, or could not be asked "
        "for");
  }
  const UploadRequests& requests = sum_.requests;
  const std::uint64_t of_large = requests.parts + 2 * requests.large;
  if (dry_run) {
    console.print(
        fmt::format("Requests: about {} ({} list, {} head, {} put, {} for large objects), {:.4f} USD at list "
                    "prices",
                    requests.lists + requests.heads + requests.puts + of_large, requests.lists, requests.heads,
                    requests.puts, of_large, requests.estimated_cost()));
  }
  write_counts(json, sum_);
  json.key("requests").begin_object().member("list", requests.lists).member("head", requests.heads);
  json.member("put", requests.puts).member("ofLargeObjects", of_large);
  json.member("estimatedCostUsd", requests.estimated_cost()).end_object();
  json.member("dryRun", dry_run).member("seconds", seconds);
}

}  // namespace attache
