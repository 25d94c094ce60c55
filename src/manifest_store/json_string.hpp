#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// The text that a JSON document holds if it is one string and nothing else but white space around it; else nothing.
/// Lone surrogates are kept, as in manifests, which no general JSON library does.
std::optional<std::string> parse_json_string(std::string_view json);

}  // namespace attache
