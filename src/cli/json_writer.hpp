#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// Writes one JSON document as text, in the order of the calls. ASCII only: a path's lone surrogates (file names that
/// are not UTF-8) come out as the escapes that manifests use, which general JSON libraries refuse to write.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view wtf8);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(std::uint64_t number);
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(double number);
  JsonWriter& value(bool flag);
  /// A whole document as a value.
  JsonWriter& raw_value(std::string_view json);

  template <typename T>
  JsonWriter& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  /// The document, less what was taken; a final line break is the caller's.
  const std::string& text() const { return text_; }
  /// What there is of it so far: a document that is too long to be held leaves piece by piece.
  std::string take();
  /// The brackets that would end the document here, where a value has just ended.
  std::string closing() const { return {open_.rbegin(), open_.rend()}; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();

  std::string text_;
  std::string open_;  ///< the brackets that are to come, the outermost first
  bool needs_comma_ = false;
};

}  // namespace attache
