#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// User metadata as a directory store keeps it: one `name: value` line each, in byte order of names. The rules of
/// object_rules.hpp (no line break in a value, no colon in a name) make this unambiguous.
std::string encode_metadata(const std::map<std::string, std::string>& metadata);

/// Nothing if `text` was not written by encode_metadata().
std::optional<std::map<std::string, std::string>> decode_metadata(std::string_view text);

}  // namespace attache
