#include <attache/base/text.hpp>
#include <attache/manifest_store/manifest_mapping.hpp>

#include "unprintable.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace attache {

namespace {

bool is_printable(char32_t c) {
  if (c < 0x80) return c >= 0x20 && c != 0x7F;
  const auto* const after =
      std::upper_bound(std::begin(kUnprintable), std::end(kUnprintable), c,
                       [](char32_t value, const CodePointRange& range) { return value < range.first; });
  return after == std::begin(kUnprintable) || c > std::prev(after)->last;
}

void append_hex(std::string& out, char kind, char32_t c, unsigned digits) {
  out += '\\';
  out += kind;
  for (unsigned i = digits; i > 0; --i) out += "0123456789abcdef"[(c >> (4 * (i - 1))) & 0xFU];
}

void append_escape(std::string& out, char32_t c) {
  switch (c) {
    case U'\n':
      out += "\\n";
      return;
    case U'\r':
      out += "\\r";
      return;
    case U'\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (c < 0x100) return append_hex(out, 'x', c, 2);
  if (c < 0x10000) return append_hex(out, 'u', c, 4);
  append_hex(out, 'U', c, 8);
}

/// Reads one line.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : rest_(line) {}

  /// Nothing if the line is not a dictionary of texts with both members.
  std::optional<ManifestMapping> read() {
    std::optional<std::string> local_file;
    std::optional<std::string> s3_key;
    if (!take('{')) return std::nullopt;
    while (!take('}')) {
      const std::optional<std::string> name = text();
      if (!name || !take(':')) return std::nullopt;
      std::optional<std::string> value = text();
      if (!value) return std::nullopt;
      if (*name == "local_file") {
        local_file = std::move(value);
      } else if (*name == "s3_key") {
        s3_key = std::move(value);
      }
      if (!take(',') && !rest_.starts_with('}')) return std::nullopt;
    }
    skip_space();
    if (!rest_.empty() || !local_file || !s3_key) return std::nullopt;
    return ManifestMapping{*std::move(local_file), *std::move(s3_key)};
  }

 private:
  void skip_space() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_space();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    skip_space();
    return true;
  }

  std::optional<std::string> text() {
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) return std::nullopt;
    const char quote = rest_[0];
    rest_.remove_prefix(1);
    std::string out;
    while (!rest_.empty() && rest_[0] != quote) {
      if (rest_[0] != '\\') {
        out += rest_[0];
        rest_.remove_prefix(1);
        continue;
      }
      const std::optional<char32_t> c = escape();
      if (!c) return std::nullopt;
      append_wtf8(out, *c);
    }
    if (rest_.empty() || !is_wtf8(out)) return std::nullopt;
    rest_.remove_prefix(1);
    return out;
  }

  std::optional<char32_t> escape() {
    if (rest_.size() < 2) return std::nullopt;
    const char kind = rest_[1];
    rest_.remove_prefix(2);
    switch (kind) {
      case '\\':
      case '\'':
      case '"':
        return static_cast<char32_t>(kind);
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 't':
        return U'\t';
      case 'x':
        return hex(2);
      case 'u':
        return hex(4);
      case 'U':
        return hex(8);
      default:
        return std::nullopt;
    }
  }

  std::optional<char32_t> hex(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    char32_t value = 0;
    for (const char c : rest_.substr(0, digits)) {
      const bool decimal = c >= '0' && c <= '9';
      if (!decimal && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) return std::nullopt;
      if (value > 0x10FFFF) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(decimal ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    rest_.remove_prefix(digits);
    if (value > 0x10FFFF) return std::nullopt;
    return value;
  }

  std::string_view rest_;
};

}  // namespace

std::string python_text(std::string_view text) {
  const bool single = text.find('\'') != std::string_view::npos;
  const bool use_double = single && text.find('"') == std::string_view::npos;
  const char quote = use_double ? '"' : '\'';
  std::string out(1, quote);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_code_point(text, at);
    if (c == static_cast<char32_t>(quote) || c == U'\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (is_printable(c)) {
      out += text.substr(begin, at - begin);
    } else {
      append_escape(out, c);
    }
  }
  return out + quote;
}

std::string mapping_line(const ManifestMapping& mapping) {
  return "{'local_file': " + python_text(mapping.local_file) + ", 's3_key': " + python_text(mapping.s3_key) + "}\n";
}

Result<std::vector<ManifestMapping>> parse_mapping_file(std::string_view text) {
  std::vector<ManifestMapping> mappings;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    std::optional<ManifestMapping> mapping = LineReader(line).read();
    if (!mapping) {
      return fail(ErrorCode::kInvalidManifest,
                  "line " + std::to_string(number) +
                      " of the manifest mapping is not a dictionary of texts with "
                      "'local_file' and 's3_key'",
                  "remove the line: it says where a manifest was stored, nothing else depends on it");
    }
    mappings.push_back(*std::move(mapping));
  }
  return mappings;
}

}  // namespace attache
