#include "cache_commands.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/cache/cache_directory.hpp>
#include <attache/cache/cache_upkeep.hpp>

#include "age.hpp"
#include "command_line.hpp"
#include "manifest_facts.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>

namespace attache {

namespace {

constexpr std::array<std::string_view, 2> kFiles{kHashCacheFile, kCheckCacheFile};

double now_in_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void print_facts(const CacheFileFacts& facts, double now, Console& console) {
  const std::string path = printable(from_posix_bytes(facts.path));
  if (!facts.exists) {
    console.print(path + ": not there");
    if (facts.problem) console.print("  Not usable       " + facts.problem->to_string());
    return;
  }
  console.print(path);
  console.print(fmt::format("  Size             {}{}", human_size(facts.bytes),
                            facts.log_bytes > 0 ? fmt::format(" and a log of {}", human_size(facts.log_bytes)) : ""));
  console.print("  Last written     " + age_text(now - static_cast<double>(facts.modified_ns) / 1e9));
  if (facts.problem) {
    console.print("  Not usable       " + facts.problem->to_string());
    return;
  }
  console.print("  Journal mode     " + printable(facts.journal_mode));
  for (const CacheTableFacts& table : facts.tables) {
    console.print(fmt::format("  {:<16} {}", printable(table.name), counted(table.rows, "row", "rows")));
  }
  if (facts.files > 0) console.print(fmt::format("  Files            {} with all of their status", facts.files));
  if (facts.newest_seen) {
    console.print("  Newest row       " + age_text(now - *facts.newest_seen));
    console.print("  Oldest row       " + age_text(now - *facts.oldest_seen));
    console.print(fmt::format("  Expired          {}", facts.expired));
  }
}

void add_facts(const CacheFileFacts& facts, JsonWriter& json) {
  json.begin_object().member("path", from_posix_bytes(facts.path)).member("exists", facts.exists);
  if (facts.exists) {
    json.member("bytes", facts.bytes).member("logBytes", facts.log_bytes).member("modifiedNs", facts.modified_ns);
  }
  if (facts.problem) {
    json.member("problem", facts.problem->to_string());
  } else if (facts.exists) {
    json.member("journalMode", facts.journal_mode).key("tables").begin_array();
    for (const CacheTableFacts& table : facts.tables) {
      json.begin_object().member("name", table.name).member("rows", table.rows).end_object();
    }
    json.end_array().member("files", facts.files).member("expired", facts.expired);
    if (facts.newest_seen) json.member("newestSeen", *facts.newest_seen).member("oldestSeen", *facts.oldest_seen);
  }
  json.end_object();
}

std::string_view to_text(CacheRowState state) {
  switch (state) {
    case CacheRowState::kCurrent:
      return "current";
    case CacheRowState::kStale:
      return "stale";
    case CacheRowState::kMissing:
      return "missing";
    case CacheRowState::kWrong:
      return "wrong";
  }
  return "unknown";
}

}  // namespace

Result<std::string> cache_directory(const std::string& flag, const CliEnvironment& environment) {
  if (!flag.empty()) return flag;
  const std::optional<std::string> home = environment.variable("HOME");
  if (home && !home->empty()) return usual_cache_directory(*home);
  return fail(ErrorCode::kInvalidArgument, "HOME is not set, so there is no usual cache directory",
              "set it, or name the directory with --cache-dir");
}

Result<ExitStatus> run_cache_info(const CacheInfoCommand& command, const CliEnvironment& environment,
                                  Console& console) {
  ATTACHE_ASSIGN(const std::string directory, cache_directory(command.directory, environment));
  const double now = now_in_seconds();
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("directory", from_posix_bytes(directory));
  json.key("files").begin_array();
  for (const std::string_view file : kFiles) {
    const CacheFileFacts facts = inspect_cache_file(directory, file, now);
    print_facts(facts, now, console);
    add_facts(facts, json);
  }
  json.end_array().end_object();
  console.print(json);
  return ExitStatus::kOk;
}

Result<ExitStatus> run_cache_clear(const CacheClearCommand& command, const CliEnvironment& environment,
                                   Console& console) {
  ATTACHE_ASSIGN(const std::string directory, cache_directory(command.directory, environment));
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("directory", from_posix_bytes(directory));
  json.key("files").begin_array();
  for (const std::string_view file : kFiles) {
    ATTACHE_ASSIGN(const ClearedCache cleared, clear_cache_file(directory, file, environment.stop));
    console.print(cleared.removed_file ? fmt::format("{}: removed, it was not usable", file)
                                       : fmt::format("{}: {} removed", file, counted(cleared.rows, "row", "rows")));
    json.begin_object().member("file", file).member("rows", cleared.rows);
    json.member("removedFile", cleared.removed_file).end_object();
  }
  json.end_array().end_object();
  console.print(json);
  return ExitStatus::kOk;
}

Result<ExitStatus> run_cache_verify(const CacheVerifyCommand& command, const CliEnvironment& environment,
                                    Console& console) {
  ATTACHE_ASSIGN(const std::string directory, cache_directory(command.directory, environment));
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1}).member("directory", from_posix_bytes(directory));
  json.key("rows").begin_array();
  VerifyCacheOptions options;
  options.hash = command.hash;
  options.stop = environment.stop;
  options.found = [&](const std::string& path, CacheRowState state) {
    const std::string text = from_posix_bytes(path);
    const std::string line = fmt::format("{}: {}", to_text(state), printable(text));
    // A changed file is everyday life; a wrong hash is what the command is for.
    if (state == CacheRowState::kWrong) {
      console.print(line);
    } else {
      console.detail(line);
    }
    json.begin_object().member("path", text).member("state", to_text(state)).end_object();
  };
  ATTACHE_ASSIGN(const VerifiedCache result, verify_hash_cache(directory, options));
  json.end_array().member("hashed", command.hash).member("current", result.current).member("stale", result.stale);
  json.member("missing", result.missing).member("wrong", result.wrong).member("unreadable", result.unreadable);
  json.member("damaged", result.damaged).member("sound", result.is_sound()).end_object();
  console.print(fmt::format("Current     {}{}", result.current, command.hash ? ", hashed again" : ""));
  console.print(fmt::format("Stale       {} (changed since, not used)", result.stale));
  console.print(fmt::format("Missing     {} (no such file)", result.missing));
  console.print(fmt::format("Unreadable  {}", result.unreadable));
  console.print(fmt::format("Damaged     {} (not used)", result.damaged));
  if (command.hash) console.print(fmt::format("Wrong       {}", result.wrong));
  if (!result.is_sound()) console.print("The cache has wrong or damaged rows; 'attache cache clear' empties it");
  console.print(json);
  return result.is_sound() ? ExitStatus::kOk : ExitStatus::kIntegrity;
}

Result<ExitStatus> run_cache_path(const CachePathCommand& command, const CliEnvironment& environment,
                                  Console& console) {
  ATTACHE_ASSIGN(const std::string directory, cache_directory(command.directory, environment));
  console.print(printable(from_posix_bytes(directory)));
  JsonWriter json;
  json.begin_object().member("schemaVersion", std::uint64_t{1});
  json.member("directory", from_posix_bytes(directory)).end_object();
  console.print(json);
  return ExitStatus::kOk;
}

namespace {

template <typename Command>
CLI::App& add_cache_command(CLI::App& parent, CommandLine& line, const char* name, const char* description,
                            std::shared_ptr<Command> command,
                            Result<ExitStatus> (*run)(const Command&, const CliEnvironment&, Console&)) {
  CLI::App* app = parent.add_subcommand(name, description);
  app->add_option("--cache-dir", command->directory, "Directory of the caches; default: ~/.deadline/cache");
  add_output_options(*app, line.output);
  choose(*app, line, std::move(command), run);
  return *app;
}

}  // namespace

void add_cache(CLI::App& app, CommandLine& line) {
  CLI::App* cache = app.add_subcommand("cache", "Look at the local caches, empty them, check them");
  cache->require_subcommand(1);
  add_cache_command(*cache, line, "info", "Show both cache files: rows by table, sizes, ages",
                    std::make_shared<CacheInfoCommand>(), run_cache_info);
  add_cache_command(*cache, line, "clear", "Empty both caches, without asking; also while they are in use",
                    std::make_shared<CacheClearCommand>(), run_cache_clear);
  const auto verify = std::make_shared<CacheVerifyCommand>();
  CLI::App& verify_app = add_cache_command(*cache, line, "verify", "Compare the hash cache with the files on disk",
                                           verify, run_cache_verify);
  verify_app.add_flag("--hash", verify->hash, "Read and hash every file that has not changed, too");
  verify_app.footer(
      "Rows of files that have changed are harmless and do not count as a fault. Exit status 6: a row is damaged, or\n"
      "has another hash than an unchanged file. Only rows that Attache wrote can be checked.");
  add_cache_command(*cache, line, "path", "Print the directory of the caches", std::make_shared<CachePathCommand>(),
                    run_cache_path);
}

}  // namespace attache
