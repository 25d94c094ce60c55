#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

// Text model (incumbent formats, section 1). A path is a sequence of Unicode code points that may include lone
// surrogates. In memory it is WTF-8: UTF-8 in which a lone surrogate takes the three bytes it would take if it were a
// character. A surrogate *pair* is never two three-byte sequences but one four-byte character, so equal texts are
// equal bytes. On POSIX a file name byte 0x80-0xFF outside valid UTF-8 is the lone surrogate U+DC80-U+DCFF.

/// True if every byte is below 0x80. Eight bytes at a time.
bool is_ascii(std::string_view text);

/// True if `text` is strict UTF-8: shortest forms, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view text);

/// True if `text` is WTF-8 as described above.
bool is_wtf8(std::string_view text);

/// A POSIX file name or path as WTF-8 ("surrogate escape"). Total and reversible by `to_posix_bytes`.
std::string from_posix_bytes(std::string_view bytes);

/// The bytes a POSIX system uses for a WTF-8 text; nothing if it holds a lone surrogate outside U+DC80-U+DCFF, or if
/// the bytes would not come back as the same text (`\udcc3\udca9` would read back as `é`).
std::optional<std::string> to_posix_bytes(std::string_view wtf8);

/// Appends code point `c` (a surrogate is allowed when no pair arises) as WTF-8.
void append_wtf8(std::string& out, char32_t c);

/// The code point that begins at byte `offset` (less than the size), which moves behind it. A byte outside any
/// well-formed sequence gives U+FFFD and moves by one.
char32_t next_code_point(std::string_view wtf8, std::size_t& offset);

/// Compares two WTF-8 texts by their UTF-16 code units: <0, 0, >0. The order of canonical manifests.
int compare_utf16(std::string_view a, std::string_view b);

/// `text` for a message or a terminal: control characters, DEL, C1 controls, line and paragraph separators, marks that
/// reorder text, invalid bytes and lone surrogates are shown as escapes (`\n`, `\x1b`, `\u202e`, `\udc80`), so that a
/// file name cannot forge output. A backslash stays as it is. The result is UTF-8.
std::string printable(std::string_view text);

}  // namespace attache
