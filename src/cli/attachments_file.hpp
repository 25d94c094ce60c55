#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <vector>

namespace attache {

/// What a job's attachments say about one root, as far as fetching its input manifest needs it.
struct JobInput {
  std::string root_path;
  std::string location{};       ///< file system location name; empty: none
  std::string manifest_path{};  ///< inputManifestPath; empty: the root has no input files
  std::string manifest_hash{};  ///< inputManifestHash; empty: not stated
};

/// Reads the attachments of a job: a JSON document `{"manifests": [...]}` as CreateJob takes it, or what GetJob
/// answers, which has it as `attachments`. Other members are ignored; null is absent. kInvalidManifest, naming file,
/// index from 0 and member, for anything else.
Result<std::vector<JobInput>> read_attachments_file(const std::string& path);

}  // namespace attache
