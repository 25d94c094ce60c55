#include "aws_time.hpp"

#include <cstdio>

namespace attache {
namespace {

/// Reads a text from its front.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  /// Exactly `count` digits.
  std::optional<int> digits(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  bool take(std::string_view prefix) {
    if (!rest_.starts_with(prefix)) return false;
    rest_.remove_prefix(prefix.size());
    return true;
  }

  void skip_digits() {
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') rest_.remove_prefix(1);
  }

  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// What to add to a local time for UTC.
std::optional<std::chrono::seconds> read_zone(Reader& reader) {
  if (reader.take("Z") || reader.take("UTC")) return std::chrono::seconds(0);
  const bool is_east = reader.take("+");
  if (!is_east && !reader.take("-")) return std::nullopt;
  const auto hours = reader.digits(2);
  reader.take(":");
  const auto minutes = reader.digits(2);
  if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
  const std::chrono::seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return is_east ? -offset : offset;
}

}  // namespace

std::optional<std::chrono::sys_seconds> parse_aws_time(std::string_view text) {
  Reader reader(text);
  const auto year = reader.digits(4);
  if (!year || !reader.take("-")) return std::nullopt;
  const auto month = reader.digits(2);
  if (!month || !reader.take("-")) return std::nullopt;
  const auto day = reader.digits(2);
  if (!day || (!reader.take("T") && !reader.take(" "))) return std::nullopt;
  const auto hour = reader.digits(2);
  if (!hour || !reader.take(":")) return std::nullopt;
  const auto minute = reader.digits(2);
  if (!minute || !reader.take(":")) return std::nullopt;
  const auto second = reader.digits(2);
  if (!second) return std::nullopt;
  if (reader.take(".")) {
    if (!reader.digits(1)) return std::nullopt;
    reader.skip_digits();
  }
  const auto offset = read_zone(reader);
  if (!offset || !reader.at_end()) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + *offset;
}

std::string format_aws_time(std::chrono::sys_seconds time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(time - days);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace attache
