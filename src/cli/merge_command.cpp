#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/operations.hpp>
#include <attache/manifest/operations_v2023.hpp>

#include "manifest_commands.hpp"
#include "manifest_input.hpp"
#include "manifest_output.hpp"
#include "utc_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace attache {

namespace {

struct GivenTime {
  std::int64_t value = 0;
  bool is_date = false;
};

Result<GivenTime> parse_time(const std::string& text) {
  if (const auto date = parse_utc(text)) return GivenTime{*date, true};
  if (const auto number = parse_number<std::int64_t>(text)) return GivenTime{*number, false};
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a time", printable(text)),
              "give whole numbers of any one unit, or times such as 2024-02-03T04:05:06Z");
}

Result<std::vector<std::int64_t>> parse_times(const MergeCommand& command) {
  if (command.times.size() != command.files.size()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there are {} manifests, and {} times", command.files.size(), command.times.size()),
                "give --times one time for each manifest, in the same order");
  }
  std::vector<std::int64_t> times;
  bool dates = false;
  for (const std::string& text : command.times) {
    ATTACHE_ASSIGN(const GivenTime time, parse_time(text));
    if (!times.empty() && time.is_date != dates) {
      return fail(ErrorCode::kInvalidArgument, "--times has numbers and dates, which cannot be compared",
                  "give all of them in one form");
    }
    dates = time.is_date;
    times.push_back(time.value);
  }
  return times;
}

Result<std::vector<std::int64_t>> modification_times(const std::vector<std::string>& files) {
  std::vector<std::int64_t> times;
  for (const std::string& file : files) {
    ATTACHE_ASSIGN(const std::int64_t time, modification_time(file));
    times.push_back(time);
  }
  return times;
}

/// A time for each file; ascending if none were asked for, so that the order of the list decides.
Result<std::vector<std::int64_t>> times_of(const MergeCommand& command) {
  if (command.by_mtime && !command.times.empty()) {
    return fail(ErrorCode::kInvalidArgument, "--times and --by-mtime are two answers to one question",
                "give one of them, or none: then a later file on the command line counts as newer");
  }
  if (!command.times.empty()) return parse_times(command);
  if (command.by_mtime) return modification_times(command.files);
  std::vector<std::int64_t> times(command.files.size());
  std::iota(times.begin(), times.end(), std::int64_t{0});
  return times;
}

tl::unexpected<Error> nothing_to_merge() {
  return fail(ErrorCode::kInvalidArgument, "there is no manifest to merge", "give one at least");
}

/// As the incumbent does it: paths alone count, and a file does not take the place of a directory.
Result<Formatted> merge_v2023(const std::vector<AnyManifest>& manifests, const std::vector<std::int64_t>& times) {
  std::vector<Timed<Manifest>> timed;
  for (std::size_t i = 0; i < manifests.size(); ++i) timed.push_back({&std::get<Manifest>(manifests[i]), times[i]});
  auto merged = merge_by_time(std::span<const Timed<Manifest>>(timed));
  if (!merged) return fail(std::move(merged).error());
  if (!*merged) return nothing_to_merge();
  return Formatted{std::move(**merged)};
}

Result<AnyTreeManifest> merge_trees(const std::vector<TreeInput>& inputs, const std::vector<std::int64_t>& times) {
  return std::visit(
      [&](const auto& first) -> Result<AnyTreeManifest> {
        using M = std::decay_t<decltype(first)>;
        ATTACHE_ASSIGN(const std::vector<const M*> manifests, all_of_type<M>(inputs));
        std::vector<Timed<M>> timed;
        for (std::size_t i = 0; i < manifests.size(); ++i) timed.push_back({manifests[i], times[i]});
        auto merged = merge_by_time(std::span<const Timed<M>>(timed));
        if (!merged) return fail(std::move(merged).error());
        if (!*merged) return nothing_to_merge();
        return AnyTreeManifest(std::move(**merged));
      },
      inputs[0].manifest);
}

Result<Formatted> merge_all(std::vector<AnyManifest>&& manifests, const MergeCommand& command,
                            const std::vector<std::int64_t>& times) {
  ATTACHE_ASSIGN(const std::optional<ManifestFormat> wanted, parse_format(command.output.format));
  const bool all_v2023 = std::all_of(manifests.begin(), manifests.end(), [](const AnyManifest& manifest) {
    return format_of(manifest) == ManifestFormat::kV2023_03_03;
  });
  if (all_v2023 && wanted != ManifestFormat::kV2025_12) return merge_v2023(manifests, times);
  std::vector<TreeInput> inputs;
  for (std::size_t i = 0; i < manifests.size(); ++i) {
    ATTACHE_ASSIGN(TreeInput input, to_tree_input(std::move(manifests[i]), command.files[i]));
    inputs.push_back(std::move(input));
  }
  ATTACHE_ASSIGN(AnyTreeManifest merged, merge_trees(inputs, times));
  return in_format(std::move(merged), command.output.format, false);
}

}  // namespace

Result<ExitStatus> run_merge(const MergeCommand& command, const CliEnvironment& environment, Console& console) {
  ATTACHE_TRY(check_inputs(command.files));
  ATTACHE_ASSIGN(const ManifestOutput output, ManifestOutput::open(command.output, environment, console));
  ATTACHE_ASSIGN(const std::vector<std::int64_t> times, times_of(command));
  std::vector<AnyManifest> manifests;
  for (const std::string& file : command.files) {
    ATTACHE_ASSIGN(AnyManifest manifest, read_manifest(file, environment, command.chunk_size));
    manifests.push_back(std::move(manifest));
  }
  ATTACHE_ASSIGN(const Formatted result, merge_all(std::move(manifests), command, times));
  JsonWriter report;
  begin_report(report, command.files);
  // From the oldest to the newest, as they were laid over each other.
  std::vector<std::size_t> order(times.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return times[a] < times[b]; });
  report.key("order").begin_array();
  for (const std::size_t index : order) report.value(from_posix_bytes(command.files[index]));
  report.end_array();
  return deliver(result, output, console, report);
}

}  // namespace attache
