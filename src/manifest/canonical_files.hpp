#pragma once

#include <attache/base/json_reader.hpp>

#include "tree_assembler.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace attache::detail {

/// Reads files of a v2025-12 manifest that look exactly as encode_v2025 writes most of them,
///   {"hash":"<32 hex digits>","mtime":<up to 18 digits>,"path":"$N/<name without escape>","size":<up to 18 digits>}
/// (and those with "runnable":true) with a comma between two, and adds them. `directories` are those of `dirs`, as the
/// assembler numbers them. The reader stands before the first, and afterwards behind the last one that was read, at the
/// first thing that is something else: another layout, an escape, a fault, or the end. That is for the general reader,
/// which accepts all that this function accepts, with the same result, and alone decides what is wrong. Reads at most
/// `limit` entries; gives their number.
std::size_t read_canonical_files(JsonReader& reader, TreeAssembler& to, std::span<const std::uint32_t> directories,
                                 std::size_t limit);

}  // namespace attache::detail
