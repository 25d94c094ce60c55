#include <attache/base/json_text.hpp>
#include <attache/base/text.hpp>

namespace attache {

namespace {

constexpr char kHex[] = "0123456789abcdef";

void append_unit(std::string& out, unsigned unit) {
  const char escape[6] = {'\\',           'u', kHex[unit >> 12 & 15], kHex[unit >> 8 & 15], kHex[unit >> 4 & 15],
                          kHex[unit & 15]};
  out.append(escape, sizeof escape);
}

void append_escaped(std::string& out, char32_t c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c < 0x10000) {
    append_unit(out, static_cast<unsigned>(c));
    return;
  }
  const char32_t offset = c - 0x10000;
  append_unit(out, static_cast<unsigned>(0xD800 + (offset >> 10)));
  append_unit(out, static_cast<unsigned>(0xDC00 + (offset & 0x3FF)));
}

bool is_plain(char c) {
  return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view wtf8) {
  out += '"';
  for (std::size_t i = 0; i < wtf8.size();) {
    std::size_t plain_end = i;
    while (plain_end < wtf8.size() && is_plain(wtf8[plain_end])) ++plain_end;
    out.append(wtf8, i, plain_end - i);
    i = plain_end;
    if (i < wtf8.size()) append_escaped(out, next_code_point(wtf8, i));
  }
  out += '"';
}

}  // namespace attache
