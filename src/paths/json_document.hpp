#pragma once

#include <attache/base/json_reader.hpp>
#include <attache/base/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attache::detail {

struct JsonMember;

/// A JSON document of a few kilobytes as a tree: what the readers of rules, profiles and attachments share. Texts are
/// WTF-8 (Python writes file names that are not UTF-8 as lone surrogates). What one says is wrong begins with
/// `subject`, the name of the document ("storage profile").
struct JsonNode {
  using Kind = JsonValue::Kind;

  Kind kind = Kind::kMissing;
  std::string text;                 ///< of a string
  std::vector<JsonNode> elements;   ///< of an array
  std::vector<JsonMember> members;  ///< of an object, as written, duplicates included

  bool is(Kind wanted) const { return kind == wanted; }
  /// The last member of this name, or null.
  const JsonNode* find(std::string_view key) const;
};

struct JsonMember {
  std::string key;
  JsonNode value;
};

/// kInvalidArgument names the place. `remedy` is what to write instead.
Result<JsonNode> parse_json(std::string_view json, std::string_view subject, const char* remedy);

/// For the fields of one object: each reader fails with "<subject>: '<key>' ... ", kInvalidArgument.
class JsonFields {
 public:
  JsonFields(const JsonNode& object, std::string subject, const char* remedy)
      : object_(object), subject_(std::move(subject)), remedy_(remedy) {}

  /// A string that must be there.
  Result<std::string> text(std::string_view key) const;
  /// A string, or nothing if it is absent or null.
  Result<std::string> text_or_empty(std::string_view key) const;
  /// A list of strings; empty if it is absent.
  Result<std::vector<std::string>> texts(std::string_view key) const;
  /// An object, or null if it is absent.
  Result<const JsonNode*> object(std::string_view key) const;
  /// An array; null if it is absent.
  Result<const JsonNode*> array(std::string_view key) const;

  tl::unexpected<Error> refuse(const std::string& what) const;

 private:
  const JsonNode& object_;
  std::string subject_;
  const char* remedy_;
};

/// `"key":"value"` at the end of an object's text that is being written, after a comma unless it is the first member.
void append_member(std::string& json, std::string_view key, std::string_view value);
/// The same with a list of texts.
void append_member(std::string& json, std::string_view key, const std::vector<std::string>& values);

}  // namespace attache::detail
