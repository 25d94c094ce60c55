#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/scan/hash_files.hpp>

#include "checksum_list.hpp"
#include "commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace attache {

namespace {

constexpr const char* kStandardInput = "-";
/// Ten million lines of a hundred bytes; a larger file is something else given by mistake.
constexpr std::uint64_t kMaxListBytes = kGiB;

Result<FileHash> hash_standard_input(const CliEnvironment& environment) {
  if (!environment.read_input) return fail(ErrorCode::kIo, "there is no standard input to hash", "name a file");
  std::array<std::byte, 64 * kKiB> buffer{};
  Xxh128Stream stream;
  FileHash result;
  for (;;) {
    ATTACHE_ASSIGN(const std::size_t count, environment.read_input(buffer));
    if (count == 0) break;
    stream.update(std::span(buffer).first(count));
    result.size += count;
  }
  if (environment.stop.stop_requested()) return cancelled();
  result.hash = stream.digest();
  return result;
}

/// hash_files(), of which one may be standard input.
Status hash_inputs(const std::vector<std::string>& files, const CliEnvironment& environment, Console& console,
                   const FileHashed& hashed) {
  std::optional<Result<FileHash>> input;
  std::vector<std::string> paths;
  std::vector<std::size_t> places;  // of the paths among the files
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i] == kStandardInput) {
      input = hash_standard_input(environment);
      if (!*input && input->error().code() == ErrorCode::kCancelled) return cancelled();
      continue;
    }
    paths.push_back(files[i]);
    places.push_back(i);
  }
  std::size_t next = 0;
  const auto hand_on_input = [&](std::size_t before) -> Status {
    if (input && next < before) ATTACHE_TRY(hashed(next, *input));
    return {};
  };
  HashFilesOptions options;
  options.progress = console.progress("Hashing");
  const auto hand_on = [&](std::size_t index, const Result<FileHash>& outcome) -> Status {
    ATTACHE_TRY(hand_on_input(places[index]));
    next = places[index] + 1;
    return hashed(places[index], outcome);
  };
  ATTACHE_TRY(hash_files(paths, options, hand_on, environment.stop));
  return hand_on_input(files.size());
}

/// The exit status of a run in which single files failed: that of the first failure.
class Failures {
 public:
  void add(ExitStatus status) {
    if (count_++ == 0) first_ = status;
  }
  std::uint64_t count() const { return count_; }
  ExitStatus status() const { return count_ == 0 ? ExitStatus::kOk : first_; }

 private:
  std::uint64_t count_ = 0;
  ExitStatus first_ = ExitStatus::kOk;
};

void report_failure(const Error& error, Console& console, JsonWriter& json) {
  console.warn(error);
  json.member("error", error.message());
}

Result<ExitStatus> hash(const HashCommand& command, const CliEnvironment& environment, Console& console) {
  Failures failures;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("algorithm", kHashAlgorithm);
  json.key("files").begin_array();
  ATTACHE_TRY(hash_inputs(command.files, environment, console,
                          [&](std::size_t index, const Result<FileHash>& outcome) -> Status {
                            const std::string& file = command.files[index];
                            json.begin_object().member("path", from_posix_bytes(file));
                            if (outcome) {
                              console.print(checksum_line(outcome->hash, file));
                              json.member("hash", outcome->hash.to_hex()).member("size", outcome->size);
                            } else {
                              failures.add(exit_status_of(outcome.error().code()));
                              report_failure(outcome.error(), console, json);
                            }
                            json.end_object();
                            return {};
                          }));
  json.end_array().member("failed", failures.count()).end_object();
  console.print(json);
  return failures.status();
}

struct CheckTotals {
  std::uint64_t matching = 0;
  std::vector<std::string> different;
  std::uint64_t unreadable = 0;
  std::uint64_t missing = 0;  ///< with --ignore-missing
  std::uint64_t malformed_lines = 0;
};

Status check_list(const std::string& file, const HashCommand& command, const CliEnvironment& environment,
                  Console& console, JsonWriter& json, CheckTotals& totals, Failures& failures) {
  ATTACHE_ASSIGN(const std::string text, read_document(file, environment, kMaxListBytes));
  const ChecksumList list = parse_checksum_list(text);
  if (list.lines.empty()) {
    return fail(ErrorCode::kInvalidManifest, input_name(file) + " has no line with a hash and a file",
                "give a list as 'attache hash' or 'xxhsum -H2' writes it");
  }
  if (!list.malformed.empty()) {
    totals.malformed_lines += list.malformed.size();
    console.warn(fmt::format("{}: {}, the first of them line {}", input_label(file),
                             counted(list.malformed.size(), "malformed line", "malformed lines"),
                             list.malformed.front()));
    if (command.strict) failures.add(ExitStatus::kBadDocument);
  }
  std::vector<std::string> paths;
  for (const ChecksumLine& line : list.lines) paths.push_back(line.name);
  if (file == kStandardInput && std::find(paths.begin(), paths.end(), kStandardInput) != paths.end()) {
    return fail(ErrorCode::kInvalidArgument, "standard input cannot be both the list and a file in it",
                "write the list to a file first");
  }
  return hash_inputs(paths, environment, console, [&](std::size_t index, const Result<FileHash>& outcome) -> Status {
    const ChecksumLine& line = list.lines[index];
    if (!outcome && command.ignore_missing && outcome.error().code() == ErrorCode::kNotFound) {
      ++totals.missing;
      return {};
    }
    const std::string name = printable(from_posix_bytes(line.name));
    json.begin_object().member("path", from_posix_bytes(line.name)).member("expected", line.hash.to_hex());
    if (!outcome) {
      ++totals.unreadable;
      failures.add(exit_status_of(outcome.error().code()));
      console.print(name + ": FAILED to read");
      report_failure(outcome.error(), console, json.member("status", "unreadable"));
    } else if (outcome->hash == line.hash) {
      ++totals.matching;
      console.print(name + ": OK");
      json.member("status", "ok");
    } else {
      totals.different.push_back(from_posix_bytes(line.name));
      failures.add(ExitStatus::kIntegrity);
      console.print(name + ": FAILED");
      json.member("status", "different").member("hash", outcome->hash.to_hex());
    }
    json.end_object();
    return {};
  });
}

Result<ExitStatus> check(const HashCommand& command, const CliEnvironment& environment, Console& console) {
  CheckTotals totals;
  Failures failures;
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("algorithm", kHashAlgorithm);
  json.key("files").begin_array();
  for (const std::string& file : command.files) {
    ATTACHE_TRY(check_list(file, command, environment, console, json, totals, failures));
  }
  json.end_array().member("ok", totals.matching).member("different", std::uint64_t{totals.different.size()});
  json.member("unreadable", totals.unreadable).member("missing", totals.missing);
  json.member("malformedLines", totals.malformed_lines).end_object();
  if (totals.matching + totals.different.size() + totals.unreadable == 0) {
    return fail(ErrorCode::kNotFound, "none of the listed files is there",
                "run the command in the directory that the names in the list begin at");
  }
  if (!totals.different.empty()) {
    console.warn(counted(totals.different.size(), "file does", "files do") +
                 " not have the listed hash: " + some_of(totals.different));
  }
  if (totals.unreadable > 0) console.warn(counted(totals.unreadable, "file", "files") + " could not be read");
  console.print(json);
  return failures.status();
}

}  // namespace

Result<ExitStatus> run_hash(const HashCommand& command, const CliEnvironment& environment, Console& console) {
  if (!command.check && (command.strict || command.ignore_missing)) {
    return fail(ErrorCode::kInvalidArgument, "--strict and --ignore-missing mean something with --check only",
                "add --check, or leave them out");
  }
  ATTACHE_TRY(check_inputs(command.files));
  return command.check ? check(command, environment, console) : hash(command, environment, console);
}

}  // namespace attache
