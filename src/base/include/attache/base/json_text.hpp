#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attache {

/// Appends `wtf8` as a JSON string with its quotes, ASCII only: the string form of canonical manifests (incumbent
/// formats, section 2.2 point 4) and of every JSON that Attache prints. Short escapes for `"` `\` and BS, FF, LF, CR,
/// TAB; all else outside 0x20-0x7E as `\u` and four lower-case digits, beyond the BMP as a pair, lone surrogates as
/// they are. Bytes that are not WTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view wtf8);

/// The longest escape: a surrogate pair.
inline constexpr std::size_t kMaxJsonEscape = 12;

/// Writes the escape of one code point (a lone surrogate is one, too) to `out`, which has room for kMaxJsonEscape
/// characters; the end of what was written. For encoders with a buffer of their own.
char* put_json_escape(char* out, char32_t c);

}  // namespace attache
