#pragma once

#include <attache/base/json_reader.hpp>
#include <attache/base/text_place.hpp>
#include <attache/manifest/violation.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace attache::detail {

// What the decoders of both formats say in the same words.

inline constexpr const char* kDamaged =
    "the file is damaged or is not a manifest: fetch it again, or make it again from the original files";
inline constexpr const char* kOtherProgram =
    "make the manifest again with the program it comes from, or from the original files";

/// The rule that a text breaks which is no document.
DecodeRule rule_of(JsonFault fault);

/// A text from the document, for a message: printable, quoted, and not of a length that the document chooses.
std::string quoted(std::string_view text);

/// A rule that is broken, in words that name the field but not the place.
struct Refusal {
  DecodeRule rule;
  std::string what;
  const char* remedy = kOtherProgram;
};

/// Nothing if the value is an integer, of whatever size.
std::optional<Refusal> check_integer(std::string_view field, const JsonValue& value);
/// Nothing if it is an integer from 0 to 2^64-1; `value.magnitude` is it then.
std::optional<Refusal> check_size(std::string_view field, const JsonValue& value);
/// Nothing if it is an integer that fits int64, which is stored in `result`.
std::optional<Refusal> check_time(std::string_view field, const JsonValue& value, std::int64_t& result);

}  // namespace attache::detail
