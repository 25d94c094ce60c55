#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/any_manifest.hpp>
#include <attache/transfer/download.hpp>

#include "commands.hpp"

#include <string>
#include <vector>

namespace attache {

/// One manifest of the command, and where and how it is downloaded.
struct DownloadJob {
  std::string file;         ///< host path
  std::string file_name;    ///< last component, WTF-8: by it rules are chosen
  AnyManifest manifest;     ///< of either format
  std::string destination;  ///< WTF-8
  DownloadOptions options;
  bool lacks_rule = false;  ///< rules were given, and none is for a manifest of this name
};

/// Reads the manifests and the rules, and checks every option.
Result<std::vector<DownloadJob>> download_jobs(const DownloadCommand& command, const CliEnvironment& environment);

}  // namespace attache
