#pragma once

#include <attache/cli/run.hpp>
#include <attache/exec/progress.hpp>

#include "json_writer.hpp"

#include <chrono>
#include <fstream>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>

namespace attache {

/// What the user asked to see.
struct OutputOptions {
  bool json = false;
  bool quiet = false;    ///< errors only
  bool verbose = false;  ///< a line per file
  std::string log_file;  ///< everything, with times, appended; empty: none
};

/// Where a command's words go: results to `out`, all else to `err`, everything to the log file. With --json `out` holds
/// exactly one document. Thread-safe.
class Console {
 public:
  Console(const CliEnvironment& environment, OutputOptions options);
  ~Console();

  /// Opens the log file.
  Status open();

  bool wants_json() const { return options_.json; }

  /// From now on standard output belongs to a document that the command writes there: what print() prints for people
  /// goes to standard error. Not with --json, which has that place for the report.
  void give_output_away() { output_given_away_ = true; }

  /// More of the result is wanted than usual (--verbose), in its place among what print() prints.
  bool is_verbose() const { return options_.verbose && !options_.quiet; }

  /// False if detail() would go nowhere: then a line per file need not be made.
  bool wants_detail() const { return (options_.verbose && !options_.quiet) || log_.is_open(); }

  /// A line of the result for people; nothing with --json or --quiet.
  void print(std::string_view line);
  /// The result as JSON; nothing without --json.
  void print(const JsonWriter& document);
  /// A line that only --verbose shows; always logged.
  void detail(std::string_view line);
  /// Something the user should know, though the command goes on. Not silenced by --quiet.
  void warn(std::string_view line);
  /// The same of an error that does not end the command, with its remedy.
  void warn(const Error& error);
  /// Why the command failed, for people and with --json for programs.
  void error(const Error& error);

  /// Draws progress over itself on a terminal; elsewhere says it once every ten seconds.
  ProgressCallback progress(std::string_view action);

 private:
  void log(std::string_view level, std::string_view line);
  void clear_progress_line();
  void draw(std::string_view action, const Progress& progress);

  const CliEnvironment& environment_;
  OutputOptions options_;
  std::mutex mutex_;
  std::ofstream log_;
  bool output_given_away_ = false;
  std::size_t drawn_ = 0;  ///< width of the progress line on the terminal
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_line_ = started_;
};

}  // namespace attache
