#pragma once

#include <attache/base/json_reader.hpp>

#include "trusted_appender.hpp"

#include <cstddef>
#include <string_view>

namespace attache::detail {

/// Reads entries of a v2023-03-03 manifest that look exactly as encode_v2023 writes most of them,
///   {"hash":"<32 hex digits>","mtime":<up to 18 digits>,"path":"<no escape>","size":<up to 18 digits>}
/// with a comma between two, and adds them to `entries`. The reader stands before the first, and afterwards behind the
/// last one that was read, at the first thing that is something else: another layout, an escape, a fault, or the end.
/// That is for the general reader, which accepts all that this function accepts, with the same result, and alone
/// decides what is wrong. Reads at most `limit` entries; gives their number.
std::size_t read_canonical_entries(JsonReader& reader, TrustedAppender& entries, std::size_t limit);

/// About how often a word occurs in a text, per byte: counted in 64 places evenly spread, or everywhere in a short
/// text.
double density_of(std::string_view text, std::string_view word);

}  // namespace attache::detail
