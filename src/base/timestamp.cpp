#include <attache/base/timestamp.hpp>

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

namespace attache {

namespace {

constexpr double kFirst = -62135596800.0;  // 0001-01-01
constexpr double kEnd = 253402300800.0;    // 10000-01-01
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

struct Date {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// The Gregorian date of a day, counted from 0000-03-01. Years that begin in March end with the day that some of them
// lack, so that every unit but the last of its kind has one length. Arithmetic instead of gmtime, which would bring in
// the time zone and whatever the system takes for a clock.
Date date_of(std::int64_t day) {
  constexpr std::int64_t kFourCenturies = 146'097;
  const std::int64_t cycle = day / kFourCenturies;
  const std::int64_t of_cycle = day % kFourCenturies;
  // Without the days by which the years so far were longer than 365.
  const std::int64_t year = (of_cycle - of_cycle / 1'460 + of_cycle / 36'524 - of_cycle / 146'096) / 365;
  const std::int64_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
  const std::int64_t month = (5 * of_year + 2) / 153;  // 0 is March; five months from March or August have 153 days
  return {400 * cycle + year + (month >= 10 ? 1 : 0), month >= 10 ? month - 9 : month + 3,
          of_year - (153 * month + 2) / 5 + 1};
}

}  // namespace

Result<std::string> iso_timestamp(double seconds) {
  if (!(seconds >= kFirst && seconds < kEnd)) {  // not a number is neither
    return fail(ErrorCode::kInvalidArgument, fmt::format("no timestamp can show the time {} s", seconds),
                "give seconds since 1970 in the years 1 to 9999");
  }
  constexpr std::int64_t kDaysTo1970 = 719'468;  // from 0000-03-01
  const double whole = std::trunc(seconds);
  const std::int64_t time = static_cast<std::int64_t>(whole) * kSecond +
                            static_cast<std::int64_t>((seconds - whole) * 1e6) + kDaysTo1970 * kDay;  // positive
  const Date date = date_of(time / kDay);
  const std::int64_t of_day = time % kDay;
  const std::int64_t second = of_day / kSecond;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", date.year, date.month, date.day, second / 3600,
                     second / 60 % 60, second % 60, of_day % kSecond);
}

}  // namespace attache
