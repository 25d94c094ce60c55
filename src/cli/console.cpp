#include "console.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/exec/stall_detector.hpp>
#include <attache/exec/ticker.hpp>

#include "progress_display.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace attache {

using Time = std::chrono::steady_clock::time_point;

/// Progress that is shown.
struct Console::Shown {
  Shown(std::string_view what, Time now)
      : action(what), rate(now), stall(now), lines(now), event_at(now - std::chrono::seconds(1)) {}

  std::string action;
  Progress progress{};
  RateMeter rate;
  StallDetector stall;
  LineSchedule lines;
  Time event_at;
  bool event_due = false;  ///< something has changed since the last event
  bool warned = false;     ///< of the present standstill
  std::string line{};      ///< on the terminal
  std::unique_ptr<Ticker> ticker{};
};

class Console::ShownUntilGone {
 public:
  ShownUntilGone(Console& console, std::shared_ptr<Shown> shown) : console_(console), shown_(std::move(shown)) {}
  ShownUntilGone(const ShownUntilGone&) = delete;
  ShownUntilGone& operator=(const ShownUntilGone&) = delete;
  ~ShownUntilGone() { console_.end_progress(shown_.get()); }

  void advance(const Progress& progress) { console_.advance(shown_.get(), progress); }

 private:
  Console& console_;
  std::shared_ptr<Shown> shown_;
};

Console::Console(const CliEnvironment& environment, OutputOptions options)
    : environment_(environment), options_(std::move(options)) {}

Console::~Console() {
  const std::lock_guard lock(mutex_);
  clear_progress_line();
}

Status Console::open() {
  if (options_.log_file.empty()) return {};
  log_.open(options_.log_file, std::ios::app);
  if (log_) return {};
  return fail(ErrorCode::kIo, "cannot open the log file '" + printable(options_.log_file) + "'",
              "check that its directory exists and can be written to");
}

void Console::print(std::string_view line) {
  const std::lock_guard lock(mutex_);
  log("info", line);
  if (options_.json_events) {
    if (!summary_.empty()) summary_ += '\n';
    summary_ += line;
  }
  if (wants_json() || options_.quiet) return;
  clear_progress_line();
  (output_given_away_ ? environment_.err : environment_.out) << line << '\n';
  draw_progress_line();
}

void Console::print(const JsonWriter& document) {
  std::shared_ptr<Shown> over;  // goes after the lock: its ticker may be waiting for it
  const std::lock_guard lock(mutex_);
  if (!wants_json()) return;
  clear_progress_line();
  if (options_.json_events) {
    // Whoever asked for progress may not have let go of it yet; the last line is the result.
    if (shown_ && shown_->event_due) progress_event(*shown_, environment_.steady_time());
    over = std::move(shown_);
    event("summary", summary_, [&](JsonWriter& json) { json.key("result").raw_value(document.text()); });
  } else {
    environment_.out << document.text() << '\n';
    unfinished_.clear();
  }
  draw_progress_line();
}

Status Console::print_part(JsonWriter& document) {
  const std::lock_guard lock(mutex_);
  if (options_.json && !options_.json_events) {
    clear_progress_line();
    unfinished_ = document.closing();
    environment_.out << document.take();
    draw_progress_line();
  }
  return environment_.out ? Status() : Status(fail(cannot_write_result()));
}

Error Console::cannot_write_result() {
  return Error(ErrorCode::kIo, "the result could not be written to standard output",
               "check where it goes: a closed pipe or a full disk");
}

void Console::detail(std::string_view line) {
  const std::lock_guard lock(mutex_);
  log("debug", line);
  if (!options_.verbose || options_.quiet) return;
  clear_progress_line();
  environment_.err << line << '\n';
  draw_progress_line();
}

void Console::warn(std::string_view line) {
  const std::lock_guard lock(mutex_);
  warn_locked(line);
}

void Console::warn_locked(std::string_view line) {
  log("warning", line);
  clear_progress_line();
  environment_.err << "attache: warning: " << line << '\n';
  if (options_.json_events) event("warning", line);
  draw_progress_line();
}

void Console::warn(const Error& error) {
  warn(error.remedy().empty() ? error.message() : error.message() + "; " + error.remedy());
}

void Console::error(const Error& error) {
  const std::lock_guard lock(mutex_);
  // Cancelling is what the user asked for, not a failure.
  const bool cancelled = error.code() == ErrorCode::kCancelled;
  log(cancelled ? "info" : "error", error.to_string());
  clear_progress_line();
  environment_.err << "attache: " << (cancelled ? "" : "error: ") << error.message() << '\n';
  if (!error.remedy().empty()) environment_.err << "  what to do: " << error.remedy() << '\n';
  if (options_.json_events) {
    event("error", error.message(),
          [&](JsonWriter& json) { json.member("code", to_string(error.code())).member("remedy", error.remedy()); });
  } else if (options_.json) {
    JsonWriter about;
    about.begin_object().member("code", to_string(error.code())).member("message", error.message());
    about.member("remedy", error.remedy()).end_object();
    // A member of what has begun, if something has, so that this remains one document.
    const std::string before =
        unfinished_.empty() ? R"({"schemaVersion":1)" : unfinished_.substr(0, unfinished_.size() - 1);
    environment_.out << before << R"(,"error":)" << about.text() << "}\n";
    unfinished_.clear();
  }
}

void Console::event(std::string_view type, std::string_view value, const std::function<void(JsonWriter&)>& more) {
  JsonWriter json;
  json.begin_object().member("messageType", type).member("value", value);
  if (more) more(json);
  json.end_object();
  // At once: whoever reads it waits for it.
  environment_.out << json.text() << '\n' << std::flush;
}

ProgressCallback Console::progress(std::string_view action) {
  if (options_.quiet && !options_.json_events && !log_.is_open()) return {};
  auto shown = std::make_shared<Shown>(action, environment_.steady_time());
  if (environment_.progress_tick > std::chrono::milliseconds(0)) {
    shown->ticker = std::make_unique<Ticker>(environment_.progress_tick, [this, of = shown.get()] { tick(of); });
  }
  std::shared_ptr<Shown> before;  // goes after the lock: its ticker may be waiting for it
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(shown_, shown);
  }
  if (before) before->ticker.reset();
  const auto until_gone = std::make_shared<ShownUntilGone>(*this, std::move(shown));
  return [until_gone](const Progress& progress) { until_gone->advance(progress); };
}

ProgressCallback Console::progress_later(std::string_view action) {
  const auto begun = std::make_shared<std::pair<std::once_flag, ProgressCallback>>();
  return [this, begun, what = std::string(action)](const Progress& progress) {
    std::call_once(begun->first, [&] { begun->second = this->progress(what); });
    if (begun->second) begun->second(progress);
  };
}

void Console::advance(const Shown* of, const Progress& progress) {
  const std::lock_guard lock(mutex_);
  if (shown_.get() != of) return;
  shown_->progress = progress;
  shown_->event_due = true;
  show(*shown_, environment_.steady_time());
}

void Console::tick(const Shown* of) {
  const std::lock_guard lock(mutex_);
  if (shown_.get() != of) return;
  show(*shown_, environment_.steady_time());
}

void Console::end_progress(const Shown* of) {
  std::shared_ptr<Shown> gone;  // goes after the lock: its ticker may be waiting for it
  const std::lock_guard lock(mutex_);
  if (shown_.get() != of) return;
  clear_progress_line();
  if (shown_->event_due) progress_event(*shown_, environment_.steady_time());
  gone = std::move(shown_);
}

void Console::show(Shown& shown, Time now) {
  shown.rate.add(shown.progress, now);
  const bool stalled = shown.stall.look(shown.progress, now);
  if (!stalled) shown.warned = false;
  if (stalled && !shown.warned && !options_.quiet) {
    shown.warned = true;
    const auto quiet = std::chrono::duration_cast<std::chrono::seconds>(now - shown.stall.moved_at());
    warn_locked(fmt::format("{}: no file and no block of one was finished for {} s; it goes on waiting and trying",
                            shown.action, quiet.count()));
  }
  if (now - shown.event_at >= std::chrono::seconds(1)) progress_event(shown, now);
  if (shown.lines.due(shown.progress, now)) {
    const std::string line = progress_line(shown.action, shown.progress, shown.rate);
    log("info", line);
    if (!environment_.err_is_terminal && !options_.quiet && !options_.json_events) environment_.err << line << '\n';
  }
  if (!environment_.err_is_terminal || options_.quiet) return;
  // The last column stays empty: a terminal may go to the next line after it.
  const std::size_t width = environment_.terminal_width ? environment_.terminal_width() : 0;
  shown.line = progress_bar(shown.action, shown.progress, shown.rate, width > 1 ? width - 1 : 79);
  draw_progress_line();
}

void Console::progress_event(Shown& shown, Time now) {
  if (!options_.json_events) return;
  shown.event_at = now;
  shown.event_due = false;
  const Progress& progress = shown.progress;
  clear_progress_line();
  event("progress", std::to_string(percent_of(progress).value_or(0)), [&](JsonWriter& json) {
    json.member("action", shown.action);
    json.member("filesDone", progress.files_done).member("filesSkipped", progress.files_skipped);
    json.member("filesTotal", progress.files_total);
    json.member("bytesDone", progress.bytes_done).member("bytesSkipped", progress.bytes_skipped);
    json.member("bytesTotal", progress.bytes_total);
    json.member("bytesPerSecond", whole_bytes(shown.rate.bytes_per_second()));
    if (const auto left = shown.rate.left()) json.member("secondsLeft", std::int64_t{left->count()});
    json.member("stalled", shown.stall.stalled());
  });
}

void Console::draw_progress_line() {
  if (!shown_ || shown_->line.empty()) return;
  const std::string& line = shown_->line;
  // Over itself, without an empty moment between, which would flicker.
  environment_.err << '\r' << line << std::string(drawn_ > line.size() ? drawn_ - line.size() : 0, ' ');
  if (drawn_ > line.size()) environment_.err << '\r' << line;
  environment_.err << std::flush;
  drawn_ = line.size();
}

void Console::clear_progress_line() {
  if (drawn_ == 0) return;
  environment_.err << '\r' << std::string(drawn_, ' ') << '\r' << std::flush;
  drawn_ = 0;
}

void Console::log(std::string_view level, std::string_view line) {
  if (!log_.is_open()) return;
  const LocalTime now = environment_.local_time();
  log_ << fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02} {} {}\n", now.year, now.month, now.day, now.hour, now.minute,
                      now.second, level, line)
       << std::flush;
  if (log_ || std::exchange(log_failed_, true)) return;
  warn_locked(fmt::format("the log file '{}' cannot be written to any more: what follows is not in it",
                          printable(options_.log_file)));
}

}  // namespace attache
