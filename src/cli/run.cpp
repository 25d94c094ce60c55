#include <attache/base/number.hpp>
#include <attache/base/text.hpp>
#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "command_line.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "suggestion.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <ostream>
#include <string>

namespace attache {

void add_output_options(CLI::App& app, OutputOptions& output) {
  app.add_flag("--json", output.json, "Print the result as one JSON document (and nothing else) on standard output");
  app.add_flag("--json-events", output.json_events,
               "Print one line of JSON for each progress report, warning and error, and the result as the last one")
      ->excludes("--json");
  app.add_flag("-q,--quiet", output.quiet, "Print errors and warnings only");
  app.add_flag("-v,--verbose", output.verbose, "Print a line per file on standard error");
  app.add_option("--log-file", output.log_file, "Append everything, with times, to this file");
}

CLI::Validator is_count() {
  return {[](std::string& text) {
            const auto count = parse_number<std::uint64_t>(text);
            if (!count) return "'" + printable(text) + "' is no count";
            text = std::to_string(*count);
            return std::string();
          },
          ""};
}

void add_selection(CLI::App& app, TreeSelection& selection) {
  app.add_option("-i,--include", selection.include,
                 "Glob of files to include, relative to the root; may be repeated; default: **/*")
      ->allow_extra_args(false);
  app.add_option("-e,--exclude", selection.exclude, "Glob of files to leave out; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--include-exclude-config", selection.config,
                 "JSON with the lists 'include' and 'exclude', or a file that holds it; counts without -i and -e");
  app.add_flag("--hidden", selection.hidden,
               "Include files and directories whose name starts with a dot (v2025-12 always does)");
  app.add_option("--symlinks", selection.symlinks,
                 "collapse-escaping (default of v2025-12), collapse-all (of v2023-03-03), preserve, "
                 "transitive-include-targets, exclude-all or exclude-escaping");
  app.add_option("--chunk-size", selection.chunk_size,
                 "v2025-12: larger files have a hash for each chunk; bytes, or a number with KiB, MiB or GiB, or "
                 "'none'. Default: 256MiB");
  app.add_flag("--skip-unreadable", selection.skip_unreadable,
               "Leave out what cannot be read, say what, and end with exit status 11");
}

void add_store_options(CLI::App& app, StoreRequest& store) {
  app.add_option(
      "--s3-root-uri", store.uri,
      "Where the content is: s3://bucket/prefix, file:///directory or a directory. Default: the embedded store "
      "in $XDG_DATA_HOME/attache/store (or ~/.local/share/attache/store)");
  app.add_option("--profile", store.profile, "Profile of ~/.aws/config and ~/.aws/credentials");
  app.add_option("--region", store.region, "Region of the bucket");
  app.add_option("--endpoint-url", store.endpoint_url,
                 "URL of an S3 service other than AWS, e.g. http://127.0.0.1:7070");
  app.add_option("--expected-bucket-owner", store.expected_bucket_owner,
                 "Account that the bucket must belong to; default: that of the credentials, if they name it");
  app.add_flag("--requester-pays", store.requester_pays,
               "Pay for requests and traffic, as some buckets of other accounts demand");
  app.add_option(
      "--memory-budget", store.memory_budget,
      "Memory for content on its way to and from S3; bytes, or a number with KiB, MiB or GiB. Default: 256MiB");
  app.add_option("--limit-rate", store.limit_rate,
                 "Bytes per second to and from the store, as an average over seconds; bytes, or a number with KiB, MiB "
                 "or GiB. Default: no limit");
  app.add_option("--concurrency", store.concurrency,
                 "Requests to the store at a time. Default: up to 384 for S3, fewer while it is overloaded")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}));
}

namespace {

void add_manifests(CLI::App& app, std::vector<std::string>& manifests) {
  app.add_option(
         "-m,--manifests", manifests,
         "Manifest file; may be repeated. Its name must contain the hash of its root, as `manifest snapshot` writes it")
      ->required()
      ->allow_extra_args(false);
}

void add_snapshot(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("snapshot", "Hash the files below a directory and write their manifest");
  const auto command = std::make_shared<SnapshotCommand>();
  app->add_option("--root", command->selection.root, "Directory to take the snapshot of")->required();
  app->add_option("-d,--destination", command->destination, "Directory for the manifest; default: the root");
  app->add_option("-n,--name", command->name, "First part of the manifest's file name; default: made of the root");
  app->add_option("--format", command->format, "v2023-03-03 or v2025-12; default: that of --diff, else v2023-03-03");
  app->add_option("--diff", command->diff,
                  "Manifest of the same root: only what has changed since is written, by size and time; nothing if "
                  "nothing has");
  app->add_flag("--force-rehash", command->force_rehash, "Read every file: no hash cache, and --diff by content");
  add_selection(*app, command->selection);
  app->add_flag("--no-cache", command->selection.cache.off, "Use no hash cache");
  app->add_option("--cache-dir", command->selection.cache.directory,
                  "Directory of the hash cache; default: ~/.deadline/cache, as the incumbent");
  app->add_flag("--trust-incumbent-cache", command->selection.cache.trust_incumbent,
                "Believe hashes that the incumbent cached, which knows files by path and time only");
  add_output_options(*app, line.output);
  app->footer(
      "In v2023-03-03 links are followed; what such a manifest cannot hold is left out, and said. In v2025-12 links\n"
      "that stay inside are kept, and --diff writes a diff manifest, with deletions.\n\n"
      "Example:\n"
      "  attache manifest snapshot --root ./scene --destination . --exclude '**/*.tmp'\n"
      "  attache manifest snapshot --root ./scene -d . --diff scene-before.manifest");
  choose(*app, line, command, run_snapshot);
}

void add_upload(CLI::App& parent, CommandLine& line) {
  CLI::App* app =
      parent.add_subcommand("upload", "Store the files of manifests, or of a directory, under their hashes");
  const auto command = std::make_shared<UploadCommand>();
  app->add_option(
         "-m,--manifests", command->manifests,
         "Manifest file; may be repeated. Its name must contain the hash of its root, as `manifest snapshot` writes it")
      ->allow_extra_args(false);
  app->add_option("-r,--root-dirs", command->root_dirs,
                  "Directory that a manifest was made of, spelled as it was then; may be repeated")
      ->allow_extra_args(false);
  app->add_option("--path-mapping-rules", command->path_mapping_rules,
                  "Rules file instead of --root-dirs: the files of source_path are read below destination_path");
  app->add_option("--root", command->selection.root,
                  "Directory to hash and upload in one go, instead of manifests; a new file is read once");
  app->add_option("-d,--destination", command->destination,
                  "With --root: directory for the manifest; default: the root");
  app->add_option("-n,--name", command->name, "With --root: first part of the manifest's file name");
  app->add_option("--format", command->format, "With --root: v2023-03-03 (default) or v2025-12");
  add_selection(*app, command->selection);
  app->add_option("--upload-manifest-path", command->upload_manifest_path,
                  "Also store the manifests, below Manifests/ and this path");
  app->add_option("--farm-id", command->farm_id, "With --queue-id: store the manifests as input manifests of a job");
  app->add_option("--queue-id", command->queue_id, "The queue of the job");
  app->add_option("--guid", command->guid, "Folder of the input manifest; default: a random one for each");
  app->add_option("--manifest-write-dir", command->manifest_write_dir,
                  "Keep a copy of each input manifest in manifests/ below this directory, and say in "
                  "manifest_s3_mapping where it is stored");
  app->add_flag("--trust-check-cache", command->trust_check_cache,
                "Believe the check cache if a sample of it holds; such objects are reported as assumed. Default: every "
                "object is seen in the store, with its size, before success is reported");
  app->add_flag("--force-s3-check,!--no-force-s3-check", command->force_s3_check,
                "Ask for every object by itself, whatever the check cache says");
  app->add_flag("--keep-times", command->keep_times,
                "Objects in a directory get the times of the files, as in the incumbent's debug snapshots");
  app->add_flag("--dry-run", command->dry_run,
                "Send nothing: say what would be sent, why, in how many requests and for how much");
  app->add_flag("--no-cache", command->selection.cache.off, "Use no caches, and remember nothing for the next run");
  app->add_option("--cache-dir", command->selection.cache.directory,
                  "Directory of the hash cache, the check cache, and the journal of large files; default: "
                  "~/.deadline/cache, as the incumbent");
  app->add_flag("--trust-incumbent-cache", command->selection.cache.trust_incumbent,
                "With --root: believe hashes that the incumbent cached, which knows files by path and time only");
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "What is already stored is found and not sent again. What is sent is what was hashed, or is hashed again. Large\n"
      "files that were interrupted go on where they ended.\n\n"
      "Example:\n"
      "  attache attachment upload -m ./scene-*.manifest -r ./scene --s3-root-uri s3://my-bucket/my-farm\n"
      "  attache attachment upload --root ./scene -d . --s3-root-uri s3://my-bucket/my-farm --dry-run");
  choose(*app, line, command, run_upload);
}

void add_download(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("download", "Restore the files of manifests, verified");
  const auto command = std::make_shared<DownloadCommand>();
  add_manifests(*app, command->manifests);
  app->add_option(
      "--path-mapping-rules", command->path_mapping_rules,
      "Rules file: JSON array of source_path_format, source_path and destination_path. A manifest without a rule "
      "goes into a directory of its own name in the current directory");
  app->add_option(
      "--conflict-resolution", command->conflict_resolution,
      "For files that exist: SKIP keeps them, OVERWRITE replaces them, CREATE_COPY (default) writes 'name (1)'");
  add_download_options(*app, *command);
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "A file appears under its name only when all its bytes are there and have the right hash. What was interrupted "
      "is\n"
      "gone on with when the same command is run again.\n\n"
      "Example:\n"
      "  attache attachment download -m ./scene-*.manifest --s3-root-uri s3://my-bucket/my-farm "
      "--path-mapping-rules rules.json");
  choose(*app, line, command, run_download);
}

void add_hash(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("hash", "Print or check the XXH3-128 hashes of files");
  const auto command = std::make_shared<HashCommand>();
  app->add_option("FILE", command->files, "Files, or, with --check, lists of hashes and files; one may be '-'")
      ->required();
  app->add_flag("-c,--check", command->check, "Compare files with the hashes in lists");
  app->add_flag("--strict", command->strict, "Let malformed lines of a list fail");
  app->add_flag("--ignore-missing", command->ignore_missing, "Pass over listed files that are not there");
  add_output_options(*app, line.output);
  app->footer(
      "Lines are those of 'xxhsum -H2', and either program checks the other's lists.\n"
      "Exit status: 0 done, 6 if a file does not have its hash, 4, 5 or 8 if one could not be read.\n\n"
      "Example:\n"
      "  attache hash scene/*.exr > scene.xxh128\n"
      "  attache hash --check --quiet scene.xxh128 && echo intact");
  choose(*app, line, command, run_hash);
}

/// The parser of the whole command; what it finds goes into `line`.
void build(CLI::App& app, CommandLine& line) {
  app.name("attache");
  app.set_version_flag("--version", "attache " ATTACHE_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Example:\n"
      "  attache manifest snapshot --root ./scene --destination .\n"
      "  attache attachment upload -m ./scene-*.manifest -r ./scene\n"
      "  mkdir restored && cd restored && attache attachment download -m ../scene-*.manifest\n\n"
      "Exit status: 0 done, 2 wrong usage, 3 malformed document, 4 not found, 5 refused, 6 wrong bytes,\n"
      "7 path outside its root, 8 local disk, 9 network or service, 10 different files kept, 11 unreadable files left "
      "out,\n12 content missing or wrong, 130 cancelled, 1 other.");
  CLI::App* manifest = app.add_subcommand("manifest", "Make, inspect, combine and cut manifests");
  manifest->require_subcommand(1);
  add_snapshot(*manifest, line);
  add_manifest_tools(*manifest, line);
  add_manifest_store(*manifest, line);
  CLI::App* attachment = app.add_subcommand("attachment", "Move the files of manifests to and from a store");
  attachment->require_subcommand(1);
  add_upload(*attachment, line);
  add_download(*attachment, line);
  add_hash(app, line);
  add_cache(app, line);
  add_store(app, line);
  add_verify(app, line);
  add_repair(app, line);
  add_paths(app, line);
}

/// Where in the command tree the arguments end up, for suggestions.
const CLI::App& reached(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : reached(*chosen.front());
}

/// "attache manifest snapshot"
std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : full_name(*parent) + " " + app.get_name();
}

std::vector<std::string> known_words(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::App* subcommand : app.get_subcommands([](const CLI::App*) { return true; })) {
    words.push_back(subcommand->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

int usage_error(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& args,
                const CliEnvironment& environment) {
  const CLI::App& place = reached(app);
  environment.err << "attache: error: " << printable(error.what()) << '\n';
  const std::vector<std::string> words = known_words(place);
  for (const std::string& arg : args) {
    const std::string word = arg.substr(0, arg.find('='));
    if (std::find(words.begin(), words.end(), word) != words.end()) continue;
    if (const auto close = closest(word, words)) {
      environment.err << "  did you mean '" << *close << "' instead of '" << printable(word) << "'?\n";
      break;
    }
  }
  environment.err << "  what to do: '" << full_name(place) << " --help' shows what can be given\n";
  return static_cast<int>(ExitStatus::kUsage);
}

int run_or_throw(const std::vector<std::string>& args, const CliEnvironment& environment) {
  CLI::App app("Moves a render job's files through content-addressed storage, verified");
  CommandLine line;
  build(app, line);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // the parser pops from the back
  } catch (const CLI::CallForHelp&) {
    // The library's own usage line would name the last subcommand only.
    const CLI::App& place = reached(app);
    environment.out << place.help(place.get_parent() == nullptr ? "" : full_name(*place.get_parent()));
    return static_cast<int>(ExitStatus::kOk);
  } catch (const CLI::CallForAllHelp&) {
    environment.out << app.help("", CLI::AppFormatMode::All);
    return static_cast<int>(ExitStatus::kOk);
  } catch (const CLI::CallForVersion& version) {
    environment.out << version.what() << '\n';
    return static_cast<int>(ExitStatus::kOk);
  } catch (const CLI::ParseError& error) {
    return usage_error(app, error, args, environment);
  }

  Console console(environment, line.output);
  const auto fail_with = [&console](const Error& error) {
    // Whoever presses Ctrl-C is told how to go on, wherever that was.
    const bool says_nothing = error.code() == ErrorCode::kCancelled && error.remedy().empty();
    console.error(says_nothing ? Error(error.code(), error.message(), "run the same command again") : error);
    return static_cast<int>(exit_status_of(error.code()));
  };
  if (const Status opened = console.open(); !opened) return fail_with(opened.error());
  const Result<ExitStatus> status = line.command(environment, console);
  if (!status) return fail_with(status.error());
  environment.out.flush();
  if (!environment.out) {
    return fail_with(Console::cannot_write_result());
  }
  return static_cast<int>(*status);
}

}  // namespace

std::optional<std::string> embedded_store_path(
    const std::function<std::optional<std::string>(const std::string&)>& variable) {
  // The XDG rules: a relative or empty value counts as not set.
  if (const auto data = variable("XDG_DATA_HOME"); data && data->starts_with('/')) return *data + "/attache/store";
  if (const auto home = variable("HOME"); home && home->starts_with('/')) return *home + "/.local/share/attache/store";
  return std::nullopt;
}

int run(const std::vector<std::string>& args, const CliEnvironment& environment) {
  try {
    return run_or_throw(args, environment);
  } catch (const std::bad_alloc&) {
    environment.err
        << "attache: error: out of memory\n  what to do: close other programs, or use a machine with more\n";
  } catch (const std::exception& exception) {
    environment.err << "attache: error: " << printable(exception.what())
                    << "\n  what to do: this is a defect; please report it\n";
  }
  return static_cast<int>(ExitStatus::kFailure);
}

}  // namespace attache
