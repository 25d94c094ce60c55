#include "byte_count.hpp"

#include <attache/base/byte_size.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

namespace attache {

std::optional<std::uint64_t> parse_byte_count(std::string_view text) {
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  constexpr std::array<Unit, 4> kUnits{{{"", 1}, {"KiB", kKiB}, {"MiB", kMiB}, {"GiB", kGiB}}};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const auto* const unit =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& each) { return each.name == name; });
  if (error != std::errc() || unit == kUnits.end() || number == 0 || number > UINT64_MAX / unit->bytes) {
    return std::nullopt;
  }
  return number * unit->bytes;
}

}  // namespace attache
