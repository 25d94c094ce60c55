#pragma once

#include <attache/base/byte_size.hpp>
#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/paths/path_mapping.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace attache {

/// About 25 million entries; a larger file is something else given by mistake.
inline constexpr std::uint64_t kMaxManifestBytes = 4 * kGiB;

/// A manifest file as the command line names it.
struct ManifestFile {
  std::string path;       ///< host path
  std::string file_name;  ///< last component, WTF-8: by it rules are chosen
  Manifest manifest;
};

/// Reads and decodes; an error names the file.
Result<ManifestFile> read_manifest_file(const std::string& path);
Result<std::vector<ManifestFile>> read_manifest_files(const std::vector<std::string>& paths);

/// Their file names, in order.
std::vector<std::string> file_names(const std::vector<ManifestFile>& files);

/// Reads a path mapping rules file; an error names the file.
Result<std::vector<PathMappingRule>> read_rules_file(const std::string& path);

}  // namespace attache
