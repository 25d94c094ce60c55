#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/scan/compare_tree.hpp>
#include <attache/transfer/verify.hpp>

#include "command_line.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "tree_selection.hpp"
#include "upkeep_commands.hpp"

#include <fmt/format.h>

#include <utility>

namespace attache {

namespace {

/// One run of the command.
class Verification {
 public:
  Verification(const VerifyCommand& command, const CliEnvironment& environment, Console& console)
      : command_(command), environment_(environment), console_(console) {}

  Result<ExitStatus> run() {
    ATTACHE_ASSIGN(const std::vector<AnyManifest> manifests,
                   read_manifests(command_.manifests, environment_, command_.chunk_size));
    json_.begin_object().member("schemaVersion", std::uint64_t{1}).member("content", command_.content);
    if (command_.root.empty() || !command_.store.uri.empty()) ATTACHE_TRY(check_store(manifests));
    if (!command_.root.empty()) ATTACHE_TRY(check_tree(manifests));
    json_.member("good", good_).end_object();
    console_.print(json_);
    return good_ ? ExitStatus::kOk : ExitStatus::kDamaged;
  }

 private:
  Status check_store(const std::vector<AnyManifest>& manifests) {
    ATTACHE_ASSIGN(const std::unique_ptr<ObjectStore> store, environment_.open_store(command_.store));
    VerifyOptions options;
    ATTACHE_ASSIGN(options.chunk_size, parse_chunk_size(command_.chunk_size));
    options.content = command_.content;
    options.progress = console_.progress("Verifying");
    auto report = verify_manifests(manifests, *store, options, environment_.stop);
    options.progress = {};
    if (!report) return fail(std::move(report).error());
    for (const FaultyContent& fault : report->faults) {
      console_.print(fault_text(fault));
      if (!console_.wants_detail()) continue;
      for (const ContentUse& use : fault.uses) console_.detail("  needed by " + printable(use.path));
    }
    console_.print(
        fmt::format("{}: {} of {} {}, {} of {}{}{}", store->root_uri(), report->good_contents,
                    counted(report->contents, "content", "contents"),
                    command_.content ? "read and right" : "there with the right size", human_size(report->good_bytes),
                    human_size(report->bytes), report->good() ? "" : "; " + fault_counts(report->faults),
                    report->legacy_contents == 0 ? "" : fmt::format("; {} under an old key", report->legacy_contents)));
    write(*store, *report);
    good_ = good_ && report->good();
    return {};
  }

  void write(const ObjectStore& store, const VerifyReport& report) {
    json_.key("store").begin_object().member("uri", store.root_uri());
    json_.member("contents", report.contents).member("bytes", report.bytes);
    json_.member("goodContents", report.good_contents).member("goodBytes", report.good_bytes);
    json_.member("legacyContents", report.legacy_contents);
    json_.member("requests", report.requests).member("listed", report.listed);
    json_.key("faults").begin_array();
    for (const FaultyContent& fault : report.faults) {
      json_.begin_object();
      add_fault(json_, fault, command_.manifests);
      json_.end_object();
    }
    json_.end_array().end_object();
  }

  Status check_tree(const std::vector<AnyManifest>& manifests) {
    TreeSelection selection;
    selection.root = command_.root;
    selection.hidden = true;  // all that the manifest names
    selection.chunk_size = command_.chunk_size;
    json_.key("trees").begin_array();
    for (std::size_t i = 0; i < manifests.size(); ++i) {
      CompareOptions compare;
      ATTACHE_ASSIGN(compare.tree, snapshot_options(selection));
      compare.mode = command_.content ? CompareMode::kDefinitive : CompareMode::kFast;
      compare.tree.progress = console_.progress("Comparing");
      auto found = compare_with(manifests[i], command_.manifests[i], compare, environment_.stop);
      compare.tree.progress = {};
      if (!found) return fail(std::move(found).error());
      report(*found, command_.manifests[i]);
    }
    json_.end_array();
    return {};
  }

  /// What is in the tree and not in the manifest harms nobody: it is counted, and listed for programs.
  void report(const TreeComparison& found, const std::string& file) {
    const std::string root = from_posix_bytes(command_.root);
    const std::vector<std::string> modified = paths_of(found.modified);
    const std::vector<std::string> added = paths_of(found.added);
    for (const std::string& path : found.deleted) console_.print("missing: " + printable(root + "/" + path));
    for (const std::string& path : found.deleted_directories) {
      console_.print("missing: " + printable(root + "/" + path) + "/");
    }
    for (const std::string& path : modified) console_.print("different: " + printable(root + "/" + path));
    report_omissions(found.omissions, console_);
    const bool good = found.deleted.empty() && found.deleted_directories.empty() && modified.empty();
    console_.print(
        fmt::format("{}: {} {} as in {}{}{}", printable(root), counted(found.unchanged_count, "entry", "entries"),
                    command_.content ? "read and right" : "of the right size and time", input_label(file),
                    good ? ""
                         : fmt::format("; {} missing, {} different",
                                       found.deleted.size() + found.deleted_directories.size(), modified.size()),
                    added.empty() ? "" : fmt::format("; {} not in it", counted(added.size(), "file", "files"))));
    json_.begin_object().member("root", root).member("manifest", from_posix_bytes(file));
    json_.member("unchanged", found.unchanged_count);
    add_paths(json_, "missing", found.deleted);
    add_paths(json_, "missingDirectories", found.deleted_directories);
    add_paths(json_, "different", modified);
    add_paths(json_, "extra", added);
    add_omissions(json_, found.omissions);
    json_.end_object();
    good_ = good_ && good;
  }

  const VerifyCommand& command_;
  const CliEnvironment& environment_;
  Console& console_;
  JsonWriter json_;
  bool good_ = true;
};

}  // namespace

Result<ExitStatus> run_verify(const VerifyCommand& command, const CliEnvironment& environment, Console& console) {
  return Verification(command, environment, console).run();
}

void add_verify(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("verify", "Check that a store, or a tree, has what manifests need");
  const auto command = std::make_shared<VerifyCommand>();
  app->add_option("MANIFEST", command->manifests, "Manifest files of either format; one may be '-'")->required();
  app->add_flag("--content", command->content,
                "Read everything and compare the hashes; otherwise only sizes (and, in a tree, times)");
  app->add_option("--root", command->root, "Compare this directory; without --s3-root-uri, instead of a store");
  app->add_option("--chunk-size", command->chunk_size,
                  "Of files with a hash for each chunk; bytes, or a number with KiB, MiB or GiB. Default: 256MiB");
  add_store_options(*app, command->store);
  add_output_options(*app, line.output);
  app->footer(
      "Exit status: 0 all is there, 12 something is missing or wrong; what could not be checked ends with the status "
      "of\n"
      "its error. 'attache repair' puts a store right.\n\n"
      "Example:\n"
      "  attache verify scene.manifest --s3-root-uri s3://my-bucket/my-farm\n"
      "  attache verify scene.manifest --content\n"
      "  attache verify scene.manifest --root /restored/scene");
  choose(*app, line, command, run_verify);
}

}  // namespace attache
