#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/paths/path_mapping.hpp>

#include "json_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace attache {

namespace {

using detail::JsonNode;
using Kind = JsonNode::Kind;

constexpr const char* kSubject = "path mapping rules";
constexpr const char* kFormRemedy =
    "write a JSON array of objects with the keys source_path_format, source_path and destination_path, or an object "
    "that holds it as path_mapping_rules";

template <typename... Args>
tl::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, "path mapping rules: " + fmt::format(format, std::forward<Args>(args)...),
              kFormRemedy);
}

Result<PathMappingRule> read_rule(const JsonNode& value, std::size_t index) {
  if (!value.is(Kind::kObject)) return refuse("rule {} is not an object", index);
  PathMappingRule rule;
  const std::array<std::pair<const char*, std::string*>, 3> fields = {{
      {"source_path_format", &rule.source_path_format},
      {"source_path", &rule.source_path},
      {"destination_path", &rule.destination_path},
  }};
  for (const detail::JsonMember& member : value.members) {
    if (std::none_of(fields.begin(), fields.end(), [&](const auto& field) { return member.key == field.first; })) {
      return refuse("rule {} has an unknown key '{}'", index, printable(member.key));
    }
  }
  for (const auto& [key, target] : fields) {
    const JsonNode* found = value.find(key);
    if (found == nullptr) return refuse("rule {} has no {}", index, key);
    if (!found->is(Kind::kString)) return refuse("{} of rule {} is not a string", key, index);
    // The system would take the path for one that ends there, and files would go to another directory.
    if (found->text.find('\0') != std::string::npos) {
      return refuse("{} of rule {} holds a NUL, which no path has", key, index);
    }
    *target = found->text;
  }
  return rule;
}

Result<std::vector<PathMappingRule>> read_rules(std::string_view json) {
  ATTACHE_ASSIGN(const JsonNode document, detail::parse_json(json, kSubject, kFormRemedy));
  const JsonNode* list = &document;
  if (document.is(Kind::kObject)) {
    list = document.find("path_mapping_rules");
    if (list == nullptr) return refuse("the object has no path_mapping_rules");
  }
  if (!list->is(Kind::kArray)) return refuse("not an array");
  std::vector<PathMappingRule> rules;
  rules.reserve(list->elements.size());
  for (std::size_t i = 0; i < list->elements.size(); ++i) {
    ATTACHE_ASSIGN(PathMappingRule rule, read_rule(list->elements[i], i));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace

Result<std::vector<PathMappingRule>> parse_mapping_rules(std::string_view json) {
  return detail::guarded([&] { return read_rules(json); });
}

std::string encode_mapping_rules(std::span<const PathMappingRule> rules) {
  std::string json = "[";
  for (const PathMappingRule& rule : rules) {
    json += json.size() == 1 ? "{" : ",{";
    detail::append_member(json, "source_path_format", rule.source_path_format);
    detail::append_member(json, "source_path", rule.source_path);
    detail::append_member(json, "destination_path", rule.destination_path);
    json += '}';
  }
  json += ']';
  return json;
}

}  // namespace attache
