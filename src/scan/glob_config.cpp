#include <attache/base/byte_size.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/scan/glob_config.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace attache {

namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxBytes = kMiB;

Error invalid(const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "the configuration of patterns " + what,
               R"(write it as {"include": ["**/*.exr"], "exclude": ["**/*.tmp"]}, as text or in a file)");
}

Status read_list(const Json& config, const char* key, std::vector<std::string>& out) {
  const auto member = config.find(key);
  if (member == config.end()) return {};
  out.clear();
  if (!member->is_array()) return fail(invalid("has an \"" + std::string(key) + "\" that is not a list"));
  for (const Json& pattern : *member) {
    if (!pattern.is_string()) return fail(invalid("has an \"" + std::string(key) + "\" with other than texts in it"));
    out.push_back(pattern.get<std::string>());
  }
  return {};
}

}  // namespace

Result<GlobConfig> parse_glob_config(std::string_view json) {
  const Json config = Json::parse(json, nullptr, false);
  if (config.is_discarded()) return fail(invalid("is not JSON"));
  if (!config.is_object()) return fail(invalid("is not a JSON object"));
  GlobConfig result;
  ATTACHE_TRY(read_list(config, "include", result.include));
  ATTACHE_TRY(read_list(config, "exclude", result.exclude));
  return result;
}

Result<GlobConfig> read_glob_config(const std::string& text_or_path) {
  if (text_or_path.empty()) return GlobConfig{};
  // A path that is JSON as well would have to be in a folder named like `{"`.
  if (auto parsed = parse_glob_config(text_or_path); parsed || Json::accept(text_or_path)) return parsed;
  auto text = read_file(text_or_path, kMaxBytes);
  if (!text) {
    if (text.error().code() == ErrorCode::kNotFound) {
      return fail(invalid("is neither JSON nor the name of a file: " + quoted_path(text_or_path)));
    }
    return fail(std::move(text).error());
  }
  auto parsed = parse_glob_config(*text);
  if (!parsed) return fail(parsed.error().within(quoted_path(text_or_path)));
  return parsed;
}

}  // namespace attache
