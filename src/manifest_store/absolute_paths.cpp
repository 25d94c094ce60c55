#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest_store/absolute_paths.hpp>
#include <attache/paths/lexical.hpp>

#include "lexical_path.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kSessionDigits = 32;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_decimal(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether this system can have such a path: halves of surrogate pairs that stand for no byte have none on POSIX.
bool can_be(PathFormat host, std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  return host != PathFormat::kPosix || to_posix_bytes(path).has_value();
}

/// Where a file is here; nothing if there is no place for it.
Result<std::optional<std::string>> place_of(const std::string& absolute, std::string_view root,
                                            const AbsolutePathsOptions& options) {
  if (options.mapper != nullptr) return options.mapper->map(absolute);
  if (!can_be(options.host, root) || !can_be(options.host, absolute)) return std::nullopt;
  if (!is_absolute_path(options.host, root) || !is_path_within(options.host, absolute, root)) return std::nullopt;
  return absolute;
}

Result<AbsolutePaths> make_all_absolute(const Manifest& manifest, std::string_view root,
                                        const AbsolutePathsOptions& options) {
  // Without a mapping the paths are read as this system reads them.
  const PathFormat source = options.mapper != nullptr ? options.source : options.host;
  AbsolutePaths result;
  ManifestBuilder builder;
  for (const ManifestEntry& entry : manifest) {
    std::string absolute = join_lexically(source, root, entry.path);
    ATTACHE_ASSIGN(const std::optional<std::string> place, place_of(absolute, root, options));
    if (!place) {
      result.unmapped.push_back(std::move(absolute));
      continue;
    }
    ATTACHE_TRY(builder.add(*place, entry.hash, entry.size, entry.mtime_us));
  }
  ATTACHE_ASSIGN(result.manifest, std::move(builder).build());
  return result;
}

Result<Manifest> merge_all(std::span<const Timed<Manifest>> manifests, PathFormat host) {
  std::vector<Timed<Manifest>> ordered(manifests.begin(), manifests.end());
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const Timed<Manifest>& a, const Timed<Manifest>& b) { return a.time < b.time; });
  std::vector<ManifestEntry> entries;
  std::unordered_map<std::string, std::size_t> place_of_path;
  for (const Timed<Manifest>& each : ordered) {
    for (const ManifestEntry& entry : *each.manifest) {
      std::string key(entry.path);
      if (host == PathFormat::kWindows) {
        key = comparison_key(host, key);
        std::replace(key.begin(), key.end(), '/', '\\');
      }
      const auto [place, is_new] = place_of_path.emplace(std::move(key), entries.size());
      if (is_new) {
        entries.push_back(entry);
      } else {
        entries[place->second] = entry;
      }
    }
  }
  ManifestBuilder builder;
  for (const ManifestEntry& entry : entries) {
    ATTACHE_TRY(builder.add(entry.path, entry.hash, entry.size, entry.mtime_us));
  }
  return std::move(builder).build();
}

}  // namespace

Result<AbsolutePaths> make_paths_absolute(const Manifest& manifest, std::string_view root,
                                          const AbsolutePathsOptions& options) {
  return detail::guarded([&] { return make_all_absolute(manifest, root, options); });
}

Result<Manifest> merge_absolute(std::span<const Timed<Manifest>> manifests, PathFormat host) {
  return detail::guarded([&] { return merge_all(manifests, host); });
}

std::optional<std::string> task_id_of_key(std::string_view key) {
  constexpr std::string_view kManifests = "/Manifests/";
  if (const std::size_t at = key.find(kManifests); at != std::string_view::npos) key.remove_prefix(at);
  std::string_view before;
  for (std::size_t slash = key.find('/'); slash != std::string_view::npos; slash = key.find('/')) {
    const std::string_view component = key.substr(0, slash);
    const auto is_of = [](std::string_view kind, std::string_view id) {
      return id.size() > kind.size() && id.starts_with(kind);
    };
    if (is_of("step-", before) && is_of("task-", component)) return std::string(component);
    before = component;
    key.remove_prefix(slash + 1);
  }
  return std::nullopt;
}

Result<std::string> session_id_of(std::string_view session_action_id) {
  constexpr std::string_view kKind = "sessionaction-";
  std::string_view rest = session_action_id;
  if (rest.starts_with(kKind)) {
    rest.remove_prefix(kKind.size());
    if (rest.size() > kSessionDigits && is_hex(rest.substr(0, kSessionDigits)) && rest[kSessionDigits] == '-' &&
        is_decimal(rest.substr(kSessionDigits + 1))) {
      return "session-" + std::string(rest.substr(0, kSessionDigits));
    }
  }
  return fail(ErrorCode::kInvalidArgument, "'" + printable(session_action_id) + "' is not the id of a session action",
              "write sessionaction-, 32 lower-case hex digits, a dash, and a number");
}

}  // namespace attache
