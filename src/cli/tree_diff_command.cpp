#include "tree_diff_command.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/scan/compare_tree.hpp>

#include "manifest_facts.hpp"
#include "manifest_input.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace attache {

namespace {

void print_lines(char letter, const std::vector<std::string>& paths, std::string_view end, Console& console) {
  for (const std::string& path : paths) console.print(fmt::format("{}  {}{}", letter, printable(path), end));
}

}  // namespace

Result<ExitStatus> run_tree_diff(const TreeDiffCommand& command, const CliEnvironment& environment, Console& console) {
  CompareOptions compare;
  ATTACHE_ASSIGN(compare.tree, snapshot_options(command.selection));
  ATTACHE_ASSIGN(const AnyManifest manifest,
                 read_manifest(command.manifest, environment, command.selection.chunk_size));
  // Reading everything again is what --force-rehash is for, so that there is nothing to ask a cache.
  compare.mode = command.force_rehash ? CompareMode::kDefinitive : CompareMode::kFast;
  compare.tree.progress = console.progress("Comparing");
  ATTACHE_ASSIGN(const TreeComparison found, compare_with(manifest, command.manifest, compare, environment.stop));

  const std::vector<std::string> added = paths_of(found.added);
  const std::vector<std::string> modified = paths_of(found.modified);
  print_lines('A', found.added_directories, "/", console);
  print_lines('A', added, "", console);
  print_lines('M', modified, "", console);
  print_lines('D', found.deleted, "", console);
  print_lines('D', found.deleted_directories, "/", console);
  report_omissions(found.omissions, console);
  console.print(found.same()
                    ? fmt::format("Difference: none; {} unchanged", counted(found.unchanged_count, "file", "files"))
                    : fmt::format("Difference: {} added, {} modified, {} deleted, {} unchanged",
                                  counted(added.size(), "file", "files"), modified.size(), found.deleted.size(),
                                  found.unchanged_count));

  JsonWriter json;
  json.begin_object();
  add_paths(json, "new", added);
  add_paths(json, "modified", modified);
  add_paths(json, "deleted", found.deleted);
  if (format_of(manifest) == ManifestFormat::kV2025_12) {
    add_paths(json, "newDirectories", found.added_directories);
    add_paths(json, "deletedDirectories", found.deleted_directories);
  }
  if (command.selection.skip_unreadable) add_omissions(json, found.omissions);
  json.end_object();
  console.print(json);
  return status_of(found.omissions);
}

}  // namespace attache
