#include <attache/exec/progress_tracker.hpp>
#include <attache/exec/summary_statistics.hpp>

#include "kinds.hpp"

#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace attache::vectors {

namespace {

std::uint64_t count_of(const Json& value) {
  const std::optional<std::uint64_t> count = uint64_of(value);
  if (!count) throw MalformedCase("not a count: " + value.dump());
  return *count;
}

std::chrono::nanoseconds seconds_of(const Json& value) {
  return std::chrono::nanoseconds(std::llround(value.get<double>() * 1e9));
}

ProgressStatus status_of(const std::string& text) {
  for (const ProgressStatus status : {ProgressStatus::kNone, ProgressStatus::kPreparing, ProgressStatus::kUpload,
                                      ProgressStatus::kDownload, ProgressStatus::kSnapshot}) {
    if (to_string(status) == text) return status;
  }
  throw MalformedCase("not a status: " + text);
}

SummaryStatistics statistics_of(const Json& json) {
  const auto count = [&json](const char* name) { return json.contains(name) ? count_of(json.at(name)) : 0; };
  return {.total_time = json.value("total_time", 0.0),
          .total_files = count("total_files"),
          .total_bytes = count("total_bytes"),
          .processed_files = count("processed_files"),
          .processed_bytes = count("processed_bytes"),
          .skipped_files = count("skipped_files"),
          .skipped_bytes = count("skipped_bytes")};
}

Json json_of(const SummaryStatistics& statistics) {
  return {{"total_time", statistics.total_time},           {"total_files", statistics.total_files},
          {"total_bytes", statistics.total_bytes},         {"processed_files", statistics.processed_files},
          {"processed_bytes", statistics.processed_bytes}, {"skipped_files", statistics.skipped_files},
          {"skipped_bytes", statistics.skipped_bytes},     {"transfer_rate", statistics.transfer_rate()}};
}

/// What the recorded form has; its numbers compare as numbers, 0 equal to 0.0.
Json json_of(const ProgressReport& report) {
  return {{"status", to_string(report.status)},
          {"progress", report.percent},
          {"transferRate", report.transfer_rate},
          {"processedFiles", report.processed_files}};
}

Outcome check_progress_tracker(const VectorCase& vector) {
  const Json& input = vector.input;
  std::chrono::nanoseconds now{};
  // Not at 0, where the incumbent's clock has not been started.
  const std::chrono::steady_clock::time_point begin{std::chrono::hours(1)};
  std::vector<ProgressReport> reports;
  const Json& cancel_at = input.at("cancel_at");
  ProgressTracker::Options options;
  options.status = status_of(input.at("status").get<std::string>());
  options.total_files = count_of(input.at("total_files"));
  options.total_bytes = count_of(input.at("total_bytes"));
  options.interval = seconds_of(input.at("interval"));
  options.files_per_report = count_of(input.at("max_files_in_chunk"));
  options.clock = [&] { return begin + now; };
  ProgressTracker tracker(
      [&](const ProgressReport& report) {
        reports.push_back(report);
        return cancel_at.is_null() || reports.size() != count_of(cancel_at);
      },
      options);
  Json events = Json::array();
  for (const Json& step : input.at("steps")) {
    now = seconds_of(step.at(0));
    const auto op = step.at(1).get<std::string>();
    Json returned;
    const std::size_t made_before = reports.size();
    if (op == "track") {
      returned = tracker.track(count_of(step.at(2)), step.size() > 3 && step.at(3).get<bool>());
    } else if (op == "processed") {
      tracker.add_processed(count_of(step.at(2)), count_of(step.at(3)));
    } else if (op == "skipped") {
      tracker.add_skipped(count_of(step.at(2)), count_of(step.at(3)));
    } else if (op == "report") {
      returned = tracker.report();
    } else {
      throw MalformedCase("unknown step: " + op);
    }
    events.push_back(
        {{"returned", returned}, {"report", reports.size() > made_before ? json_of(reports.back()) : Json()}});
  }
  const SummaryStatistics summary = tracker.summary(input.at("total_time").get<double>());
  Json got = {{"events", events}, {"summary", json_of(summary)}};
  if (vector.expected.contains("summary_text")) got["summary_text"] = to_text(summary);
  return compare(vector.expected, got);
}

/// The recorded cases say of both sides only the counts by root: the rest is the recorder's own, of which the answer
/// shows one file of the first side and the rate.
DownloadStatistics recorded_side(const Json& counts, const std::string& file) {
  DownloadStatistics side;
  side.summary = {.total_time = 1, .total_files = 1, .processed_files = 1, .processed_bytes = 20};
  for (const auto& [root, count] : counts.items()) side.file_counts_by_root[root] = count_of(count);
  side.downloaded_files = {file};
  return side;
}

Outcome check_download_aggregate(const VectorCase& vector) {
  DownloadStatistics sum = recorded_side(vector.input.at("a"), "/r/a");
  sum.add(recorded_side(vector.input.at("b"), "/r/b"));
  // The incumbent drops roots without files, and the second side's files.
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [root, count] : sum.file_counts_by_root) {
    if (count > 0) counts[root] = count;
  }
  const std::set<std::string> files(sum.downloaded_files.begin(), sum.downloaded_files.end());
  for (const std::string& file : texts_of(vector.expected.at("downloaded_files"))) {
    if (!files.contains(file)) return failure(file, Json(sum.downloaded_files).dump());
  }
  const Json got = {{"file_counts_by_root_directory", counts},
                    {"downloaded_files", vector.expected.at("downloaded_files")},
                    {"transfer_rate", sum.summary.transfer_rate()}};
  if (got != vector.expected) return compare(vector.expected, got);
  return deviation(Deviation::kAggregationLosesNothing);
}

Outcome check_summary_statistics(const VectorCase& vector) {
  const Json& input = vector.input;
  const auto op = input.at("op").get<std::string>();
  if (op == "aggregate") {
    SummaryStatistics sum = statistics_of(input.at("a"));
    sum.add(statistics_of(input.at("b")));
    return compare(vector.expected, json_of(sum));
  }
  if (op == "aggregate_download") return check_download_aggregate(vector);
  if (op == "from_tracker") {
    ProgressTracker tracker({}, {.total_files = 1, .total_bytes = 100});
    tracker.add_processed(0, count_of(input.at("processed_bytes")));
    return compare(vector.expected, json_of(tracker.summary(input.at("total_time").get<double>())));
  }
  if (op == "download_stats") {
    std::map<std::string, std::vector<std::string>> paths;
    for (const auto& [root, list] : input.at("paths_by_root").items()) paths[root] = texts_of(list);
    DownloadStatistics statistics;
    statistics.set_files(paths);
    return compare(vector.expected, Json{{"file_counts_by_root_directory", statistics.file_counts_by_root},
                                         {"downloaded_files", statistics.downloaded_files}});
  }
  // The text of statistics whose fields stand in the input or in one member of it.
  for (const auto& [name, value] : input.items()) {
    if (value.is_object()) return compare(text_of(vector.expected), to_text(statistics_of(value)));
  }
  return compare(text_of(vector.expected), to_text(statistics_of(input)));
}

constexpr Kind kKinds[] = {{"progress_tracker", check_progress_tracker},
                           {"summary_statistics", check_summary_statistics}};

}  // namespace

std::span<const Kind> progress_kinds() {
  return kKinds;
}

}  // namespace attache::vectors
