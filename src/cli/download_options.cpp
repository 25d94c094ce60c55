#include "command_line.hpp"
#include "commands.hpp"

#include <CLI/CLI.hpp>

namespace attache {

void add_download_options(CLI::App& app, DownloadCommand& command) {
  app.add_option("--include", command.include,
                 "Only files that match, such as 'renders/*.exr'; may be repeated. '*' also matches '/'")
      ->allow_extra_args(false);
  app.add_option("--directory", command.directory, "Only what is in this directory of the manifest");
  app.add_flag("--verify", command.verify,
               "Read files that are there: only one with the right content counts as present");
  app.add_flag("--apply-deletions", command.apply_deletions,
               "Of a diff manifest: remove what it says is deleted, files and then empty directories");
  app.add_option("--chunk-size", command.chunk_size,
                 "By which chunked files were cut; 256MiB by default, as in 'manifest snapshot'");
  app.add_option("--object-cache", command.object_cache,
                 "Directory of objects that were fetched before, shared by any number of downloads");
  app.add_option("--object-cache-size", command.object_cache_size,
                 "What it may hold; what was used longest ago goes first. Default: 50GiB");
  app.add_option("--group", command.group, "Group for new files and the directories on the way to them");
  app.add_option("--file-mode", command.file_mode, "Mode bits to add to new files, octal");
  app.add_option("--dir-mode", command.dir_mode, "Mode bits to add to the directories of new files, octal");
  app.add_flag("--no-resume", command.no_resume,
               "Neither go on where an earlier download ended nor make it possible later");
  app.add_flag("--dry-run", command.dry_run,
               "Say what would be done with every file, and what it would cost; write nothing");
}

}  // namespace attache
