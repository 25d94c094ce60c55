#include <attache/base/guarded.hpp>
#include <attache/base/lower_case.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/mapping_explanation.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace attache {

namespace {

using Parts = std::vector<std::string>;

Parts parts_of(PathFormat format, std::string_view path) {
  PathParts split = split_path(format, path);
  Parts parts;
  if (!split.anchor.empty()) parts.push_back(std::move(split.anchor));
  std::move(split.components.begin(), split.components.end(), std::back_inserter(parts));
  return parts;
}

bool same(PathFormat format, const std::string& a, const std::string& b) {
  return comparison_key(format, a) == comparison_key(format, b);
}

bool same_parts(PathFormat format, const Parts& a, const Parts& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](const std::string& x, const std::string& y) { return same(format, x, y); });
}

bool has_anchor(PathFormat format, std::string_view path) {
  return !split_path(format, path).anchor.empty();
}

// A rule by itself: kApplied stands for "the path is below its source".
RuleOutcome compare(PathFormat format, const Parts& source, bool anchored, const Parts& path, bool path_anchored) {
  RuleOutcome outcome;
  if (source.empty()) return outcome;
  const std::size_t limit = std::min(source.size(), path.size());
  while (outcome.shared < limit && same(format, source[outcome.shared], path[outcome.shared])) ++outcome.shared;
  if (outcome.shared == source.size()) {
    outcome.verdict = RuleVerdict::kApplied;
    return outcome;
  }
  outcome.expected = source[outcome.shared];
  if (outcome.shared == 0 && (anchored || path_anchored)) {
    outcome.verdict = RuleVerdict::kOtherAnchor;
    if (!path.empty()) outcome.found = path.front();
    return outcome;
  }
  if (outcome.shared == path.size()) {
    outcome.verdict = RuleVerdict::kPathEnds;
    return outcome;
  }
  outcome.found = path[outcome.shared];
  outcome.verdict = lower_case(outcome.expected) == lower_case(outcome.found) ? RuleVerdict::kDifferentCase
                                                                              : RuleVerdict::kDifferentName;
  return outcome;
}

std::string hint_for(PathFormat source, std::string_view path) {
  if (source == PathFormat::kPosix) {
    const std::string anchor = split_path(PathFormat::kWindows, path).anchor;
    if (anchor.size() > 1 && path.find('\\') != std::string_view::npos) {
      return "it looks like a Windows path, but the rules are for posix paths";
    }
    return path.starts_with('/') ? "" : "it is relative: rules are made of absolute paths";
  }
  if (path.starts_with('/') && !path.starts_with("//")) {
    return "it looks like a posix path, but the rules are for Windows paths";
  }
  return is_absolute_path(source, path) ? "" : "it is relative: rules are made of absolute paths";
}

MappingExplanation explain(const PathMapper& mapper, std::span<const PathMappingRule> rules, std::string_view path,
                           std::optional<PathMapper::Mapped>&& mapped) {
  const PathFormat format = mapper.source_format();
  MappingExplanation result;
  if (mapped) {
    result.result = std::move(mapped->path);
    result.rule = mapped->rule;
  }
  const Parts parts = parts_of(format, path);
  const bool anchored = has_anchor(format, path);
  const Parts applied = mapped ? parts_of(format, rules[mapped->rule].source_path) : Parts();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const Parts source = parts_of(format, rules[i].source_path);
    RuleOutcome outcome = compare(format, source, has_anchor(format, rules[i].source_path), parts, anchored);
    outcome.rule = i;
    if (outcome.verdict == RuleVerdict::kApplied && mapped && i != mapped->rule) {
      outcome.other = mapped->rule;
      outcome.verdict = same_parts(format, source, applied) ? RuleVerdict::kOverridden : RuleVerdict::kShorter;
    }
    result.outcomes.push_back(std::move(outcome));
  }
  if (std::find(parts.begin(), parts.end(), "..") != parts.end()) {
    result.hint = "it has '..', which no rule resolves: give the path without";
  } else if (!mapped && !rules.empty()) {
    result.hint = hint_for(format, path);
  }
  return result;
}

}  // namespace

std::string_view to_string(RuleVerdict verdict) {
  switch (verdict) {
    case RuleVerdict::kApplied:
      return "applied";
    case RuleVerdict::kShorter:
      return "shorter";
    case RuleVerdict::kOverridden:
      return "overridden";
    case RuleVerdict::kEmptySource:
      return "empty-source";
    case RuleVerdict::kOtherAnchor:
      return "other-anchor";
    case RuleVerdict::kDifferentName:
      return "different-name";
    case RuleVerdict::kDifferentCase:
      return "different-case";
    case RuleVerdict::kPathEnds:
      return "path-ends";
  }
  return "unknown";
}

Result<MappingExplanation> explain_mapping(const PathMapper& mapper, std::span<const PathMappingRule> rules,
                                           std::string_view path) {
  return detail::guarded([&]() -> Result<MappingExplanation> {
    ATTACHE_ASSIGN(std::optional<PathMapper::Mapped> mapped, mapper.map_by_rule(path));
    return explain(mapper, rules, path, std::move(mapped));
  });
}

std::string describe(const RuleOutcome& outcome, PathFormat source_format) {
  const std::string expected = printable(outcome.expected);
  const std::string found = printable(outcome.found);
  switch (outcome.verdict) {
    case RuleVerdict::kApplied:
      return "applied: the longest source that the path is below";
    case RuleVerdict::kShorter:
      return fmt::format("matches, but the source of rule {} is longer", outcome.other);
    case RuleVerdict::kOverridden:
      return fmt::format("matches, but rule {} comes later and has the same source", outcome.other);
    case RuleVerdict::kEmptySource:
      return "never matches: it has no source path";
    case RuleVerdict::kOtherAnchor:
      if (found.empty()) return fmt::format("does not match: the path does not begin with '{}'", expected);
      return fmt::format("does not match: the path begins with '{}', not with '{}'", found, expected);
    case RuleVerdict::kDifferentName:
      return fmt::format("does not match: the path has '{}' where the source has '{}'", found, expected);
    case RuleVerdict::kDifferentCase:
      return fmt::format("does not match: the path has '{}' where the source has '{}', and case counts in {} paths",
                         found, expected, to_string(source_format));
    case RuleVerdict::kPathEnds:
      return fmt::format("does not match: the path ends where the source goes on with '{}'", expected);
  }
  return "unknown";
}

std::vector<SharedDestination> shared_destinations(std::span<const PathMappingRule> rules, PathFormat source,
                                                   PathFormat host) {
  const auto key_of = [](PathFormat format, std::string_view path) {
    return comparison_key(format, normalise_path(format, path));
  };
  std::map<std::string, std::size_t> counts;  // source -> the rule that counts: the last
  for (std::size_t i = 0; i < rules.size(); ++i) counts.insert_or_assign(key_of(source, rules[i].source_path), i);

  std::map<std::string, std::size_t> first;  // destination -> the first rule to it
  std::vector<SharedDestination> shared;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string from = key_of(source, rules[i].source_path);
    if (from == "." || counts.at(from) != i) continue;
    const auto [known, is_new] = first.emplace(key_of(host, rules[i].destination_path), i);
    if (!is_new) shared.push_back({known->second, i, normalise_path(host, rules[i].destination_path)});
  }
  return shared;
}

}  // namespace attache
