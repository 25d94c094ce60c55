#include "describe.hpp"

#include <attache/manifest/canonical_runs.hpp>

namespace attache {

std::vector<std::string> describe(const TreeManifest& manifest) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < manifest.directory_count(); ++i) {
    const auto id = static_cast<DirectoryId>(i);
    if (manifest.is_listed(id)) lines.push_back("d " + manifest.path_of(id));
  }
  CanonicalRuns runs(manifest);
  while (const auto run = runs.next()) {
    for (std::size_t i = run->first; i < run->last; ++i) {
      const FileEntry entry = manifest.file(i);
      const std::string path = manifest.path_of(entry);
      if (entry.data.content == FileContent::kLink) {
        lines.push_back("l " + path + " -> " + std::string(entry.data.link_target));
        continue;
      }
      std::string line = "f " + path + " " + std::to_string(entry.data.size);
      if (entry.data.runnable) line += " x";
      if (entry.data.content == FileContent::kUnhashed) line += " ?";
      if (entry.data.content == FileContent::kChunks) line += " *" + std::to_string(entry.data.chunks.size());
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

std::vector<std::string> describe(const Manifest& manifest) {
  std::vector<std::string> lines;
  for (const ManifestEntry entry : manifest) {
    lines.push_back("f " + std::string(entry.path) + " " + std::to_string(entry.size));
  }
  return lines;
}

std::vector<std::string> describe(const std::vector<Omission>& omissions) {
  std::vector<std::string> lines;
  for (const Omission& omission : omissions) {
    lines.push_back(std::string(to_string(omission.reason)) + " " + omission.path);
  }
  return lines;
}

}  // namespace attache
