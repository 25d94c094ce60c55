#include <attache/base/byte_size.hpp>
#include <attache/base/json_reader.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/scan/glob_config.hpp>

#include <utility>

namespace attache {

namespace {

using detail::JsonReader;
using detail::JsonValue;

constexpr std::uint64_t kMaxBytes = kMiB;

Error invalid(const std::string& what) {
  return Error(ErrorCode::kInvalidArgument, "the configuration of patterns " + what,
               R"(write it as {"include": ["**/*.exr"], "exclude": ["**/*.tmp"]}, as text or in a file)");
}

Error not_json() {
  return invalid("is not JSON");
}

bool is_json(std::string_view text) {
  JsonReader reader(text);
  JsonValue value;
  std::string scratch;
  return reader.read_value(value, scratch, 0) && reader.finish();
}

/// Reads a member's value to its end, also where it is wrong: another of the same name may follow, and counts.
Result<std::vector<std::string>> read_list(JsonReader& reader, std::string_view key) {
  JsonValue value;
  std::string scratch;
  if (reader.peek() != '[') {
    if (!reader.read_value(value, scratch, 1)) return fail(not_json());
    return fail(invalid("has an \"" + std::string(key) + "\" that is not a list"));
  }
  reader.enter();
  std::vector<std::string> texts;
  bool are_texts = true;
  for (bool first = true; reader.next_element(first);) {
    if (!reader.read_value(value, scratch, 2)) return fail(not_json());
    are_texts = are_texts && value.kind == JsonValue::Kind::kString;
    if (are_texts) texts.emplace_back(value.text);
  }
  if (!are_texts) return fail(invalid("has an \"" + std::string(key) + "\" with other than texts in it"));
  return texts;
}

}  // namespace

Result<GlobConfig> parse_glob_config(std::string_view json) {
  // First of all: a text that is no JSON may be the name of a file.
  if (!is_json(json)) return fail(not_json());
  JsonReader reader(json);
  if (reader.peek() != '{') return fail(invalid("is not a JSON object"));
  reader.enter();
  Result<std::vector<std::string>> include = GlobConfig().include;
  Result<std::vector<std::string>> exclude = GlobConfig().exclude;
  std::string_view key;
  for (bool first = true; reader.next_member(first, key);) {
    JsonValue value;
    std::string scratch;
    if (key == "include") {
      include = read_list(reader, "include");
    } else if (key == "exclude") {
      exclude = read_list(reader, "exclude");
    } else if (!reader.read_value(value, scratch, 1)) {
      return fail(not_json());
    }
  }
  GlobConfig result;
  ATTACHE_ASSIGN(result.include, std::move(include));
  ATTACHE_ASSIGN(result.exclude, std::move(exclude));
  return result;
}

Result<GlobConfig> read_glob_config(const std::string& text_or_path) {
  if (text_or_path.empty()) return GlobConfig{};
  // A path that is JSON as well would have to be in a folder named like `{"`.
  if (auto parsed = parse_glob_config(text_or_path); parsed || is_json(text_or_path)) return parsed;
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
