#include <attache/base/byte_size.hpp>

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <string_view>

namespace attache {

namespace {

// n / 1000, correctly rounded. Converting n to double first would round twice beyond 2^53, and a display that sits
// exactly between two decimals would then fall to the other side than the incumbent's.
double thousandth(std::uint64_t n) {
  if (n < (std::uint64_t{1} << 53)) return static_cast<double>(n) / 1000.0;
  const std::uint64_t quotient = n / 1000;
  const int shift = std::countl_zero(quotient);
  const std::uint64_t fraction = (n % 1000) << shift;
  const std::uint64_t sticky = fraction % 1000 != 0 ? 1 : 0;
  return std::ldexp(static_cast<double>((quotient << shift) | (fraction / 1000) | sticky), -shift);
}

}  // namespace

std::string human_size(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  constexpr std::array<std::string_view, 5> kUnits{"KB", "MB", "GB", "TB", "PB"};
  double value = thousandth(bytes);
  std::string text;
  for (const std::string_view unit : kUnits) {
    text = fmt::format("{:.2f}", value);  // exact halves go to the even digit: 1125 B is 1.12 KB
    // Seven characters are "1000.00": rounding has reached the next unit.
    if (text.size() < std::string_view("1000.00").size() || unit == kUnits.back()) {
      if (text.back() == '0') text.pop_back();
      return text.append(" ").append(unit);
    }
    value /= 1000.0;
  }
  return text;  // not reached: the last unit takes every value
}

std::uint64_t whole_bytes(double bytes) {
  if (!(bytes >= 1)) return 0;
  return bytes >= std::ldexp(1.0, 64) ? UINT64_MAX : static_cast<std::uint64_t>(bytes);
}

}  // namespace attache
