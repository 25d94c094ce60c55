#include "incumbent_time.hpp"

#include <time.h>

#include <cmath>

namespace attache {

namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr double kMicroseconds = 1e6;

struct RoundedTime {
  std::int64_t seconds = 0;
  int microseconds = 0;
};

// As CPython does it: st_mtime is a double (os.stat), and datetime.fromtimestamp splits it with modf. Every step rounds
// as there; a shorter way gives another last digit for one time in six.
RoundedTime round_as_python(std::int64_t mtime_ns) {
  std::int64_t whole = mtime_ns / kNanoseconds;
  std::int64_t rest = mtime_ns % kNanoseconds;
  if (rest < 0) {
    --whole;
    rest += kNanoseconds;
  }
  const double time = static_cast<double>(whole) + 1e-9 * static_cast<double>(rest);
  double seconds = 0;
  double fraction = std::nearbyint(std::modf(time, &seconds) * kMicroseconds);  // half-even is the default mode
  if (fraction >= kMicroseconds) {
    fraction -= kMicroseconds;
    seconds += 1;
  } else if (fraction < 0) {
    fraction += kMicroseconds;
    seconds -= 1;
  }
  return {static_cast<std::int64_t>(seconds), static_cast<int>(fraction)};
}

char* write_digits(char* out, int value, int digits, char end) {
  for (int i = digits; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
  out[digits] = end;
  return out + digits + 1;
}

}  // namespace

IncumbentTime::IncumbentTime(std::int64_t mtime_ns) {
  const RoundedTime time = round_as_python(mtime_ns);
  const auto seconds = static_cast<time_t>(time.seconds);
  struct tm local {};
  constexpr int kFirstYear = 1900;
  if (::localtime_r(&seconds, &local) == nullptr) return;
  const int year = local.tm_year + kFirstYear;
  if (year < 1 || year > 9999) return;
  char* out = text_.data();
  out = write_digits(out, year, 4, '-');
  out = write_digits(out, local.tm_mon + 1, 2, '-');
  out = write_digits(out, local.tm_mday, 2, ' ');
  out = write_digits(out, local.tm_hour, 2, ':');
  out = write_digits(out, local.tm_min, 2, ':');
  out = write_digits(out, local.tm_sec, 2, '.');
  if (time.microseconds != 0) out = write_digits(out, time.microseconds, 6, '\0');
  size_ = static_cast<std::size_t>(out - text_.data()) - 1;
}

}  // namespace attache
