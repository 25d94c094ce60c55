#include "progress_display.hpp"

#include <attache/base/byte_size.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace attache {

namespace {

constexpr std::size_t kSmallestBar = 10;
constexpr std::size_t kLargestBar = 40;

std::string of_total(const std::string& done, const std::string& total, bool known, std::string_view of) {
  return known ? done + std::string(of) + total : done;
}

std::string files_text(const Progress& progress, std::string_view of) {
  return of_total(std::to_string(files_handled(progress)), std::to_string(progress.files_total),
                  progress.files_total != 0, of) +
         " files";
}

std::string bytes_text(const Progress& progress, std::string_view of) {
  return of_total(human_size(bytes_handled(progress)), human_size(progress.bytes_total), progress.bytes_total != 0, of);
}

std::string rate_text(const RateMeter& rate) {
  return human_size(whole_bytes(rate.bytes_per_second())) + "/s";
}

std::string bar_of(unsigned percent, std::size_t width) {
  const std::size_t inside = width - 2;
  const std::size_t full = inside * percent / 100;
  std::string bar(full, '=');
  if (full < inside) bar += '>';
  bar.resize(inside, ' ');
  return "[" + bar + "]";
}

}  // namespace

RateMeter::RateMeter(Time begin, std::chrono::nanoseconds window) : window_(window) {
  samples_.push_back({begin, {}});
}

void RateMeter::add(const Progress& progress, Time now) {
  // Bytes that were taken back: what was before them is no beginning to count from.
  while (samples_.size() > 1 && samples_.front().progress.bytes_done > progress.bytes_done) samples_.pop_front();
  // Of two within a tenth of the window the later one is enough.
  if (samples_.size() > 1 && now - samples_[samples_.size() - 2].time < window_ / 10) samples_.pop_back();
  samples_.push_back({now, progress});
  while (samples_.size() > 2 && now - samples_[1].time >= window_) samples_.pop_front();
}

double RateMeter::per_second(std::uint64_t before, std::uint64_t now) const {
  const double seconds = std::chrono::duration<double>(samples_.back().time - samples_.front().time).count();
  if (seconds <= 0 || now <= before) return 0;
  return static_cast<double>(now - before) / seconds;
}

double RateMeter::bytes_per_second() const {
  return per_second(samples_.front().progress.bytes_done, samples_.back().progress.bytes_done);
}

std::optional<std::chrono::seconds> RateMeter::left() const {
  const Progress& first = samples_.front().progress;
  const Progress& last = samples_.back().progress;
  const bool by_bytes = last.bytes_total != 0;
  const std::uint64_t total = by_bytes ? last.bytes_total : last.files_total;
  const std::uint64_t before = by_bytes ? bytes_handled(first) : files_handled(first);
  const std::uint64_t now = by_bytes ? bytes_handled(last) : files_handled(last);
  if (total == 0) return std::nullopt;
  if (now >= total) return std::chrono::seconds(0);
  const double rate = per_second(before, now);
  if (rate <= 0) return std::nullopt;
  const double seconds = std::ceil(static_cast<double>(total - now) / rate);
  // Beyond 100 hours nobody would believe it.
  if (seconds >= 360'000) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(seconds));
}

std::uint64_t files_handled(const Progress& progress) {
  return progress.files_done + progress.files_skipped;
}

std::uint64_t bytes_handled(const Progress& progress) {
  return progress.bytes_done + progress.bytes_skipped;
}

std::optional<unsigned> percent_of(const Progress& progress) {
  const bool by_bytes = progress.bytes_total != 0;
  const std::uint64_t total = by_bytes ? progress.bytes_total : progress.files_total;
  const std::uint64_t done = by_bytes ? bytes_handled(progress) : files_handled(progress);
  if (total == 0) return std::nullopt;
  if (done >= total && files_handled(progress) >= progress.files_total) return 100;
  return std::min(99U, static_cast<unsigned>(static_cast<double>(done) / static_cast<double>(total) * 100.0));
}

std::string progress_bar(std::string_view action, const Progress& progress, const RateMeter& rate, std::size_t width) {
  const std::optional<unsigned> percent = percent_of(progress);
  std::string head = percent ? fmt::format("{} {:3}%", action, *percent) : std::string(action);
  struct Part {
    std::string text;
    bool shown = false;
  };
  enum : std::size_t { kFiles, kBytes, kRate, kLeft };
  std::array<Part, 4> parts{{{files_text(progress, "/")}, {bytes_text(progress, "/")}, {rate_text(rate)}, {}}};
  if (const auto left = rate.left(); left && left->count() > 0) parts[kLeft].text = duration_text(*left) + " left";
  std::size_t used = head.size();
  for (const std::size_t i : {kBytes, kRate, kLeft, kFiles}) {
    Part& part = parts.at(i);
    if (part.text.empty() || used + 2 + part.text.size() > width) continue;
    part.shown = true;
    used += 2 + part.text.size();
  }
  if (percent && used + 1 + kSmallestBar <= width) {
    head += " " + bar_of(*percent, std::min(kLargestBar, width - used - 1));
  }
  for (const Part& part : parts) {
    if (part.shown) head += "  " + part.text;
  }
  if (head.size() > width) head.resize(width);
  return head;
}

std::string progress_line(std::string_view action, const Progress& progress, const RateMeter& rate) {
  const std::optional<unsigned> percent = percent_of(progress);
  std::string line = std::string(action) + ": ";
  if (percent) line += fmt::format("{}%, ", *percent);
  line += files_text(progress, " of ");
  if (progress.files_skipped != 0) line += fmt::format(" ({} already there)", progress.files_skipped);
  line += ", " + bytes_text(progress, " of ") + ", " + rate_text(rate);
  if (const auto left = rate.left(); left && left->count() > 0) line += ", " + duration_text(*left) + " left";
  return line;
}

bool LineSchedule::due(const Progress& progress, Time now) {
  const unsigned percent = percent_of(progress).value_or(0);
  const auto passed = now - last_;
  const bool tenth = percent >= last_percent_ + 10;
  if (passed < std::chrono::seconds(tenth ? 10 : 60)) return false;
  last_ = now;
  last_percent_ = percent;
  return true;
}

std::string duration_text(std::chrono::seconds duration) {
  const auto seconds = duration.count();
  if (seconds < 3600) return fmt::format("{}:{:02}", seconds / 60, seconds % 60);
  return fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

}  // namespace attache
