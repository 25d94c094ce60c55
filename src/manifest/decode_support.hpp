#pragma once

#include <attache/manifest/violation.hpp>

#include "json_reader.hpp"

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

/// "a string", "an integer", ...
std::string_view name_of(JsonValue::Kind kind);

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

/// A position in a text, counted from one; columns in characters.
struct Place {
  std::uint64_t line = 1;
  std::uint64_t column = 1;

  /// "line L, column C"
  std::string to_string() const;
};
/// Linear in `offset`: for a single error. PlaceFinder is for many.
Place place_of(std::string_view document, std::size_t offset);
/// place_of() in words.
std::string place(std::string_view document, std::size_t offset);

/// The places of many offsets. Linear in the document together, if they come in ascending order; any order is right.
class PlaceFinder {
 public:
  explicit PlaceFinder(std::string_view document) : document_(document) {}
  Place find(std::size_t offset);

 private:
  std::string_view document_;
  std::size_t at_ = 0;
  Place place_;  // of at_
};

}  // namespace attache::detail
