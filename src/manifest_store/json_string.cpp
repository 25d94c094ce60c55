#include "json_string.hpp"

#include <attache/base/text.hpp>

#include <cstdint>

namespace attache {

namespace {

constexpr std::string_view kWhiteSpace = " \t\n\r";

/// The four hex digits at `at`.
std::optional<char32_t> hex4(std::string_view json, std::size_t at) {
  if (json.size() < at + 4) return std::nullopt;
  char32_t value = 0;
  for (const char c : json.substr(at, 4)) {
    value <<= 4U;
    if (c >= '0' && c <= '9') {
      value |= static_cast<char32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value |= static_cast<char32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value |= static_cast<char32_t>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

constexpr bool is_high(char32_t c) {
  return c >= 0xD800 && c < 0xDC00;
}
constexpr bool is_low(char32_t c) {
  return c >= 0xDC00 && c < 0xE000;
}

/// The escape whose backslash is at `at`, which moves behind it.
std::optional<char32_t> read_escape(std::string_view json, std::size_t& at) {
  if (at + 1 >= json.size()) return std::nullopt;
  const char kind = json[at + 1];
  at += 2;
  switch (kind) {
    case '"':
    case '\\':
    case '/':
      return static_cast<char32_t>(kind);
    case 'b':
      return U'\b';
    case 'f':
      return U'\f';
    case 'n':
      return U'\n';
    case 'r':
      return U'\r';
    case 't':
      return U'\t';
    case 'u':
      break;
    default:
      return std::nullopt;
  }
  const std::optional<char32_t> unit = hex4(json, at);
  if (!unit) return std::nullopt;
  at += 4;
  if (!is_high(*unit) || !json.substr(at).starts_with("\\u")) return unit;
  const std::optional<char32_t> next = hex4(json, at + 2);
  if (!next || !is_low(*next)) return unit;  // what follows is read by itself
  at += 6;
  return 0x10000 + ((*unit - 0xD800) << 10U) + (*next - 0xDC00);
}

}  // namespace

std::optional<std::string> parse_json_string(std::string_view json) {
  const std::size_t begin = json.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos || json[begin] != '"') return std::nullopt;
  std::string text;
  std::size_t at = begin + 1;
  while (at < json.size() && json[at] != '"') {
    if (static_cast<unsigned char>(json[at]) < 0x20) return std::nullopt;
    if (json[at] != '\\') {
      text += json[at++];
      continue;
    }
    const std::optional<char32_t> c = read_escape(json, at);
    if (!c) return std::nullopt;
    append_wtf8(text, *c);
  }
  if (at >= json.size() || json.find_first_not_of(kWhiteSpace, at + 1) != std::string_view::npos) return std::nullopt;
  if (!is_wtf8(text)) return std::nullopt;  // raw bytes that are no text
  return text;
}

}  // namespace attache
