#pragma once

#include <attache/cli/exit_status.hpp>
#include <attache/cli/run.hpp>

#include "console.hpp"

#include <string>
#include <vector>

namespace attache {

// The commands of `attache manifest` that work on a store; as in commands.hpp.

/// Which part of which job.
struct JobRequest {
  std::string farm_id;
  std::string queue_id;
  std::string job_id;
  std::string step_id;
  std::string task_id;
  std::string session_action_id;
};

struct ManifestDownloadCommand {
  std::string directory;
  JobRequest job;
  std::string asset_type;                   ///< "input", "output" or "all"; empty: whatever can be found
  std::vector<std::string> keys;            ///< of the bucket, or below the root prefix
  std::vector<std::string> manifest_paths;  ///< as the service's API names them
  std::string name;                         ///< an object's name, or the hash in it
  std::string attachments;                  ///< file
  std::string root;                         ///< of manifests that do not state theirs
  std::string latest_by = "name";
  StoreRequest store;
};
Result<ExitStatus> run_manifest_download(const ManifestDownloadCommand& command, const CliEnvironment& environment,
                                         Console& console);

struct ManifestUploadCommand {
  std::string file;
  std::string prefix;      ///< below Manifests/; only without an asset type
  std::string asset_type;  ///< "input" or "output"; empty: neither
  JobRequest job;
  std::string root;
  std::string root_path_format = "posix";
  std::string location;
  std::string guid;  ///< empty: a random one
  std::string time;  ///< of the session action; empty: now
  std::vector<std::string> tags;
  StoreRequest store;
};
Result<ExitStatus> run_manifest_upload(const ManifestUploadCommand& command, const CliEnvironment& environment,
                                       Console& console);

}  // namespace attache
