#include "download_jobs.hpp"

#include <attache/base/include_filters.hpp>
#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/paths/rule_choice.hpp>

#include "byte_count.hpp"
#include "documents.hpp"
#include "group_name.hpp"
#include "manifest_input.hpp"

#include <algorithm>
#include <memory>
#include <utility>

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

/// "640", "0640", "0o640"; empty: 0.
Result<std::uint32_t> parse_mode(const std::string& text, const char* option) {
  std::string_view digits = text;
  if (digits.starts_with("0o") || digits.starts_with("0O")) digits.remove_prefix(2);
  if (text.empty()) return 0;
  if (const auto mode = parse_number<std::uint32_t>(digits, 8); mode && *mode <= 07777) return *mode;
  return fail(ErrorCode::kInvalidArgument, "'" + printable(text) + "' is no mode for " + option,
              "give the bits that are to be added as an octal number, such as 0640");
}

Result<std::optional<std::uint32_t>> parse_group(const std::string& text) {
  if (text.empty()) return std::nullopt;
  if (const auto known = group_of_name(text)) return known;
  if (const auto number = parse_number<std::uint32_t>(text); number && *number != UINT32_MAX) return number;
  return fail(ErrorCode::kInvalidArgument, "there is no group '" + printable(text) + "'",
              "give --group the name of a group of this system, or its number");
}

Result<std::uint64_t> parse_cache_size(const std::string& text, std::uint64_t if_empty) {
  if (text.empty()) return if_empty;
  if (const auto bytes = parse_byte_count(text)) return *bytes;
  return fail(ErrorCode::kInvalidArgument, "'" + printable(text) + "' is no size for --object-cache-size",
              "give a number of bytes, or one with a unit such as 50GiB (KiB, MiB, GiB)");
}

/// A manifest without a rule goes to `<current directory>/<its name>` (incumbent formats, section 12). Where the
/// manifest itself lies there, that is no directory: better said before anything is fetched.
Status check_destination(const std::string& destination) {
  if (!File::open_for_reading(to_posix_bytes(destination).value_or(destination))) return {};
  return fail(ErrorCode::kAlreadyExists, "the destination '" + printable(destination) + "' is a file",
              "run the command in another directory, or say with --path-mapping-rules where the files go");
}

/// Where the journals of downloads are: `$XDG_STATE_HOME/attache/downloads`, else `~/.local/state/attache/downloads`;
/// empty, which means the destination, without a home.
std::string journal_directory(const CliEnvironment& environment) {
  // The XDG rules: a relative or empty value counts as not set.
  if (const auto state = environment.variable("XDG_STATE_HOME"); state && state->starts_with('/')) {
    return *state + "/attache/downloads";
  }
  if (const auto home = environment.variable("HOME"); home && home->starts_with('/')) {
    return *home + "/.local/state/attache/downloads";
  }
  return {};
}

/// `select` of the filters for one destination; an empty one if there are none.
Result<std::function<bool(std::string_view)>> selection(const std::vector<std::string>& include,
                                                        const std::string& destination) {
  std::vector<std::string> filters;
  filters.reserve(include.size());
  for (const std::string& filter : include) filters.push_back(from_posix_bytes(filter));
  // As the incumbent's: --include "" is no filter.
  if (normalize_include_filters(filters).empty()) return std::function<bool(std::string_view)>();
  const std::vector<std::vector<std::string>> groups{std::move(filters)};
  ATTACHE_ASSIGN(IncludeFilters compiled, IncludeFilters::compile(groups));
  const auto shared = std::make_shared<const IncludeFilters>(std::move(compiled));
  return std::function<bool(std::string_view)>(
      [shared, destination](std::string_view path) { return shared->matches(destination, path); });
}

}  // namespace

Result<std::vector<DownloadJob>> download_jobs(const DownloadCommand& command, const CliEnvironment& environment) {
  DownloadOptions common;
  ATTACHE_ASSIGN(common.conflict, parse_conflict_resolution(command.conflict_resolution));
  ATTACHE_ASSIGN(common.permissions.group, parse_group(command.group));
  ATTACHE_ASSIGN(common.permissions.file_mode, parse_mode(command.file_mode, "--file-mode"));
  ATTACHE_ASSIGN(common.permissions.directory_mode, parse_mode(command.dir_mode, "--dir-mode"));
  ATTACHE_ASSIGN(common.chunk_size, parse_chunk_size(command.chunk_size));
  ATTACHE_ASSIGN(common.object_cache_bytes, parse_cache_size(command.object_cache_size, common.object_cache_bytes));
  common.object_cache = command.object_cache;
  common.directory = from_posix_bytes(command.directory);
  common.apply_deletions = command.apply_deletions;
  common.verify = command.verify;
  common.journal = !command.no_resume;
  common.journal_directory = journal_directory(environment);

  std::vector<DownloadJob> jobs;
  std::vector<std::string> names;
  for (const std::string& path : command.manifests) {
    ATTACHE_ASSIGN(AnyManifest manifest, read_manifest(path, environment, command.chunk_size));
    const std::size_t slash = path.rfind('/');
    std::string name = from_posix_bytes(slash == std::string::npos ? path : path.substr(slash + 1));
    names.push_back(name);
    jobs.push_back({path, std::move(name), std::move(manifest), {}, common});
  }
  std::vector<PathMappingRule> rules;
  if (!command.path_mapping_rules.empty()) {
    ATTACHE_ASSIGN(rules, read_rules_file(command.path_mapping_rules));
  }
  ATTACHE_ASSIGN(
      const std::vector<std::string> destinations,
      choose_download_destinations(names, rules, from_posix_bytes(environment.current_directory), PathFormat::kPosix));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    std::string destination = destinations[i];
    // A rule's may be relative: to where the command runs.
    if (!destination.starts_with('/')) {
      destination = join_path(from_posix_bytes(environment.current_directory), destination);
    }
    ATTACHE_TRY(check_destination(destination));
    if (!rules.empty()) {
      ATTACHE_ASSIGN(const std::optional<PathMappingRule> rule, choose_rule(names[i], rules));
      jobs[i].lacks_rule = !rule;
    }
    jobs[i].options.destination = to_posix_bytes(destination).value_or(destination);
    ATTACHE_ASSIGN(jobs[i].options.select, selection(command.include, destination));
    jobs[i].destination = std::move(destination);
  }
  return jobs;
}

}  // namespace attache
