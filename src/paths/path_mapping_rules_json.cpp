#include <attache/base/text.hpp>
#include <attache/paths/path_mapping.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace attache {

namespace {

using Json = nlohmann::json;

constexpr const char* kFormRemedy =
    "write a JSON array of objects with the keys source_path_format, source_path and destination_path, or an object "
    "that holds it as path_mapping_rules";

template <typename... Args>
tl::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInvalidArgument, "path mapping rules: " + fmt::format(format, std::forward<Args>(args)...),
              kFormRemedy);
}

Result<PathMappingRule> read_rule(const Json& value, std::size_t index) {
  if (!value.is_object()) return refuse("rule {} is not an object", index);
  PathMappingRule rule;
  const std::array<std::pair<const char*, std::string*>, 3> fields = {{
      {"source_path_format", &rule.source_path_format},
      {"source_path", &rule.source_path},
      {"destination_path", &rule.destination_path},
  }};
  for (const auto& item : value.items()) {
    if (std::none_of(fields.begin(), fields.end(), [&](const auto& field) { return item.key() == field.first; })) {
      return refuse("rule {} has an unknown key '{}'", index, printable(item.key()));
    }
  }
  for (const auto& [key, target] : fields) {
    const auto found = value.find(key);
    if (found == value.end()) return refuse("rule {} has no {}", index, key);
    if (!found->is_string()) return refuse("{} of rule {} is not a string", key, index);
    *target = found->get_ref<const std::string&>();
  }
  return rule;
}

std::string place(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  return fmt::format("line {}, column {}", line, before.size() - (before.rfind('\n') + 1) + 1);  // npos + 1 is 0
}

}  // namespace

Result<std::vector<PathMappingRule>> parse_mapping_rules(std::string_view json) {
  Json document;
  try {
    document = Json::parse(json.begin(), json.end());
  } catch (const Json::parse_error& error) {
    return refuse("not JSON in {}", place(json, error.byte));
  } catch (const Json::exception&) {  // a number that no double holds
    return refuse("not usable as JSON");
  }
  const Json* list = &document;
  if (document.is_object()) {
    const auto found = document.find("path_mapping_rules");
    if (found == document.end()) return refuse("the object has no path_mapping_rules");
    list = &*found;
  }
  if (!list->is_array()) return refuse("not an array");
  std::vector<PathMappingRule> rules;
  rules.reserve(list->size());
  for (std::size_t i = 0; i < list->size(); ++i) {
    ATTACHE_ASSIGN(PathMappingRule rule, read_rule((*list)[i], i));
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace attache
