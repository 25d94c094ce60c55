#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The bytes of a journal, see journal.hpp. Pure.

/// "attache-journal 1 <kind>\n"; nothing if `kind` is none.
std::optional<std::string> journal_header(std::string_view kind);

/// Appends a record of at most Journal::kMaxRecordBytes.
void append_journal_record(std::string& out, std::string_view record);

struct JournalContent {
  std::vector<std::string> records;
  std::size_t intact_bytes = 0;  ///< how far the file is what it should be
};

/// Reads a journal file; nothing if it begins with something else than `header`. A file that ends within the header is
/// one that was being made.
std::optional<JournalContent> parse_journal(std::string_view file, std::string_view header);

}  // namespace attache
