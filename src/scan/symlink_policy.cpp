#include <attache/scan/symlink_policy.hpp>

#include <array>
#include <utility>

namespace attache {

namespace {

constexpr std::array kPolicies{
    std::pair{SymlinkPolicy::kCollapseEscaping, std::string_view("collapse-escaping")},
    std::pair{SymlinkPolicy::kCollapseAll, std::string_view("collapse-all")},
    std::pair{SymlinkPolicy::kPreserve, std::string_view("preserve")},
    std::pair{SymlinkPolicy::kTransitiveIncludeTargets, std::string_view("transitive-include-targets")},
    std::pair{SymlinkPolicy::kExcludeAll, std::string_view("exclude-all")},
    std::pair{SymlinkPolicy::kExcludeEscaping, std::string_view("exclude-escaping")},
};

}  // namespace

std::string_view to_string(SymlinkPolicy policy) {
  for (const auto& [known, name] : kPolicies) {
    if (known == policy) return name;
  }
  return "unknown";
}

std::optional<SymlinkPolicy> parse_symlink_policy(std::string_view text) {
  for (const auto& [policy, name] : kPolicies) {
    if (name == text) return policy;
  }
  return std::nullopt;
}

LinkAction link_action(SymlinkPolicy policy, bool escapes) {
  switch (policy) {
    case SymlinkPolicy::kCollapseEscaping:
      return escapes ? LinkAction::kFollow : LinkAction::kKeep;
    case SymlinkPolicy::kCollapseAll:
      return LinkAction::kFollow;
    case SymlinkPolicy::kPreserve:
      return LinkAction::kKeep;
    case SymlinkPolicy::kTransitiveIncludeTargets:
      return LinkAction::kKeepAndInclude;
    case SymlinkPolicy::kExcludeAll:
      return LinkAction::kExclude;
    case SymlinkPolicy::kExcludeEscaping:
      return escapes ? LinkAction::kExclude : LinkAction::kKeep;
  }
  return LinkAction::kExclude;
}

}  // namespace attache
