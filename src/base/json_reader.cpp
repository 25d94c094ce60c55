#include <attache/base/json_reader.hpp>
#include <attache/base/swar.hpp>
#include <attache/base/text.hpp>

#include <charconv>
#include <cstring>

namespace attache::detail {

namespace {

using Kind = JsonValue::Kind;

// Python refuses to convert longer integers, so no manifest that the incumbent can read holds one.
constexpr std::ptrdiff_t kMaxDigits = 4300;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool ends_run(char c) {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

// From `at`, the first character that ends a run of plain ones, or `end`; `high` becomes true if a byte of 0x80 or more
// was passed.
const char* run_end(const char* at, const char* end, bool& high) {
  std::uint64_t seen = 0;
  for (; end - at >= 8; at += 8) {
    const std::uint64_t word = load_word(at);
    const std::uint64_t found = string_marks(word);
    if (found != 0) {
      const int before = bytes_before(found);
      seen |= low_bytes(word, before);
      high = high || (seen & kHighBits) != 0;
      return at + before;
    }
    seen |= word;
  }
  high = high || (seen & kHighBits) != 0;
  while (at != end && !ends_run(*at)) {
    high = high || static_cast<unsigned char>(*at) >= 0x80;
    ++at;
  }
  return at;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four hex digits at `at`, or -1.
int code_unit(const char* at, const char* end) {
  if (end - at < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hex_value(at[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kMissing:
      return "nothing";
    case Kind::kString:
      return "a string";
    case Kind::kInteger:
      return "an integer";
    case Kind::kFloat:
      return "a number with a fraction or exponent";
    case Kind::kTrue:
      return "true";
    case Kind::kFalse:
      return "false";
    case Kind::kNull:
      return "null";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "unknown";
}

bool JsonReader::fail_at(const char* at, const char* what, JsonFault fault) {
  failed_ = true;
  failure_ = {fault, static_cast<std::size_t>(at - begin_), what};
  return false;
}

char JsonReader::peek() {
  while (at_ != end_ && is_space(*at_)) ++at_;
  return at_ == end_ ? '\0' : *at_;
}

bool JsonReader::read_key(std::string_view& key) {
  if (peek() != '"') return fail_at(at_, "expected a key in double quotes");
  if (!read_string(key, key_scratch_)) return false;
  if (peek() != ':') return fail_at(at_, "expected ':' after a key");
  ++at_;
  return true;
}

bool JsonReader::next_member(bool& first, std::string_view& key) {
  const char c = peek();
  if (c == '}') {
    ++at_;
    return false;
  }
  if (!first) {
    if (c != ',') return fail_at(at_, "expected ',' or '}' after a value");
    ++at_;
  }
  first = false;
  return read_key(key);
}

bool JsonReader::next_element(bool& first) {
  const char c = peek();
  if (c == ']') {
    ++at_;
    return false;
  }
  if (first) {
    first = false;
    return true;
  }
  if (c != ',') return fail_at(at_, "expected ',' or ']' after a value");
  ++at_;
  return true;
}

bool JsonReader::read_value(JsonValue& value, std::string& scratch, unsigned depth) {
  switch (peek()) {
    case '"':
      value.kind = Kind::kString;
      return read_string(value.text, scratch);
    case '{':
      value.kind = Kind::kObject;
      return skip_container(depth);
    case '[':
      value.kind = Kind::kArray;
      return skip_container(depth);
    case 't':
      return read_literal("true", value, Kind::kTrue);
    case 'f':
      return read_literal("false", value, Kind::kFalse);
    case 'n':
      return read_literal("null", value, Kind::kNull);
    case 'N':
      return read_literal("NaN", value, Kind::kFloat);
    case 'I':
      return read_literal("Infinity", value, Kind::kFloat);
    default:
      return read_number(value);
  }
}

bool JsonReader::finish() {
  return peek() == '\0' && at_ == end_ ? true : fail_at(at_, "text after the end");
}

bool JsonReader::read_literal(std::string_view word, JsonValue& value, Kind kind) {
  if (static_cast<std::size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) {
    return fail_at(at_, "expected a value");
  }
  at_ += word.size();
  value.kind = kind;
  return true;
}

bool JsonReader::read_number(JsonValue& value) {
  const char* const start = at_;
  const char* at = at_;
  value.negative = at != end_ && *at == '-';
  if (value.negative) ++at;
  const char* const digits = at;
  std::uint64_t magnitude = 0;
  while (at != end_ && is_digit(*at)) magnitude = magnitude * 10 + static_cast<std::uint64_t>(*at++ - '0');
  const std::ptrdiff_t length = at - digits;
  if (length == 0) {
    if (value.negative && at != end_ && *at == 'I') {
      at_ = at;
      return read_literal("Infinity", value, Kind::kFloat);
    }
    return fail_at(start, at == end_ && !value.negative ? "the text ends where a value must be" : "expected a value");
  }
  if (length > 1 && *digits == '0') return fail_at(start, "a number begins with 0");
  bool is_float = false;
  if (at != end_ && *at == '.') {
    is_float = true;
    ++at;
    if (at == end_ || !is_digit(*at)) return fail_at(at, "expected a digit after the decimal point");
    while (at != end_ && is_digit(*at)) ++at;
  }
  if (at != end_ && (*at == 'e' || *at == 'E')) {
    is_float = true;
    ++at;
    if (at != end_ && (*at == '+' || *at == '-')) ++at;
    if (at == end_ || !is_digit(*at)) return fail_at(at, "expected a digit in the exponent");
    while (at != end_ && is_digit(*at)) ++at;
  }
  at_ = at;
  if (is_float) {
    value.kind = Kind::kFloat;
    return true;
  }
  if (length > kMaxDigits) return fail_at(start, "an integer has more than 4300 digits");
  value.kind = Kind::kInteger;
  // Nineteen digits always fit; of more the sum above may have wrapped.
  value.overflow = length > 19 && std::from_chars(digits, at, magnitude).ec != std::errc();
  value.magnitude = magnitude;
  return true;
}

bool JsonReader::read_string(std::string_view& text, std::string& scratch) {
  const char* const start = ++at_;  // past the quote
  bool high = false;
  const char* const stop = run_end(start, end_, high);
  if (stop == end_ || *stop != '"') return read_escaped_string(start, stop, high, text, scratch);
  text = std::string_view(start, static_cast<std::size_t>(stop - start));
  if (high && !is_utf8(text)) return fail_at(start, "a string is not UTF-8", JsonFault::kText);
  at_ = stop + 1;
  return true;
}

bool JsonReader::read_escaped_string(const char* start, const char* at, bool high, std::string_view& text,
                                     std::string& scratch) {
  scratch.clear();
  for (const char* run = start;;) {
    const std::string_view plain(run, static_cast<std::size_t>(at - run));
    if (high && !is_utf8(plain)) return fail_at(run, "a string is not UTF-8", JsonFault::kText);
    scratch.append(plain);
    if (at == end_) return fail_at(start - 1, "a string does not end");
    if (*at == '"') break;
    if (*at != '\\') return fail_at(at, "a control character in a string must be escaped");
    if (!read_escape(at, scratch)) return false;
    run = at;
    high = false;
    at = run_end(run, end_, high);
  }
  at_ = at + 1;
  text = scratch;
  return true;
}

bool JsonReader::read_escape(const char*& at, std::string& out) {
  const char* const start = at;  // the backslash
  if (++at == end_) return fail_at(start, "a string does not end");
  switch (*at++) {
    case '"':
      out.push_back('"');
      return true;
    case '\\':
      out.push_back('\\');
      return true;
    case '/':
      out.push_back('/');
      return true;
    case 'b':
      out.push_back('\b');
      return true;
    case 'f':
      out.push_back('\f');
      return true;
    case 'n':
      out.push_back('\n');
      return true;
    case 'r':
      out.push_back('\r');
      return true;
    case 't':
      out.push_back('\t');
      return true;
    case 'u':
      break;
    default:
      return fail_at(start, "unknown escape in a string");
  }
  const int unit = code_unit(at, end_);
  if (unit < 0) return fail_at(start, "expected four hex digits after \\u");
  at += 4;
  auto c = static_cast<char32_t>(unit);
  if (unit >= 0xD800 && unit <= 0xDBFF && end_ - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const int low = code_unit(at + 2, end_);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      at += 6;
      c = 0x10000 + ((c - 0xD800) << 10) + (static_cast<char32_t>(low) - 0xDC00);
    }
  }
  append_wtf8(out, c);
  return true;
}

// Without recursion: 200,000 opening brackets must be an error, not the end of the stack.
bool JsonReader::skip_container(unsigned depth) {
  static_assert(kMaxNesting <= 64);
  std::uint64_t objects = 0;  // one bit for each open container, the innermost lowest: 1 for an object
  unsigned open = 0;
  JsonValue value;
  std::string_view key;
  bool first = false;
  do {
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth + open >= kMaxNesting) return fail_at(at_, "more than 64 nested levels", JsonFault::kNesting);
      objects = (objects << 1) | (c == '{' ? 1U : 0U);
      ++open;
      ++at_;
      first = true;
    } else if (!read_value(value, skip_scratch_, depth + open)) {
      return false;
    }
    // Goes to the next value, out of every container that ends here.
    while (open > 0 && !((objects & 1U) != 0 ? next_member(first, key) : next_element(first))) {
      if (failed_) return false;
      objects >>= 1;
      --open;
      first = false;
    }
  } while (open > 0);
  return true;
}

}  // namespace attache::detail
