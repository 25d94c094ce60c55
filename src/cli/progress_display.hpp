#pragma once

#include <attache/exec/progress.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

// What progress looks like. Pure: the time is an argument, never earlier than that of a call before.

/// How fast something went in the last seconds.
class RateMeter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Five seconds: steady enough to be read, and soon true again after a pause.
  explicit RateMeter(Time begin, std::chrono::nanoseconds window = std::chrono::seconds(5));

  void add(const Progress& progress, Time now);

  /// Of what was done; what was skipped has not moved.
  double bytes_per_second() const;
  /// Until all is done or skipped, at the rate of both: by bytes, and by files if these have none. Nothing without
  /// totals, or if nothing moves.
  std::optional<std::chrono::seconds> left() const;

 private:
  struct Sample {
    Time time;
    Progress progress;
  };

  double per_second(std::uint64_t before, std::uint64_t now) const;

  const std::chrono::nanoseconds window_;
  std::deque<Sample> samples_;  // oldest first, at least ten to a window; the first is the window's beginning
};

/// Files and bytes that are done or skipped.
std::uint64_t files_handled(const Progress& progress);
std::uint64_t bytes_handled(const Progress& progress);
/// Of the bytes, or of the files if these have none, 0 to 100; nothing without totals. 100 only when all is handled.
std::optional<unsigned> percent_of(const Progress& progress);

/// A line to be drawn over and over, of at most `width` columns (ASCII only): what does not fit is left out, the bar
/// first, then the files, the time left and the rate.
std::string progress_bar(std::string_view action, const Progress& progress, const RateMeter& rate, std::size_t width);

/// A line for a file or a pipe.
std::string progress_line(std::string_view action, const Progress& progress, const RateMeter& rate);

/// When such a line is due: ten seconds after the last (or the beginning) if a tenth more is done by then, and each
/// minute.
class LineSchedule {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit LineSchedule(Time begin) : last_(begin) {}
  /// True: now; and the next accordingly later.
  bool due(const Progress& progress, Time now);

 private:
  Time last_;
  unsigned last_percent_ = 0;
};

/// "0:05", "12:34", "1:02:03".
std::string duration_text(std::chrono::seconds duration);

}  // namespace attache
