#include "journal_format.hpp"

#include <attache/fsio/journal.hpp>
#include <attache/hash/crc.hpp>

#include <algorithm>
#include <array>
#include <span>

namespace attache {

namespace {

constexpr std::size_t kNumber = 4;
constexpr std::size_t kPrefix = 2 * kNumber;

void put_number(std::string& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xFFU);
}

std::uint32_t number_at(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < kNumber; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(text[at + i])) << (8 * i);
  }
  return value;
}

std::uint32_t crc_of(std::string_view length, std::string_view record) {
  return crc32c(std::as_bytes(std::span(record)), crc32c(std::as_bytes(std::span(length))));
}

bool is_kind_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

}  // namespace

std::optional<std::string> journal_header(std::string_view kind) {
  if (kind.empty() || kind.size() > 64 || !std::all_of(kind.begin(), kind.end(), is_kind_character)) {
    return std::nullopt;
  }
  return "attache-journal 1 " + std::string(kind) + "\n";
}

void append_journal_record(std::string& out, std::string_view record) {
  const std::size_t begin = out.size();
  put_number(out, static_cast<std::uint32_t>(record.size()));
  const std::uint32_t crc = crc_of(std::string_view(out).substr(begin), record);
  put_number(out, crc);
  out += record;
}

std::optional<JournalContent> parse_journal(std::string_view file, std::string_view header) {
  JournalContent content;
  if (file.size() < header.size()) {
    if (!header.starts_with(file)) return std::nullopt;
    return content;
  }
  if (!file.starts_with(header)) return std::nullopt;
  std::size_t at = header.size();
  while (file.size() - at >= kPrefix) {
    const std::size_t length = number_at(file, at);
    if (length > Journal::kMaxRecordBytes || length > file.size() - at - kPrefix) break;
    const std::string_view record = file.substr(at + kPrefix, length);
    if (crc_of(file.substr(at, kNumber), record) != number_at(file, at + kNumber)) break;
    content.records.emplace_back(record);
    at += kPrefix + length;
  }
  content.intact_bytes = at;
  return content;
}

}  // namespace attache
