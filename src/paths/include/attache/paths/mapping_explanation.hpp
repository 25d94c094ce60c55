#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_mapping.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// What became of one rule when a path was mapped.
enum class RuleVerdict {
  kApplied,        ///< its source is the longest that the path is below
  kShorter,        ///< the path is below its source, but that of the rule that applied is longer
  kOverridden,     ///< its source is that of a later rule, which counts
  kEmptySource,    ///< a rule without a source matches nothing
  kOtherAnchor,    ///< another drive, share or root, or one of the two is relative
  kDifferentName,  ///< a component differs
  kDifferentCase,  ///< a component differs in case only, which counts on POSIX
  kPathEnds,       ///< the path is above its source
};

/// A stable name in kebab case: what JSON output calls the verdict.
std::string_view to_string(RuleVerdict verdict);

struct RuleOutcome {
  std::size_t rule = 0;  ///< its index
  RuleVerdict verdict = RuleVerdict::kEmptySource;
  std::size_t shared = 0;  ///< parts (the anchor is one) of the source that the path begins with
  std::size_t other = 0;   ///< kShorter, kOverridden: the rule that counts instead
  std::string expected;    ///< kOtherAnchor, kDifferent..., kPathEnds: the part of the source that did not match
  std::string found;       ///< what the path has there; empty for kPathEnds
};

/// Why a path was mapped as it was, or was not.
struct MappingExplanation {
  std::optional<std::string> result;  ///< as PathMapper::map() gives it
  std::optional<std::size_t> rule;    ///< the index of the rule that applied
  std::vector<RuleOutcome> outcomes;  ///< one for each rule, in order
  /// What is odd about the path itself: `..` in it, which stays; of one that no rule applied to, that it is relative or
  /// has the form of another system: "it looks like a Windows path, but the rules are for posix paths". Empty: nothing.
  std::string hint;
};

/// `rules` are those that `mapper` was made of. Errors are those of PathMapper::map(). O(rules * length of path): for
/// people, one path at a time.
Result<MappingExplanation> explain_mapping(const PathMapper& mapper, std::span<const PathMappingRule> rules,
                                           std::string_view path);

/// An outcome in words, without the rule itself: "does not match: 'Proj' is not 'proj' (case counts in posix paths)".
std::string describe(const RuleOutcome& outcome, PathFormat source_format);

/// Rules that lead to one directory on the host, by the rules' indices: files of both sources would meet there. Rules
/// that are overridden do not count, nor do those without a source.
struct SharedDestination {
  std::size_t first = 0;
  std::size_t second = 0;
  std::string destination;  ///< in normal form
};
std::vector<SharedDestination> shared_destinations(std::span<const PathMappingRule> rules, PathFormat source,
                                                   PathFormat host);

}  // namespace attache
