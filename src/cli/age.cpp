#include "age.hpp"

#include "manifest_facts.hpp"

#include <array>
#include <charconv>

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
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end + 1 != text.data() + text.size() || count > kMost) return std::nullopt;
  const auto seconds = [&]() -> std::uint64_t {
    switch (*end) {
      case 's':
        return count;
      case 'm':
        return count * 60;
      case 'h':
        return count * 3'600;
      case 'd':
        return count * 86'400;
      case 'w':
        return count * 7 * 86'400;
      default:
        return kMost + 1;
    }
  }();
  return seconds <= kMost ? std::optional(seconds) : std::nullopt;
}

}  // namespace attache
