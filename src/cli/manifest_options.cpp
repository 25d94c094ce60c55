#include <attache/cli/run.hpp>

#include "command_line.hpp"
#include "manifest_commands.hpp"
#include "tree_diff_command.hpp"

#include <CLI/CLI.hpp>

namespace attache {

namespace {

constexpr const char* kFile = "Manifest of format v2023-03-03 or v2025-12; '-' is standard input";
constexpr const char* kFiles = "Manifests of format v2023-03-03 or v2025-12; one may be '-', standard input";

void add_chunk_size(CLI::App& app, std::string& chunk_size) {
  app.add_option("--chunk-size", chunk_size,
                 "What files with chunk hashes are checked against: bytes, or a number with KiB, MiB or GiB; 'none' "
                 "allows no such files. Default: 256MiB");
}

/// `file` is a text, or one that need not be there.
template <typename Text>
void add_output(CLI::App& app, Text& file, bool& force) {
  app.add_option("-o,--output", file,
                 "File for the manifest; default, and '-': standard output. Required with --json, which prints the "
                 "report there");
  app.add_flag("-f,--force", force, "Replace the output file if it exists");
}

void add_output(CLI::App& app, OutputRequest& output) {
  add_output(app, output.file, output.force);
  app.add_option("--format", output.format,
                 "v2023-03-03 or v2025-12; default: v2023-03-03 if all inputs have it and it can say the result, else "
                 "v2025-12");
}

void add_link_policy(CLI::App& app, std::string& links) {
  app.add_option("--links", links,
                 "For links that lead out of the directory: 'error' (default), or 'exclude' to leave them out");
}

void add_show(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("show", "Say what is in manifests");
  const auto command = std::make_shared<ShowCommand>();
  app->add_option("FILE", command->files, kFiles)->required();
  app->add_flag("-l,--entries", command->entries, "A line for each entry instead of the summary");
  app->add_flag("-t,--tree", command->tree, "The tree with sizes and numbers of files instead of the summary");
  app->add_option("--depth", command->depth, "Directories below the root down to which the tree is shown")
      ->transform(is_count());
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "The lines of --entries: kind (d directory, l link, - file), x executable or D deleted, c in chunks or u not\n"
      "hashed; bytes; time of modification (UTC); path. In the tree, '*' marks executable files.\n\n"
      "Example:\n"
      "  attache manifest show scene.manifest\n"
      "  attache manifest show --entries scene.manifest | grep '\\.exr$'\n"
      "  attache manifest show --tree --depth 2 scene.manifest");
  choose(*app, line, command, run_show);
}

void add_validate(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("validate", "Find everything that is wrong with manifests");
  const auto command = std::make_shared<ValidateCommand>();
  app->add_option("FILE", command->files, kFiles)->required();
  app->add_flag("--strict", command->strict, "Let warnings fail, too");
  app->add_option("--limit", command->limit, "Faults that are listed for each manifest; 0: all. Default: 1000")
      ->transform(is_count());
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Exit status: 0 if all are valid (warnings are allowed without --strict), 3 if not.\n\n"
      "Example:\n"
      "  attache manifest validate *.manifest\n"
      "  attache manifest validate --quiet --strict scene.manifest && echo fine");
  choose(*app, line, command, run_validate);
}

void add_convert(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("convert", "Write a manifest in the other format, or in canonical form");
  const auto command = std::make_shared<ConvertCommand>();
  app->add_option("FILE", command->file, kFile)->required();
  app->add_option("--to", command->output.format, "v2023-03-03 or v2025-12; default: that of the file");
  app->add_option("--links", command->links,
                  "For links, which v2023-03-03 does not have: 'error' (default), 'exclude' to leave them out, or "
                  "'collapse' to put what they lead to in their place");
  add_output(*app, command->output.file, command->output.force);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Nothing is lost on the way to v2025-12. On the way to v2023-03-03 what that format cannot say is dropped and\n"
      "reported: links, empty directories, deletions, execute bits.\n\n"
      "Example:\n"
      "  attache manifest convert old.manifest --to v2025-12 -o new.manifest\n"
      "  attache manifest convert new.manifest --to v2023-03-03 --links collapse > old.manifest");
  choose(*app, line, command, run_convert);
}

constexpr const char* kDiffForms =
    "either two manifests, 'attache manifest diff PARENT CURRENT', or a tree and a manifest of it, 'attache manifest "
    "diff "
    "--root DIRECTORY --manifest FILE'";

/// The two forms of `diff`, of which a command line is one.
struct EitherDiff {
  DiffCommand manifests;
  TreeDiffCommand tree;
};

Result<ExitStatus> run_either_diff(const EitherDiff& command, const CliEnvironment& environment, Console& console) {
  const bool of_tree = !command.tree.selection.root.empty() || !command.tree.manifest.empty();
  const bool of_manifests = !command.manifests.parent.empty() || !command.manifests.current.empty();
  if (of_tree && of_manifests) {
    return fail(ErrorCode::kInvalidArgument, "both two manifests and a tree are given",
                std::string("give ") + kDiffForms);
  }
  if (of_tree) {
    if (command.tree.selection.root.empty() || command.tree.manifest.empty()) {
      return fail(
          ErrorCode::kInvalidArgument,
          command.tree.manifest.empty() ? "--root is given without --manifest" : "--manifest is given without --root",
          std::string("give ") + kDiffForms);
    }
    if (command.manifests.output || command.manifests.list || command.manifests.ignore_hashes ||
        command.manifests.preserve_runnable) {
      return fail(ErrorCode::kInvalidArgument,
                  "--output, --list, --ignore-hashes and --preserve-runnable mean nothing with --root",
                  "leave them out; 'attache manifest snapshot --diff' writes a manifest of what has changed");
    }
    return run_tree_diff(command.tree, environment, console);
  }
  if (command.manifests.parent.empty() || command.manifests.current.empty()) {
    return fail(ErrorCode::kInvalidArgument, "two manifests are needed, or a tree and a manifest of it",
                std::string("give ") + kDiffForms);
  }
  DiffCommand manifests = command.manifests;
  manifests.chunk_size = command.tree.selection.chunk_size;  // one option for both
  return run_diff(manifests, environment, console);
}

void add_diff(CLI::App& parent, CommandLine& line) {
  CLI::App* app =
      parent.add_subcommand("diff", "Make the diff between two snapshots, or say what has changed in a tree");
  const auto command = std::make_shared<EitherDiff>();
  DiffCommand& manifests = command->manifests;
  app->add_option("PARENT", manifests.parent, "Snapshot before; '-' is standard input");
  app->add_option("CURRENT", manifests.current, "Snapshot after; '-' is standard input");
  app->add_flag("--ignore-hashes", manifests.ignore_hashes, "Files of equal size and time are equal");
  app->add_flag("--preserve-runnable", manifests.preserve_runnable, "A change of the execute bit alone is no change");
  app->add_flag("-l,--list", manifests.list,
                "A line for each change: A added, M modified, D deleted. Without --output the list is all: no manifest "
                "is written");
  add_output(*app, manifests.output, manifests.force);
  TreeDiffCommand& tree = command->tree;
  app->add_option("--root", tree.selection.root, "Directory to compare with --manifest");
  app->add_option("--manifest", tree.manifest, "Manifest of that directory, of either format");
  app->add_flag("--force-rehash", tree.force_rehash, "With --root: compare by content, not by size and time");
  add_selection(*app, tree.selection);
  add_output_options(*app, line.output);
  app->footer(
      "Example:\n"
      "  attache manifest diff before.manifest after.manifest --list\n"
      "  attache manifest diff before.manifest after.manifest -o change.manifest\n"
      "  attache manifest diff --root ./scene --manifest scene.manifest");
  choose(*app, line, command, run_either_diff);
}

void add_compose(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("compose", "Lay manifests over each other, or apply diffs to a snapshot");
  const auto command = std::make_shared<ComposeCommand>();
  app->add_option("FILE", command->files,
                  "Snapshots, or diffs, or one snapshot and then the diffs that change it; one may be '-'")
      ->required();
  app->add_flag("--no-parent-check", command->no_parent_check, "Apply diffs to another manifest than their parent");
  add_output(*app, command->output);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Per path the last manifest counts. Diffs alone become one diff.\n\n"
      "Example:\n"
      "  attache manifest compose base.manifest monday.diff tuesday.diff -o now.manifest");
  choose(*app, line, command, run_compose);
}

void add_merge(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("merge", "Make one manifest of the outputs of several tasks");
  const auto command = std::make_shared<MergeCommand>();
  app->add_option("FILE", command->files, kFiles)->required();
  app->add_option("--times", command->times,
                  "How old they are, a time for each, separated by commas: whole numbers, or 2024-02-03T04:05:06Z")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_flag("--by-mtime", command->by_mtime, "They are as old as their files");
  add_output(*app, command->output);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Per path the newest manifest counts; by default those named later are newer.\n\n"
      "Example:\n"
      "  attache manifest merge task-*_output.manifest --by-mtime -o outputs.manifest");
  choose(*app, line, command, run_merge);
}

void add_filter(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("filter", "Keep the entries that patterns select");
  const auto command = std::make_shared<FilterCommand>();
  app->add_option("FILE", command->file, kFile)->required();
  app->add_option("-i,--include", command->include, "Glob of paths to keep; may be repeated; default: everything")
      ->allow_extra_args(false);
  app->add_option("-e,--exclude", command->exclude, "Glob of paths to leave out; may be repeated")
      ->allow_extra_args(false);
  app->add_option(
      "--dialect", command->dialect,
      "What patterns mean: 'design' (default), with {a,b} and \\ before special characters, or 'python', as "
      "`manifest snapshot` takes them");
  app->add_flag("--hidden", command->hidden, "Let wildcards match names that start with a dot in dialect python, too");
  app->add_flag("--ignore-case", command->ignore_case, "Compare without regard to case");
  add_output(*app, command->output);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "`*` and `?` stay within a name; `**` stands for any directories.\n\n"
      "Example:\n"
      "  attache manifest filter scene.manifest -i '**/*.{exr,vdb}' -e 'cache/**' -o images.manifest");
  choose(*app, line, command, run_filter);
}

void add_subtree(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("subtree", "Cut out what lies below a directory, relative to it");
  const auto command = std::make_shared<SubtreeCommand>();
  app->add_option("FILE", command->file, kFile)->required();
  app->add_option("PATH", command->path, "Directory, as the manifest writes it")->required();
  add_link_policy(*app, command->links);
  add_output(*app, command->output);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Example:\n"
      "  attache manifest subtree project.manifest scenes/shot_010 -o shot_010.manifest");
  choose(*app, line, command, run_subtree);
}

void add_partition(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("partition", "Cut a manifest of absolute paths into one for each root");
  const auto command = std::make_shared<PartitionCommand>();
  app->add_option("FILE", command->file, kFile)->required();
  app->add_option("-d,--output-dir", command->directory,
                  "Existing directory for the manifests, which are named after their roots; nothing is replaced")
      ->required();
  app->add_option("--root", command->roots,
                  "Root to cut at; may be repeated. Default: for each file system the deepest directory that holds "
                  "everything")
      ->allow_extra_args(false);
  app->add_option("--referenced", command->referenced, "Path that must lie below a root, too; may be repeated")
      ->allow_extra_args(false);
  app->add_option("--format", command->format, "v2023-03-03 or v2025-12 (default)");
  add_link_policy(*app, command->links);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Example:\n"
      "  attache manifest partition job.manifest --root /mnt/projects --root /mnt/library -d parts");
  choose(*app, line, command, run_partition);
}

void add_join(CLI::App& parent, CommandLine& line) {
  CLI::App* app = parent.add_subcommand("join", "Put a manifest below a directory: the reverse of subtree");
  const auto command = std::make_shared<JoinCommand>();
  app->add_option("FILE", command->file, kFile)->required();
  app->add_option("PREFIX", command->prefix, "Directory; an absolute one makes a manifest of absolute paths")
      ->required();
  add_output(*app, command->output);
  add_chunk_size(*app, command->chunk_size);
  add_output_options(*app, line.output);
  app->footer(
      "Example:\n"
      "  attache manifest join shot_010.manifest /mnt/projects/shot_010 -o job.manifest");
  choose(*app, line, command, run_join);
}

}  // namespace

void add_manifest_tools(CLI::App& parent, CommandLine& line) {
  add_show(parent, line);
  add_validate(parent, line);
  add_convert(parent, line);
  add_diff(parent, line);
  add_compose(parent, line);
  add_merge(parent, line);
  add_filter(parent, line);
  add_subtree(parent, line);
  add_partition(parent, line);
  add_join(parent, line);
}

}  // namespace attache
