#include <attache/base/text.hpp>
#include <attache/manifest_store/match_roots.hpp>
#include <attache/paths/names.hpp>

#include <utility>

namespace attache {

namespace {

/// `sessionaction-<id>-<n>`: three parts, none empty.
bool is_session_action(std::string_view id) {
  constexpr std::string_view kKind = "sessionaction-";
  if (!id.starts_with(kKind)) return false;
  id.remove_prefix(kKind.size());
  const std::size_t dash = id.find('-');
  return dash != std::string_view::npos && dash > 0 && dash + 1 < id.size() &&
         id.find('-', dash + 1) == std::string_view::npos;
}

}  // namespace

Result<RootMatcher> RootMatcher::create(std::span<const JobRoot> roots) {
  RootMatcher matcher;
  for (const JobRoot& root : roots) {
    ATTACHE_ASSIGN(const std::string name, output_manifest_name(root.location, root.root_path));
    matcher.index_of_.emplace(name.substr(0, Digest::kHexDigits), matcher.size_++);
  }
  return matcher;
}

std::optional<std::size_t> RootMatcher::find(std::string_view name) const {
  // Anywhere in the name: what stands around the hash has changed with time.
  for (std::size_t at = 0; at + Digest::kHexDigits <= name.size(); ++at) {
    const auto found = index_of_.find(name.substr(at, Digest::kHexDigits));
    if (found != index_of_.end()) return found->second;
  }
  return std::nullopt;
}

Result<std::map<std::string, KeysByRoot>> match_outputs(std::span<const ListedManifest> listing,
                                                        std::string_view job_prefix, std::span<const JobRoot> roots) {
  ATTACHE_ASSIGN(const RootMatcher matcher, RootMatcher::create(roots));
  std::map<std::string, KeysByRoot> matched;
  for (const std::size_t index : select_outputs(listing, job_prefix).indexes) {
    const std::string& key = listing[index].key;
    const std::optional<OutputKey> parsed = parse_output_key(key, job_prefix);
    if (!parsed || !is_session_action(parsed->session_action)) {
      return fail(ErrorCode::kInvalidManifest,
                  "the key of the output manifest '" + printable(key) + "' names no session action",
                  "check what was stored there: workers name their session action in the folder");
    }
    const std::optional<std::size_t> root = matcher.find(parsed->name);
    if (!root) {
      return fail(ErrorCode::kInvalidManifest,
                  "the output manifest '" + printable(key) + "' belongs to none of the job's " +
                      std::to_string(roots.size()) + " asset roots",
                  "check that the attachments are those of this job");
    }
    KeysByRoot& keys = matched.try_emplace(std::string(parsed->session_action), roots.size()).first->second;
    keys[*root] = key;
  }
  return matched;
}

}  // namespace attache
