#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/path_mapping.hpp>

#include <functional>
#include <map>
#include <utility>

namespace attache {

// One component of source paths; the children by comparison key, as indexes: a path of a million components would take
// a million calls to destroy if nodes held each other.
struct PathMapper::Node {
  std::map<std::string, std::size_t, std::less<>> children;
  std::optional<PathParts> destination;
  std::size_t rule = 0;
};

namespace {

// The parts of a source path by which rules compare. The anchor is a part of its own: `/a` is not below `a`.
std::vector<std::string> keys_of(PathFormat format, const PathParts& parts) {
  std::vector<std::string> keys;
  keys.reserve(parts.components.size() + 1);
  if (!parts.anchor.empty()) keys.push_back(comparison_key(format, parts.anchor));
  for (const std::string& component : parts.components) keys.push_back(comparison_key(format, component));
  return keys;
}

}  // namespace

PathMapper::PathMapper(std::vector<Node> nodes, PathFormat source, PathFormat host)
    : nodes_(std::move(nodes)), source_(source), host_(host) {}
PathMapper::PathMapper(PathMapper&&) noexcept = default;
PathMapper& PathMapper::operator=(PathMapper&&) noexcept = default;
PathMapper::~PathMapper() = default;

Result<PathMapper> PathMapper::create(std::span<const PathMappingRule> rules, PathFormat host) {
  return detail::guarded([&]() -> Result<PathMapper> {
    std::vector<Node> nodes(1);
    PathFormat source = host;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const PathMappingRule& rule = rules[i];
      const std::optional<PathFormat> format = parse_path_format(rule.source_path_format);
      if (!format) {
        return fail(ErrorCode::kInvalidArgument,
                    "path mapping rule " + std::to_string(i) + ": unknown source_path_format '" +
                        printable(rule.source_path_format) + "'",
                    "write posix or windows");
      }
      if (i == 0) source = *format;
      if (*format != source) {
        return fail(ErrorCode::kInvalidArgument,
                    "path mapping rule " + std::to_string(i) + ": source_path_format is " +
                        std::string(to_string(*format)) + ", that of the rules before it " +
                        std::string(to_string(source)),
                    "give only rules for the system that made the paths");
      }
      std::size_t node = 0;
      for (std::string& key : keys_of(source, split_path(source, rule.source_path))) {
        const auto [child, is_new] = nodes[node].children.emplace(std::move(key), nodes.size());
        node = child->second;
        if (is_new) nodes.emplace_back();
      }
      nodes[node].destination = split_path(host, rule.destination_path);
      nodes[node].rule = i;
    }
    return PathMapper(std::move(nodes), source, host);
  });
}

Result<std::optional<std::string>> PathMapper::map(std::string_view path) const {
  ATTACHE_ASSIGN(std::optional<Mapped> mapped, map_by_rule(path));
  if (!mapped) return std::nullopt;
  return std::move(mapped->path);
}

Result<std::optional<PathMapper::Mapped>> PathMapper::map_by_rule(std::string_view path) const {
  return detail::guarded([&]() -> Result<std::optional<Mapped>> {
    const PathParts parts = split_path(source_, path);
    const std::size_t anchors = parts.anchor.empty() ? 0 : 1;
    const std::vector<std::string> keys = keys_of(source_, parts);

    // A destination at the root of the tree belongs to a rule with an empty source, which never matches.
    const Node* node = nodes_.data();
    const Node* best = nullptr;
    std::size_t matched = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto child = node->children.find(keys[i]);
      if (child == node->children.end()) break;
      node = &nodes_[child->second];
      if (node->destination) {
        best = node;
        matched = i + 1;
      }
    }
    if (best == nullptr) return std::nullopt;

    PathParts mapped = *best->destination;
    for (std::size_t i = matched - anchors; i < parts.components.size(); ++i) {
      PathParts component = split_path(host_, parts.components[i]);
      if (!component.anchor.empty()) {
        return fail(ErrorCode::kInvalidArgument,
                    "path '" + printable(path) + "': component '" + printable(parts.components[i]) +
                        "' would leave the destination '" + printable(join_path(host_, *best->destination)) + "'",
                    "rename it on the machine the path comes from, or map the path on a system like that one");
      }
      for (std::string& name : component.components) mapped.components.push_back(std::move(name));
    }
    return Mapped{join_path(host_, mapped), best->rule};
  });
}

}  // namespace attache
