#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace attache {

/// Levels of nested arrays and objects that a document may have; a manifest needs at most four. The limit bounds what
/// a hostile document can make a reader do with unknown fields, which may hold anything.
inline constexpr unsigned kMaxNesting = 64;

}  // namespace attache

namespace attache::detail {

/// How a text fails to be a document.
enum class JsonFault : std::uint8_t {
  kSyntax,   ///< not one JSON value as Python's `json` reads it
  kText,     ///< a string is not UTF-8
  kNesting,  ///< more than kMaxNesting levels
};

/// What a JSON value is, and of a scalar its content.
struct JsonValue {
  enum class Kind : std::uint8_t { kMissing, kString, kInteger, kFloat, kTrue, kFalse, kNull, kArray, kObject };

  Kind kind = Kind::kMissing;
  // kInteger: sign and magnitude; `overflow` if the magnitude needs more than 64 bits.
  bool negative = false;
  bool overflow = false;
  std::uint64_t magnitude = 0;
  std::string_view text;  // kString: WTF-8, points into the document or into the scratch string given to the reader
};

/// "a string", "an integer", ...
std::string_view name_of(JsonValue::Kind kind);

/// A pull parser over a JSON text in memory. It accepts what Python's `json` accepts, in a text that is UTF-8, up to
/// kMaxNesting levels. Every function that returns bool returns false when the text is broken; `failure` then
/// says how, and the reader must not be used further.
class JsonReader {
 public:
  explicit JsonReader(std::string_view document)
      : begin_(document.data()), at_(document.data()), end_(document.data() + document.size()) {}

  struct Failure {
    JsonFault fault = JsonFault::kSyntax;
    std::size_t offset = 0;
    const char* what = "";
  };
  const Failure& failure() const { return failure_; }
  bool failed() const { return failed_; }

  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t document_size() const { return static_cast<std::size_t>(end_ - begin_); }

  /// What was not read yet. For a decoder that knows how canonical documents look and compares instead of parsing:
  /// skip() passes what it has recognised, which must be whole values and the signs between them.
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
  void skip(std::size_t size) { at_ += size; }
  /// Passes `literal` if it comes next, exactly; else false, and nothing has changed. The same, in small.
  bool take(std::string_view literal) {
    if (!rest().starts_with(literal)) return false;
    skip(literal.size());
    return true;
  }

  /// Goes to a place that offset() has named: to read a value again.
  void seek(std::size_t offset) { at_ = begin_ + offset; }

  /// The next character that is not white space, or '\0' at the end of the text (a NUL byte in the text is never valid
  /// there either). Does not go past it.
  char peek();
  /// Goes into an array or object, whose first character peek() has shown.
  void enter() { ++at_; }

  /// After enter() into an object, and after each of its values: goes to the next member and reads its key. False at
  /// the closing brace, which is passed, and on failure. `first` must be true before the first call.
  bool next_member(bool& first, std::string_view& key);
  /// The same for arrays: false at the closing bracket and on failure.
  bool next_element(bool& first);

  /// Reads a whole value; an array or object is checked and passed over. `depth` is the number of arrays and objects
  /// around it. A string with escapes is decoded into `scratch`, which must live as long as value.text is used.
  bool read_value(JsonValue& value, std::string& scratch, unsigned depth);
  /// Only white space may follow.
  bool finish();

 private:
  bool fail_at(const char* at, const char* what, JsonFault fault = JsonFault::kSyntax);
  bool read_string(std::string_view& text, std::string& scratch);
  bool read_escaped_string(const char* start, const char* at, bool high, std::string_view& text, std::string& scratch);
  bool read_escape(const char*& at, std::string& out);
  bool read_number(JsonValue& value);
  bool read_literal(std::string_view word, JsonValue& value, JsonValue::Kind kind);
  bool skip_container(unsigned depth);
  bool read_key(std::string_view& key);

  const char* begin_;
  const char* at_;
  const char* end_;
  bool failed_ = false;
  Failure failure_;
  std::string key_scratch_;
  std::string skip_scratch_;
};

}  // namespace attache::detail
