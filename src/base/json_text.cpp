#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>

namespace attache {

namespace {

constexpr char kHex[] = "0123456789abcdef";

char* put_unit(char* out, char32_t unit) {
  *out++ = '\\';
  *out++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *out++ = kHex[(unit >> shift) & 15];
  return out;
}

/// The letter of a short escape; NUL if there is none.
char short_escape(char32_t c) {
  switch (c) {
    case '"':
    case '\\':
      return static_cast<char>(c);
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return '\0';
  }
}

bool is_plain(char c) {
  return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\';
}

}  // namespace

char* put_json_escape(char* out, char32_t c) {
  if (const char letter = short_escape(c)) {
    *out++ = '\\';
    *out++ = letter;
    return out;
  }
  if (c < 0x10000) return put_unit(out, c);
  return put_unit(put_unit(out, 0xD800 + ((c - 0x10000) >> 10)), 0xDC00 + ((c - 0x10000) & 0x3FF));
}

void append_json_string(std::string& out, std::string_view wtf8) {
  out += '"';
  for (std::size_t i = 0; i < wtf8.size();) {
    std::size_t plain_end = i;
    while (plain_end < wtf8.size() && is_plain(wtf8[plain_end])) ++plain_end;
    out.append(wtf8, i, plain_end - i);
    i = plain_end;
    if (i == wtf8.size()) break;
    char escape[kMaxJsonEscape];
    out.append(escape, put_json_escape(escape, next_code_point(wtf8, i)));
  }
  out += '"';
}

}  // namespace attache
