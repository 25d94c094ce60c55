#include "manifest_file.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/temporary_file.hpp>

namespace attache {

namespace {

/// Manifests of one root within one second that still get a name each.
constexpr unsigned kMaxAttempts = 1000;

std::string path_in(const std::string& directory, const std::string& file_name) {
  return join_path(directory, to_posix_bytes(file_name).value_or(file_name));
}

}  // namespace

Result<std::string> write_manifest_file(const std::string& directory, const std::string& root,
                                        const std::optional<std::string>& name, const LocalTime& now,
                                        std::string_view document) {
  for (unsigned attempt = 1;; ++attempt) {
    ATTACHE_ASSIGN(const std::string file_name, snapshot_file_name(root, name, now, attempt));
    auto written = write_named_file(directory, file_name, document);
    if (written) return written;
    if (written.error().code() != ErrorCode::kAlreadyExists || attempt == kMaxAttempts) return fail(written.error());
  }
}

Result<std::string> write_named_file(const std::string& directory, const std::string& file_name,
                                     std::string_view document) {
  const std::string path = path_in(directory, file_name);
  ATTACHE_TRY(write_file(path, document, TemporaryFile::IfExists::kFail));
  return path;
}

}  // namespace attache
