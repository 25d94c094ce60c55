#include "checksum_list.hpp"

#include <attache/base/lower_case.hpp>

#include <optional>
#include <utility>

namespace attache {

namespace {

/// What a name with a backslash before its hash stands for; nothing for an escape that is none.
std::optional<std::string> unescaped(std::string_view text) {
  std::string name;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      name += text[i];
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    switch (text[i]) {
      case '\\':
        name += '\\';
        break;
      case 'n':
        name += '\n';
        break;
      case 'r':
        name += '\r';
        break;
      default:
        return std::nullopt;
    }
  }
  return name;
}

/// Hashes may be written in capitals by other programs.
std::optional<Digest> hash_of(std::string_view text) {
  return Digest::parse(lower_case(text));
}

std::optional<ChecksumLine> parse_line(std::string_view line) {
  const bool escaped = line.starts_with('\\');
  if (escaped) line.remove_prefix(1);
  std::string_view hash;
  std::string_view name;
  constexpr std::string_view kTag = "XXH128 (";
  constexpr std::string_view kAfterName = ") = ";
  if (line.starts_with(kTag)) {
    const std::size_t end = line.rfind(kAfterName);
    if (end == std::string_view::npos || end < kTag.size()) return std::nullopt;
    name = line.substr(kTag.size(), end - kTag.size());
    hash = line.substr(end + kAfterName.size());
  } else {
    if (line.size() < Digest::kHexDigits + 2 || line[Digest::kHexDigits] != ' ') return std::nullopt;
    if (const char mode = line[Digest::kHexDigits + 1]; mode != ' ' && mode != '*') return std::nullopt;
    hash = line.substr(0, Digest::kHexDigits);
    name = line.substr(Digest::kHexDigits + 2);
  }
  const std::optional<Digest> digest = hash_of(hash);
  std::optional<std::string> plain = escaped ? unescaped(name) : std::string(name);
  if (!digest || !plain || plain->empty()) return std::nullopt;
  return ChecksumLine{0, *digest, *std::move(plain)};
}

}  // namespace

std::string checksum_line(const Digest& hash, std::string_view name) {
  std::string written;
  for (const char c : name) {
    if (c == '\\') {
      written += "\\\\";
    } else if (c == '\n') {
      written += "\\n";
    } else if (c == '\r') {
      written += "\\r";
    } else {
      written += c;
    }
  }
  return (written.size() > name.size() ? "\\" : "") + hash.to_hex() + "  " + written;
}

ChecksumList parse_checksum_list(std::string_view text) {
  ChecksumList list;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    std::optional<ChecksumLine> parsed = parse_line(line);
    if (!parsed) {
      list.malformed.push_back(number);
      continue;
    }
    parsed->line = number;
    list.lines.push_back(*std::move(parsed));
  }
  return list;
}

}  // namespace attache
