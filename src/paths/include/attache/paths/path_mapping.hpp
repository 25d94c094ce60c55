#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_format.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// "Files below `source_path` of the machine that made a manifest are below `destination_path` here." Texts as given;
/// `source_path_format` is "posix" or "windows" (checked by PathMapper), or empty for a rule made of a root directory.
struct PathMappingRule {
  std::string source_path_format;
  std::string source_path;
  std::string destination_path;
  friend bool operator==(const PathMappingRule&, const PathMappingRule&) = default;
};

/// Reads a rules file (incumbent formats, section 12): a JSON array of objects with exactly the three keys, each a
/// string, or an object that holds this array as `path_mapping_rules` (its other keys are ignored). kInvalidArgument
/// names the rule by its index, from 0, and the key. Of duplicate keys the last counts. Texts are WTF-8: a
/// lone surrogate escape is what Python writes for a name that is not UTF-8.
Result<std::vector<PathMappingRule>> parse_mapping_rules(std::string_view json);

/// The array that parse_mapping_rules reads, ASCII, without white space.
std::string encode_mapping_rules(std::span<const PathMappingRule> rules);

/// Applies path mapping rules: the rule whose source is the longest prefix of a path, by whole components, replaces
/// that prefix. Windows sources compare without case. Of rules with one source the last counts; a rule with an empty
/// source never matches. Immutable after create(), cheap to move; any number of threads may use one.
class PathMapper {
 public:
  /// `host` is the format of destinations and results. kInvalidArgument if the rules' formats are not all "posix" or
  /// all "windows". No rules are allowed: then no path is mapped.
  static Result<PathMapper> create(std::span<const PathMappingRule> rules, PathFormat host);
  PathMapper(PathMapper&&) noexcept;
  PathMapper& operator=(PathMapper&&) noexcept;
  ~PathMapper();

  /// The path on this host: the destination, in normal form, followed by the remaining components as written; nothing
  /// if no rule applies. `..` components stay. kInvalidArgument if a remaining component has a meaning of its own here
  /// that would discard the destination (`C:x` or `\x` out of a POSIX path on Windows). O(length of path).
  Result<std::optional<std::string>> map(std::string_view path) const;

  /// The same, and the index of the rule that applied.
  struct Mapped {
    std::string path;
    std::size_t rule = 0;
  };
  Result<std::optional<Mapped>> map_by_rule(std::string_view path) const;

  /// The format of the sources; that of the host if there are no rules.
  PathFormat source_format() const { return source_; }
  PathFormat host_format() const { return host_; }

 private:
  struct Node;
  PathMapper(std::vector<Node> nodes, PathFormat source, PathFormat host);
  std::vector<Node> nodes_;  // the first is the root
  PathFormat source_;
  PathFormat host_;
};

}  // namespace attache
