#include "age.hpp"

#include <attache/base/number.hpp>

#include "manifest_facts.hpp"

#include <array>
#include <utility>

namespace attache {

std::string age_text(double seconds) {
  struct Unit {
    double seconds;
    const char* one;
    const char* many;
  };
  constexpr std::array<Unit, 4> kUnits{
      {{86'400, "day", "days"}, {3'600, "hour", "hours"}, {60, "minute", "minutes"}, {1, "second", "seconds"}}};
  if (seconds < 0) return "in the future";
  for (const Unit& unit : kUnits) {
    const auto count = static_cast<std::uint64_t>(seconds / unit.seconds);
    if (count > 0) return counted(count, unit.one, unit.many) + " ago";
  }
  return "just now";
}

std::optional<std::uint64_t> parse_age(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{10'000} * 366 * 86'400;
  constexpr std::array<std::pair<char, std::uint64_t>, 5> kUnits{
      {{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}, {'w', 7 * 86'400}}};
  if (text.empty()) return std::nullopt;
  const std::string_view digits = text.substr(0, text.size() - 1);
  const auto count = parse_number<std::uint64_t>(digits);
  if (!count) return std::nullopt;
  for (const auto& [unit, seconds] : kUnits) {
    if (unit == text.back()) return *count <= kMost / seconds ? std::optional(*count * seconds) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace attache
