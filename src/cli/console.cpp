#include "console.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>

#include <fmt/format.h>

#include <ostream>

namespace attache {

namespace {

constexpr std::chrono::seconds kLineInterval{10};

}  // namespace

Console::Console(const CliEnvironment& environment, OutputOptions options)
    : environment_(environment), options_(std::move(options)) {}

Console::~Console() {
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
  if (options_.json || options_.quiet) return;
  clear_progress_line();
  (output_given_away_ ? environment_.err : environment_.out) << line << '\n';
}

void Console::print(const JsonWriter& document) {
  const std::lock_guard lock(mutex_);
  if (!options_.json) return;
  clear_progress_line();
  environment_.out << document.text() << '\n';
}

void Console::detail(std::string_view line) {
  const std::lock_guard lock(mutex_);
  log("debug", line);
  if (!options_.verbose || options_.quiet) return;
  clear_progress_line();
  environment_.err << line << '\n';
}

void Console::warn(std::string_view line) {
  const std::lock_guard lock(mutex_);
  log("warning", line);
  clear_progress_line();
  environment_.err << "attache: warning: " << line << '\n';
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
  if (!options_.json) return;
  JsonWriter document;
  document.begin_object().member("schemaVersion", std::uint64_t{1}).key("error").begin_object();
  document.member("code", to_string(error.code())).member("message", error.message()).member("remedy", error.remedy());
  document.end_object().end_object();
  environment_.out << document.text() << '\n';
}

ProgressCallback Console::progress(std::string_view action) {
  if (options_.quiet) return {};
  return [this, action = std::string(action)](const Progress& progress) {
    const std::lock_guard lock(mutex_);
    draw(action, progress);
  };
}

void Console::draw(std::string_view action, const Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (!environment_.err_is_terminal && now - last_line_ < kLineInterval) return;
  last_line_ = now;
  const double seconds = std::max(std::chrono::duration<double>(now - started_).count(), 1e-3);
  const auto of_total = [](const std::string& done, const std::string& total, bool known) {
    return known ? done + " of " + total : done;
  };
  const std::string line = fmt::format(
      "{}: {} files, {}, {}/s", action,
      of_total(std::to_string(progress.files_done), std::to_string(progress.files_total), progress.files_total != 0),
      of_total(human_size(progress.bytes_done), human_size(progress.bytes_total), progress.bytes_total != 0),
      human_size(static_cast<std::uint64_t>(static_cast<double>(progress.bytes_done) / seconds)));
  if (!environment_.err_is_terminal) {
    environment_.err << line << '\n';
    return;
  }
  clear_progress_line();
  environment_.err << line << std::flush;
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
}

}  // namespace attache
