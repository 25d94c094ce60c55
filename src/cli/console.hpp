#pragma once

#include <attache/cli/run.hpp>
#include <attache/exec/progress.hpp>

#include "json_writer.hpp"

#include <chrono>
#include <fstream>
#include <functional>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace attache {

/// What the user asked to see.
struct OutputOptions {
  bool json = false;         ///< one document
  bool json_events = false;  ///< a line of JSON for each thing that happens; the last one has the document
  bool quiet = false;        ///< errors only
  bool verbose = false;      ///< a line per file
  std::string log_file{};    ///< everything, with times, appended; empty: none
};

/// Where a command's words go: results to `out`, all else to `err`, everything to the log file. With --json `out` holds
/// exactly one document, with --json-events one object a line (docs/progress.md). Thread-safe.
class Console {
 public:
  Console(const CliEnvironment& environment, OutputOptions options);
  ~Console();

  /// Opens the log file.
  Status open();

  bool wants_json() const { return options_.json || options_.json_events; }

  /// From now on standard output belongs to a document that the command writes there: what print() prints for people
  /// goes to standard error. Not with --json, which has that place for the report.
  void give_output_away() { output_given_away_ = true; }

  /// More of the result is wanted than usual (--verbose), in its place among what print() prints.
  bool is_verbose() const { return options_.verbose && !options_.quiet; }

  /// False if detail() would go nowhere: then a line per file need not be made.
  bool wants_detail() const { return (options_.verbose && !options_.quiet) || log_.is_open(); }

  /// A line of the result for people; nothing with --json or --quiet.
  void print(std::string_view line);
  /// The result as JSON, or what is left of it; nothing without --json.
  void print(const JsonWriter& document);
  /// With --json the beginning of the result, taken from a document that may be too long to be held: an object, with a
  /// member at least, in which a value has just ended. print() follows, or error(), which ends the document. With
  /// --json-events nothing: the line that it gets into begins with what is known last. kIo if nobody reads any more
  /// what is printed, in whatever form.
  Status print_part(JsonWriter& document);
  /// A line that only --verbose shows; always logged.
  void detail(std::string_view line);
  /// Something the user should know, though the command goes on. Not silenced by --quiet.
  void warn(std::string_view line);
  /// The same of an error that does not end the command, with its remedy.
  void warn(const Error& error);
  /// Why the command failed, for people and with --json for programs.
  void error(const Error& error);
  /// That standard output took no more.
  static Error cannot_write_result();

  /// Shows progress until the last copy of the callback is gone: drawn over itself on a terminal, below whatever else
  /// is said meanwhile, and cleared at the end; elsewhere a line now and then (progress_display.hpp); with
  /// --json-events an event a second. Where nothing moves for a minute it warns, once. One at a time: a new one takes
  /// the place of the one before. The console must outlive it.
  ProgressCallback progress(std::string_view action);
  /// The same, but it takes the place of the one before only when it is first called.
  ProgressCallback progress_later(std::string_view action);

 private:
  struct Shown;
  class ShownUntilGone;

  void log(std::string_view level, std::string_view line);
  void event(std::string_view type, std::string_view value, const std::function<void(JsonWriter&)>& more = {});
  void warn_locked(std::string_view line);
  void clear_progress_line();
  void draw_progress_line();
  /// Under the lock.
  void show(Shown& shown, std::chrono::steady_clock::time_point now);
  void progress_event(Shown& shown, std::chrono::steady_clock::time_point now);
  void advance(const Shown* of, const Progress& progress);
  void tick(const Shown* of);
  void end_progress(const Shown* of);

  const CliEnvironment& environment_;
  OutputOptions options_;
  std::mutex mutex_;
  std::ofstream log_;
  bool log_failed_ = false;  // which was said
  bool output_given_away_ = false;
  std::string unfinished_;  ///< what ends the document of which a part was printed; empty: there is none
  std::string summary_;     ///< with --json-events: what print() has printed
  std::size_t drawn_ = 0;   ///< width of the progress line on the terminal
  std::shared_ptr<Shown> shown_;
};

}  // namespace attache
