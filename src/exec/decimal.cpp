#include "decimal.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

namespace attache {

double rounded_to(double value, int decimals) {
  return std::strtod(fmt::format("{:.{}f}", value, decimals).c_str(), nullptr);
}

std::string float_text(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

std::uint64_t whole(double value) {
  if (!(value >= 1)) return 0;
  if (value >= std::ldexp(1.0, 64)) return UINT64_MAX;
  return static_cast<std::uint64_t>(value);
}

}  // namespace attache
