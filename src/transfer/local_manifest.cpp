#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/fsio/temporary_file.hpp>
#include <attache/manifest_store/manifest_mapping.hpp>
#include <attache/transfer/local_manifest.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace attache {

Status keep_local_manifest(const LocalManifestPlace& place, std::string_view document) {
  const std::string name = place.s3_key.substr(place.s3_key.rfind('/') + 1);
  const std::string folder = place.name_prefix.empty()
                                 ? std::string(kLocalManifestsDirectory)
                                 : place.name_prefix + "_" + std::string(kLocalManifestsDirectory);
  const std::string directory = join_path(place.directory, folder);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return fail(system_error("cannot make the directory", directory, error.value()));
  ATTACHE_TRY(write_file(join_path(directory, name), document, TemporaryFile::IfExists::kReplace));
  const std::string path = join_path(directory, kManifestMappingFile);
  const std::string line = mapping_line({.local_file = name, .s3_key = place.s3_key});
  // Two programs may do this at a time: appended at once, lines do not mix.
  std::ofstream file(path, std::ios::binary | std::ios::app);
  file.write(line.data(), static_cast<std::streamsize>(line.size()));
  file.close();
  if (!file) return fail(system_error("cannot append to", path, errno == 0 ? EIO : errno));
  return {};
}

}  // namespace attache
