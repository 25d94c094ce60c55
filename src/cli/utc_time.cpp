#include "utc_time.hpp"

#include <fmt/format.h>

#include <array>

namespace attache {

namespace {

// The calendar of std::chrono ends at year 32767, and its conversions are undefined beyond; manifests hold any 64-bit
// number. Algorithms of Howard Hinnant: eras of 400 years that begin on 1 March.

constexpr std::int64_t kSecondMicros = 1'000'000;
constexpr std::int64_t kDayMicros = 86'400 * kSecondMicros;
constexpr std::int64_t kEraDays = 146'097;
constexpr std::int64_t kDaysToEpoch = 719'468;  // from 0000-03-01 to 1970-01-01

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

constexpr std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

constexpr Date date_of(std::int64_t days_since_epoch) {
  const std::int64_t days = days_since_epoch + kDaysToEpoch;
  const std::int64_t era = floor_divide(days, kEraDays);
  const std::int64_t day_of_era = days - era * kEraDays;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
  const std::int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day_of_year - (153 * shifted_month + 2) / 5 + 1};
}

constexpr std::int64_t days_of(const Date& date) {
  const std::int64_t year = date.year - (date.month <= 2 ? 1 : 0);
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
  const std::int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;
  return era * kEraDays + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - kDaysToEpoch;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes parts from the front of a text, until one is not there.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text) {}

  std::int64_t digits(std::size_t count) {
    std::int64_t number = 0;
    for (; count > 0; --count) {
      if (rest_.empty() || !is_digit(rest_.front())) {
        good_ = false;
        return 0;
      }
      number = number * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return number;
  }
  /// One of the characters, or 0.
  char one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void need(std::string_view characters) { good_ = one_of(characters) != 0 && good_; }
  /// The decimals after a full stop as microseconds.
  std::int64_t decimals() {
    std::int64_t micros = 0;
    std::int64_t unit = kSecondMicros / 10;
    good_ = good_ && !rest_.empty() && is_digit(rest_.front());
    for (; !rest_.empty() && is_digit(rest_.front()); unit /= 10) {
      micros += (rest_.front() - '0') * unit;
      rest_.remove_prefix(1);
    }
    return micros;
  }
  bool good() const { return good_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace

std::string utc_text(std::int64_t microseconds) {
  const std::int64_t days = floor_divide(microseconds, kDayMicros);
  const Date date = date_of(days);
  const std::int64_t rest = microseconds % kDayMicros;  // not less days * kDayMicros, which may be beyond 64 bits
  const std::int64_t micros_of_day = rest < 0 ? rest + kDayMicros : rest;
  const std::int64_t second = micros_of_day / kSecondMicros;
  const bool plain = date.year >= 0 && date.year <= 9999;
  return fmt::format("{}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
                     plain ? fmt::format("{:04}", date.year) : fmt::format("{:+05}", date.year), date.month, date.day,
                     second / 3600, second / 60 % 60, second % 60, micros_of_day % kSecondMicros);
}

std::optional<std::int64_t> parse_utc(std::string_view text) {
  Parts parts(text);
  Date date{};
  date.year = parts.digits(4);
  parts.need("-");
  date.month = parts.digits(2);
  parts.need("-");
  date.day = parts.digits(2);
  parts.need("Tt ");
  const std::int64_t hour = parts.digits(2);
  parts.need(":");
  const std::int64_t minute = parts.digits(2);
  parts.need(":");
  const std::int64_t second = parts.digits(2);
  const std::int64_t micros = parts.one_of(".") != 0 ? parts.decimals() : 0;
  std::int64_t offset_minutes = 0;
  if (const char sign = parts.one_of("+-"); sign != 0) {
    const std::int64_t hours = parts.digits(2);
    parts.need(":");
    const std::int64_t minutes = parts.digits(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset_minutes = (sign == '-' ? -1 : 1) * (hours * 60 + minutes);
  } else {
    parts.need("Zz");
  }
  if (!parts.good() || !parts.at_end()) return std::nullopt;
  // 60: a leap second, which the count of seconds does not know; it is the next one.
  if (date.month < 1 || date.month > 12 || date.day < 1 || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = days_of(date);
  if (date_of(days).day != date.day) return std::nullopt;  // 30 February
  return days * kDayMicros + ((hour * 60 + minute - offset_minutes) * 60 + second) * kSecondMicros + micros;
}

}  // namespace attache
