#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"
#include "tree_selection.hpp"

#include <string>
#include <vector>

namespace attache {

// One aggregate and one function per command. A command prints its own result; an error is printed by run().

struct SnapshotCommand {
  TreeSelection selection;
  std::string destination;
  std::string name;
  std::string format;         ///< "v2023-03-03" or "v2025-12"; empty: that of `diff`, else v2023-03-03
  std::string diff;           ///< a manifest of the same root: only what has changed since is written
  bool force_rehash = false;  ///< hash every file: no cache, no comparison by size and time
};
Result<ExitStatus> run_snapshot(const SnapshotCommand& command, const CliEnvironment& environment, Console& console);

struct HashCommand {
  std::vector<std::string> files;
  bool check = false;  ///< the files are lists of hashes and files
  bool strict = false;
  bool ignore_missing = false;
};
Result<ExitStatus> run_hash(const HashCommand& command, const CliEnvironment& environment, Console& console);

struct UploadCommand {
  std::vector<std::string> manifests;
  std::vector<std::string> root_dirs;
  std::string path_mapping_rules;  ///< file
  TreeSelection selection;         ///< with a root: this tree instead of manifests
  std::string destination;         ///< of the tree's manifest
  std::string name;
  std::string format;
  std::string upload_manifest_path;
  std::string farm_id;  ///< with queue_id: manifests are stored as input manifests of a job
  std::string queue_id;
  std::string guid;
  std::string manifest_write_dir;
  bool trust_check_cache = false;
  bool force_s3_check = false;
  bool keep_times = false;
  bool dry_run = false;
  StoreRequest store;
};
Result<ExitStatus> run_upload(const UploadCommand& command, const CliEnvironment& environment, Console& console);

struct DownloadCommand {
  std::vector<std::string> manifests;
  std::string path_mapping_rules;  ///< file
  std::string conflict_resolution = "CREATE_COPY";
  StoreRequest store;
  bool verify = false;
  std::vector<std::string> include;  ///< filters (base/include_filters.hpp)
  std::string directory;             ///< only what is below it in the manifest
  bool apply_deletions = false;
  std::string chunk_size;
  std::string object_cache;       ///< directory; empty: none
  std::string object_cache_size;  ///< as the user wrote it; empty: the default
  std::string group;              ///< name or number; empty: that of the process
  std::string file_mode;          ///< octal; empty: nothing is added
  std::string dir_mode;
  bool no_resume = false;
  bool dry_run = false;
};
Result<ExitStatus> run_download(const DownloadCommand& command, const CliEnvironment& environment, Console& console);

}  // namespace attache
