#include "seen_time.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace attache {

namespace {

std::optional<double> number_in(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> seen_time(const SqliteStatement& row, int column) {
  constexpr double kYear10000 = 253'402'300'800;
  std::optional<double> time;
  switch (row.type(column)) {
    case SqliteType::kInteger:
    case SqliteType::kReal:
      time = row.real(column);
      break;
    case SqliteType::kText:
      time = number_in(row.bytes(column));
      break;
    case SqliteType::kBlob:
    case SqliteType::kNull:
      break;
  }
  if (time && !(std::fabs(*time) < kYear10000)) time.reset();
  return time;
}

bool is_fresh(double seen, double now, std::chrono::hours expiry) {
  return now - seen < std::chrono::duration<double>(expiry).count();
}

}  // namespace attache
