#include "json_document.hpp"

#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>
#include <attache/base/text_place.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace attache::detail {

namespace {

using Kind = JsonValue::Kind;

// The reader bounds the depth of what it passes over; here each level is a call, so it is bounded again.
class TreeReader {
 public:
  explicit TreeReader(std::string_view json) : reader_(json) {}

  bool read(JsonNode& node) { return read_value(node, 0) && reader_.finish(); }
  const JsonReader::Failure& failure() const { return too_deep_ ? deep_ : reader_.failure(); }

 private:
  bool read_value(JsonNode& node, unsigned depth) {
    const char first = reader_.peek();
    if (first != '{' && first != '[') {
      JsonValue value;
      if (!reader_.read_value(value, scratch_, depth)) return false;
      node.kind = value.kind;
      if (value.kind == Kind::kString) node.text = value.text;
      return true;
    }
    if (depth >= kMaxNesting) {
      too_deep_ = true;
      deep_ = {JsonFault::kNesting, reader_.offset(), "more than 64 nested levels"};
      return false;
    }
    reader_.enter();
    return first == '{' ? read_members(node, depth + 1) : read_elements(node, depth + 1);
  }

  bool read_members(JsonNode& node, unsigned depth) {
    node.kind = Kind::kObject;
    std::string_view key;
    for (bool first = true; reader_.next_member(first, key);) {
      node.members.push_back({std::string(key), JsonNode()});
      if (!read_value(node.members.back().value, depth)) return false;
    }
    return !reader_.failed();
  }

  bool read_elements(JsonNode& node, unsigned depth) {
    node.kind = Kind::kArray;
    for (bool first = true; reader_.next_element(first);) {
      node.elements.emplace_back();
      if (!read_value(node.elements.back(), depth)) return false;
    }
    return !reader_.failed();
  }

  JsonReader reader_;
  std::string scratch_;
  bool too_deep_ = false;
  JsonReader::Failure deep_;
};

void begin_member(std::string& json, std::string_view key) {
  if (!json.ends_with('{')) json += ',';
  append_json_string(json, key);
  json += ':';
}

}  // namespace

const JsonNode* JsonNode::find(std::string_view key) const {
  const auto found =
      std::find_if(members.rbegin(), members.rend(), [key](const JsonMember& member) { return member.key == key; });
  return found == members.rend() ? nullptr : &found->value;
}

Result<JsonNode> parse_json(std::string_view json, std::string_view subject, const char* remedy) {
  JsonNode node;
  TreeReader reader(json);
  if (reader.read(node)) return node;
  const JsonReader::Failure& failure = reader.failure();
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: not JSON in {}: {}", subject, place(json, failure.offset),
                          json.empty() ? "it is empty" : failure.what),
              remedy);
}

tl::unexpected<Error> JsonFields::refuse(const std::string& what) const {
  return fail(ErrorCode::kInvalidArgument, fmt::format("{}: {}", subject_, what), remedy_);
}

Result<std::string> JsonFields::text(std::string_view key) const {
  const JsonNode* found = object_.find(key);
  if (found == nullptr) return refuse(fmt::format("'{}' is missing", key));
  if (!found->is(Kind::kString)) return refuse(fmt::format("'{}' must be a string, not {}", key, name_of(found->kind)));
  return found->text;
}

Result<std::string> JsonFields::text_or_empty(std::string_view key) const {
  const JsonNode* found = object_.find(key);
  if (found == nullptr || found->is(Kind::kNull)) return std::string();
  return text(key);
}

Result<std::vector<std::string>> JsonFields::texts(std::string_view key) const {
  ATTACHE_ASSIGN(const JsonNode* found, array(key));
  std::vector<std::string> texts;
  if (found == nullptr) return texts;
  for (const JsonNode& element : found->elements) {
    if (!element.is(Kind::kString)) {
      return refuse(fmt::format("'{}' must hold strings only, not {}", key, name_of(element.kind)));
    }
    texts.push_back(element.text);
  }
  return texts;
}

Result<const JsonNode*> JsonFields::object(std::string_view key) const {
  const JsonNode* found = object_.find(key);
  if (found == nullptr || found->is(Kind::kObject)) return found;
  return refuse(fmt::format("'{}' must be an object, not {}", key, name_of(found->kind)));
}

Result<const JsonNode*> JsonFields::array(std::string_view key) const {
  const JsonNode* found = object_.find(key);
  if (found == nullptr || found->is(Kind::kArray)) return found;
  return refuse(fmt::format("'{}' must be an array, not {}", key, name_of(found->kind)));
}

void append_member(std::string& json, std::string_view key, std::string_view value) {
  begin_member(json, key);
  append_json_string(json, value);
}

void append_member(std::string& json, std::string_view key, const std::vector<std::string>& values) {
  begin_member(json, key);
  json += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) json += ',';
    append_json_string(json, values[i]);
  }
  json += ']';
}

}  // namespace attache::detail
