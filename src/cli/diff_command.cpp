#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/operations.hpp>

#include "manifest_commands.hpp"
#include "manifest_facts.hpp"
#include "manifest_input.hpp"
#include "manifest_listing.hpp"
#include "manifest_output.hpp"

#include <fmt/format.h>

namespace attache {

namespace {

enum class Change { kNone, kNew, kModified, kDeleted };

/// The paths of a diff by what happened to them. Directories that are only above something are not among them.
struct Changes {
  std::vector<std::string> new_files;
  std::vector<std::string> modified_files;
  std::vector<std::string> deleted_files;
  std::vector<std::string> new_directories;
  std::vector<std::string> deleted_directories;

  /// Where a change of a file or directory belongs; not for Change::kNone.
  std::vector<std::string>& list_of(bool directory, Change change) {
    if (directory) return change == Change::kNew ? new_directories : deleted_directories;
    if (change == Change::kNew) return new_files;
    return change == Change::kModified ? modified_files : deleted_files;
  }
  bool empty() const {
    return new_files.empty() && modified_files.empty() && deleted_files.empty() && new_directories.empty() &&
           deleted_directories.empty();
  }
};

Change change_of(const ListedEntry& entry, const TreeManifest& parent) {
  if (entry.deleted) return Change::kDeleted;
  if (entry.is_directory) return parent.find_directory(entry.path) ? Change::kNone : Change::kNew;
  return parent.find_file(entry.path) ? Change::kModified : Change::kNew;
}

Changes changes_of(const AnyManifest& diff, const TreeManifest& parent) {
  Changes changes;
  for_each_entry(diff, [&](const ListedEntry& entry) {
    const Change change = change_of(entry, parent);
    if (change == Change::kNone) return;
    std::vector<std::string>& list = changes.list_of(entry.is_directory, change);
    list.emplace_back(entry.path);
  });
  return changes;
}

/// "A  a/b.txt", in the order of the diff.
void list(const AnyManifest& diff, const TreeManifest& parent, Console& console) {
  for_each_entry(diff, [&](const ListedEntry& entry) {
    const Change change = change_of(entry, parent);
    if (change == Change::kNone) return;
    constexpr std::string_view kLetters = " AMD";
    const char letter = kLetters[static_cast<std::size_t>(change)];
    const bool link = !entry.is_directory && !entry.deleted && entry.data.content == FileContent::kLink;
    console.print(fmt::format("{}  {}{}{}", letter, printable(entry.path), entry.is_directory ? "/" : "",
                              link ? " -> " + printable(entry.data.link_target) : ""));
  });
}

std::string counts_text(const Changes& changes) {
  std::string text =
      fmt::format("{} added, {} modified, {} deleted", counted(changes.new_files.size(), "file", "files"),
                  changes.modified_files.size(), changes.deleted_files.size());
  if (!changes.new_directories.empty() || !changes.deleted_directories.empty()) {
    text += fmt::format("; {} added, {} deleted", counted(changes.new_directories.size(), "directory", "directories"),
                        changes.deleted_directories.size());
  }
  return text;
}

Result<AnyManifest> difference(const TreeInput& parent, const TreeInput& current, const DiffOptions& options) {
  return std::visit(
      [&](const auto& a, const auto& b) -> Result<AnyManifest> {
        using A = std::decay_t<decltype(a)>;
        using B = std::decay_t<decltype(b)>;
        if constexpr (std::is_same_v<A, B> && A::kKind == ManifestKind::kSnapshot) {
          ATTACHE_ASSIGN(DiffOf<A> difference, diff(a, b, options));
          return AnyManifest(std::move(difference));
        } else {
          for (const TreeInput* input : {&parent, &current}) {
            const TreeManifest& tree = tree_in(input->manifest);
            if (tree.kind() == ManifestKind::kSnapshot) continue;
            return fail(ErrorCode::kInvalidArgument,
                        fmt::format("{} is {}, and a difference is made of two snapshots", input_name(input->file),
                                    type_with_article(tree)),
                        "apply the diff to its snapshot first, with 'attache manifest compose'");
          }
          return fail(differing_type(current, parent));
        }
      },
      parent.manifest, current.manifest);
}

}  // namespace

Result<ExitStatus> run_diff(const DiffCommand& command, const CliEnvironment& environment, Console& console) {
  // Who asks for the list wants to read it: the manifest is written only where it was asked for.
  std::optional<ManifestOutput> output;
  if (command.output || !command.list) {
    ATTACHE_ASSIGN(output, ManifestOutput::open(command.output.value_or("-"), command.force, environment, console));
  }
  const std::vector<std::string> files{command.parent, command.current};
  ATTACHE_ASSIGN(const std::vector<TreeInput> inputs, read_trees(files, environment, command.chunk_size));
  const TreeInput& parent = inputs[0];
  DiffOptions options;
  options.ignore_hashes = command.ignore_hashes;
  options.preserve_runnable = command.preserve_runnable;
  // A diff names the manifest that is there, not what it was converted to.
  options.parent_hash = parent.v2023_hash;
  ATTACHE_ASSIGN(Formatted result, difference(parent, inputs[1], options).map([](AnyManifest&& manifest) {
    return Formatted{std::move(manifest)};
  }));

  const TreeManifest& parent_tree = tree_in(parent.manifest);
  const Changes changes = changes_of(result.manifest, parent_tree);
  if (command.list) list(result.manifest, parent_tree, console);
  const std::uint64_t bytes = totals_of(result.manifest).bytes;
  console.print(changes.empty()
                    ? std::string("Difference: none")
                    : fmt::format("Difference: {}; {} of new content", counts_text(changes), human_size(bytes)));

  JsonWriter report;
  begin_report(report, files);
  add_paths(report, "new", changes.new_files);
  add_paths(report, "modified", changes.modified_files);
  add_paths(report, "deleted", changes.deleted_files);
  add_paths(report, "newDirectories", changes.new_directories);
  add_paths(report, "deletedDirectories", changes.deleted_directories);
  report.member("bytes", bytes);
  if (output) return deliver(result, *output, console, report);
  report.end_object();
  console.print(report);
  return ExitStatus::kOk;
}

}  // namespace attache
