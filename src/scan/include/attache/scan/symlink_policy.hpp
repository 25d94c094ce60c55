#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace attache {

/// What to do with symbolic links in format v2025-12, which has them (spec 4.3). A link *escapes* if its text, resolved
/// lexically against the directory it lies in, leaves what is scanned; an absolute text that begins with the root's own
/// path does not. In a directory that was reached through a followed link, texts are resolved against the place where
/// it really lies. Whether anything is there does not matter: links that are kept may dangle.
enum class SymlinkPolicy : std::uint8_t {
  kCollapseEscaping,  ///< keep those inside, put what they lead to in the place of those that escape
  kCollapseAll,       ///< put what they lead to in the place of all
  kPreserve,          ///< keep all; those that escape are left out of a relative manifest, which cannot say them
  kTransitiveIncludeTargets,  ///< kPreserve, and what they lead to is included too, whatever the patterns say
  kExcludeAll,                ///< leave all out
  kExcludeEscaping,           ///< keep those inside, leave out those that escape
};

/// "collapse-escaping", ...: what command lines call it.
std::string_view to_string(SymlinkPolicy policy);
std::optional<SymlinkPolicy> parse_symlink_policy(std::string_view text);

enum class LinkAction : std::uint8_t { kFollow, kKeep, kKeepAndInclude, kExclude };
/// The truth table.
LinkAction link_action(SymlinkPolicy policy, bool escapes);

}  // namespace attache
