#include "decode_support.hpp"

#include <attache/base/text.hpp>

#include <fmt/format.h>

#include <limits>

namespace attache::detail {

using Kind = JsonValue::Kind;

DecodeRule rule_of(JsonFault fault) {
  switch (fault) {
    case JsonFault::kSyntax:
      return DecodeRule::kSyntax;
    case JsonFault::kText:
      return DecodeRule::kText;
    case JsonFault::kNesting:
      return DecodeRule::kNesting;
  }
  return DecodeRule::kSyntax;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t kShown = 200;
  if (text.size() <= kShown) return "'" + printable(text) + "'";
  std::size_t end = kShown;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "'" + printable(text.substr(0, end)) + "'...";
}

std::optional<Refusal> check_integer(std::string_view field, const JsonValue& value) {
  if (value.kind == Kind::kInteger) return std::nullopt;
  if (value.kind == Kind::kTrue || value.kind == Kind::kFalse) {
    return Refusal{DecodeRule::kBoolean, fmt::format("'{}' must be an integer, not {}", field, name_of(value.kind))};
  }
  return Refusal{DecodeRule::kType, fmt::format("'{}' must be an integer, not {}", field, name_of(value.kind))};
}

std::optional<Refusal> check_size(std::string_view field, const JsonValue& value) {
  if (auto refusal = check_integer(field, value)) return refusal;
  if (value.negative && (value.overflow || value.magnitude != 0)) {
    return Refusal{DecodeRule::kNegativeSize, fmt::format("'{}' is negative", field)};
  }
  if (value.overflow) return Refusal{DecodeRule::kIntegerRange, fmt::format("'{}' needs more than 64 bits", field)};
  return std::nullopt;
}

std::optional<Refusal> check_time(std::string_view field, const JsonValue& value, std::int64_t& result) {
  if (auto refusal = check_integer(field, value)) return refusal;
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.overflow || value.magnitude > kMax + (value.negative ? 1 : 0)) {
    return Refusal{DecodeRule::kIntegerRange, fmt::format("'{}' does not fit 64 bits with a sign", field)};
  }
  result = static_cast<std::int64_t>(value.negative ? 0 - value.magnitude : value.magnitude);
  return std::nullopt;
}

}  // namespace attache::detail
