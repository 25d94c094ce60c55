#include "paths_input.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include "manifest_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace attache {

namespace {

// A profile has a few locations, asset references may list each file of a job.
constexpr std::uint64_t kMaxProfileBytes = 16 * kMiB;
constexpr std::uint64_t kMaxReferencesBytes = kGiB;

template <typename T>
Result<T> read_as(const std::string& file, const CliEnvironment& environment, std::uint64_t max_bytes,
                  std::string_view what, const std::function<Result<T>(std::string_view)>& parse) {
  ATTACHE_ASSIGN(const std::string document, read_document(file, environment, max_bytes));
  Result<T> parsed = parse(document);
  if (parsed) return parsed;
  const Error error = parsed.error().within(fmt::format("{} {}", what, input_name(file)));
  return fail(ErrorCode::kInvalidManifest, error.message(), error.remedy());
}

}  // namespace

Result<StorageProfile> read_storage_profile(const std::string& file, const CliEnvironment& environment) {
  return read_as<StorageProfile>(file, environment, kMaxProfileBytes, "file", parse_storage_profile);
}

Result<AssetReferences> read_asset_references(const std::string& file, const CliEnvironment& environment) {
  return read_as<AssetReferences>(file, environment, kMaxReferencesBytes, "file", [](std::string_view json) {
    return parse_asset_references(json, PathFormat::kPosix);
  });
}

Result<std::vector<std::string>> read_paths(const std::vector<std::string>& arguments,
                                            const CliEnvironment& environment) {
  ATTACHE_TRY(check_inputs(arguments));
  std::vector<std::string> paths;
  for (const std::string& argument : arguments) {
    if (argument != "-") {
      paths.push_back(from_posix_bytes(argument));
      continue;
    }
    ATTACHE_ASSIGN(const std::string lines, read_document("-", environment));
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', begin), lines.size());
      std::string_view line(lines.data() + begin, end - begin);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty()) paths.push_back(from_posix_bytes(line));
      begin = end + 1;
    }
  }
  return paths;
}

Result<PathFormat> parse_system(std::string_view flag, const std::string& text) {
  if (const std::optional<PathFormat> format = parse_path_format(text)) return *format;
  return fail(ErrorCode::kInvalidArgument, fmt::format("{} '{}' is not known", flag, printable(text)),
              "use posix or windows");
}

std::string profile_label(const StorageProfile& profile) {
  const std::string facts = fmt::format("{}, {}", printable(profile.id), printable(profile.os_family));
  return profile.display_name.empty() ? facts : fmt::format("'{}' ({})", printable(profile.display_name), facts);
}

}  // namespace attache
