#include "documents.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/file.hpp>
#include <attache/manifest/codec_v2023.hpp>

namespace attache {

namespace {

constexpr std::uint64_t kMaxRulesBytes = 16 * kMiB;

}  // namespace

Result<ManifestFile> read_manifest_file(const std::string& path) {
  ATTACHE_ASSIGN(const std::string document, read_file(path, kMaxManifestBytes));
  auto manifest = decode_v2023(document);
  if (!manifest) return fail(manifest.error().within("'" + printable(path) + "' is not a usable manifest"));
  const std::size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return ManifestFile{path, from_posix_bytes(name), *std::move(manifest)};
}

Result<std::vector<ManifestFile>> read_manifest_files(const std::vector<std::string>& paths) {
  std::vector<ManifestFile> files;
  files.reserve(paths.size());
  for (const std::string& path : paths) {
    ATTACHE_ASSIGN(ManifestFile file, read_manifest_file(path));
    files.push_back(std::move(file));
  }
  return files;
}

std::vector<std::string> file_names(const std::vector<ManifestFile>& files) {
  std::vector<std::string> names;
  names.reserve(files.size());
  for (const ManifestFile& file : files) names.push_back(file.file_name);
  return names;
}

Result<std::vector<PathMappingRule>> read_rules_file(const std::string& path) {
  ATTACHE_ASSIGN(const std::string document, read_file(path, kMaxRulesBytes));
  auto rules = parse_mapping_rules(document);
  if (!rules) {
    // A malformed document, not a wrong flag.
    const Error error = rules.error().within("path mapping rules '" + printable(path) + "'");
    return fail(ErrorCode::kInvalidManifest, error.message(), error.remedy());
  }
  return rules;
}

}  // namespace attache
