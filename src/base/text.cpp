#include <attache/base/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace attache {

namespace {

constexpr bool is_high_surrogate(char32_t c) {
  return c >= 0xD800 && c <= 0xDBFF;
}
constexpr bool is_low_surrogate(char32_t c) {
  return c >= 0xDC00 && c <= 0xDFFF;
}
constexpr bool is_surrogate(char32_t c) {
  return c >= 0xD800 && c <= 0xDFFF;
}

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 0;  // bytes; 0: there is no well-formed sequence here
};

// The code point that begins at `at`; three-byte surrogates count as well-formed, longer-than-needed forms do not.
CodePoint decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  const auto continues = [&](std::size_t i) { return at + i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const auto bits = [&](std::size_t i) { return static_cast<char32_t>(byte(i) & 0x3FU); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2 || lead > 0xF4 || !continues(1)) return {};
  if (lead < 0xE0) return {(static_cast<char32_t>(lead & 0x1FU) << 6) | bits(1), 2};
  if (!continues(2)) return {};
  if (lead < 0xF0) {
    const char32_t value = (static_cast<char32_t>(lead & 0x0FU) << 12) | (bits(1) << 6) | bits(2);
    return value < 0x800 ? CodePoint{} : CodePoint{value, 3};
  }
  if (!continues(3)) return {};
  const char32_t value = (static_cast<char32_t>(lead & 0x07U) << 18) | (bits(1) << 12) | (bits(2) << 6) | bits(3);
  return value < 0x10000 || value > 0x10FFFF ? CodePoint{} : CodePoint{value, 4};
}

// Bytes from `at` that are ASCII, eight at a time: most paths are nothing else.
std::size_t skip_ascii(std::string_view text, std::size_t at) {
  for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (at < text.size() && static_cast<std::uint8_t>(text[at]) < 0x80) ++at;
  return at;
}

// The UTF-16 code units of a WTF-8 text, one at a time. A byte outside any well-formed sequence (a caller's mistake)
// counts as a unit of its own, so that the order stays total.
class Utf16Units {
 public:
  explicit Utf16Units(std::string_view text) : text_(text) {}

  // -1 at the end.
  int next() {
    if (pending_ != 0) {
      const int unit = static_cast<int>(pending_);
      pending_ = 0;
      return unit;
    }
    if (at_ >= text_.size()) return -1;
    const CodePoint c = decode(text_, at_);
    if (c.length == 0) return static_cast<std::uint8_t>(text_[at_++]);
    at_ += c.length;
    if (c.value < 0x10000) return static_cast<int>(c.value);
    pending_ = 0xDC00 + ((c.value - 0x10000) & 0x3FF);
    return static_cast<int>(0xD800 + ((c.value - 0x10000) >> 10));
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  char32_t pending_ = 0;
};

// Characters that a terminal does not draw but obeys: controls, line and paragraph separators, and the marks that
// reorder the text around them.
constexpr bool is_invisible_command(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x61C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

}  // namespace

bool is_ascii(std::string_view text) {
  return skip_ascii(text, 0) == text.size();
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const CodePoint c = decode(text, at);
    if (c.length == 0 || is_surrogate(c.value)) return false;
    at += c.length;
  }
  return true;
}

bool is_wtf8(std::string_view text) {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const CodePoint c = decode(text, at);
    if (c.length == 0) return false;
    at += c.length;
    if (!is_high_surrogate(c.value) || at >= text.size()) continue;
    if (is_low_surrogate(decode(text, at).value)) return false;  // must be one four-byte character
  }
  return true;
}

std::string from_posix_bytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t ascii_end = skip_ascii(bytes, at);
    text.append(bytes.substr(at, ascii_end - at));
    at = ascii_end;
    if (at >= bytes.size()) break;
    const CodePoint c = decode(bytes, at);
    if (c.length == 0 || is_surrogate(c.value)) {
      append_wtf8(text, char32_t{0xDC00} + static_cast<std::uint8_t>(bytes[at]));
      ++at;
    } else {
      text.append(bytes.substr(at, c.length));
      at += c.length;
    }
  }
  return text;
}

std::optional<std::string> to_posix_bytes(std::string_view wtf8) {
  std::string bytes;
  bytes.reserve(wtf8.size());
  bool escaped = false;
  for (std::size_t at = 0; at < wtf8.size();) {
    const std::size_t ascii_end = skip_ascii(wtf8, at);
    bytes.append(wtf8.substr(at, ascii_end - at));
    at = ascii_end;
    if (at >= wtf8.size()) break;
    const CodePoint c = decode(wtf8, at);
    if (c.length == 0) return std::nullopt;
    if (!is_surrogate(c.value)) {
      bytes.append(wtf8.substr(at, c.length));
    } else if (c.value >= 0xDC80 && c.value <= 0xDCFF) {
      bytes.push_back(static_cast<char>(c.value - 0xDC00));
      escaped = true;
    } else {
      return std::nullopt;
    }
    at += c.length;
  }
  // Escaped bytes may join their neighbours to a valid sequence; such a text names no file of its own.
  if (escaped && from_posix_bytes(bytes) != wtf8) return std::nullopt;
  return bytes;
}

void append_wtf8(std::string& out, char32_t c) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(static_cast<std::uint8_t>(byte))); };
  if (c > 0x10FFFF) c = 0xFFFD;
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | (c >> 6));
    put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3F));
    put(0x80 | ((c >> 6) & 0x3F));
    put(0x80 | (c & 0x3F));
  }
}

int compare_utf16(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  const auto at = static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(shorter), b.begin()).first - a.begin());
  if (at == shorter) return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
  const auto first = static_cast<std::uint8_t>(a[at]);
  const auto second = static_cast<std::uint8_t>(b[at]);
  // Bytes order as code points do, and these as code units do, unless both texts begin a character of U+D000 or more
  // here (lead bytes 0xED and above): then one may be above U+FFFF and the other between U+E000 and U+FFFF. Texts that
  // differ inside a character share its lead byte, so their characters are of one kind.
  if (first < 0xED || second < 0xED) return first < second ? -1 : 1;
  Utf16Units left(a.substr(at));
  Utf16Units right(b.substr(at));
  for (;;) {
    const int x = left.next();
    const int y = right.next();
    if (x != y) return x < y ? -1 : 1;
    if (x < 0) return 0;
  }
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode(text, at);
    if (c.length == 0) {
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[at]));
      ++at;
      continue;
    }
    if (c.value == '\n') {
      out += "\\n";
    } else if (c.value == '\r') {
      out += "\\r";
    } else if (c.value == '\t') {
      out += "\\t";
    } else if (is_surrogate(c.value) || (is_invisible_command(c.value) && c.value > 0x7F)) {
      out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(c.value));
    } else if (is_invisible_command(c.value)) {
      out += fmt::format("\\x{:02x}", static_cast<std::uint32_t>(c.value));
    } else {
      out.append(text.substr(at, c.length));
    }
    at += c.length;
  }
  return out;
}

char32_t next_code_point(std::string_view wtf8, std::size_t& offset) {
  const CodePoint c = decode(wtf8, offset);
  offset += std::max<std::size_t>(c.length, 1);
  return c.length == 0 ? char32_t{0xFFFD} : c.value;
}

}  // namespace attache
