#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/path_format.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

/// One asset root of a job: where it was, and which manifest says what is in it (incumbent formats, section 5).
struct ManifestProperties {
  std::string root_path{};
  PathFormat root_path_format = PathFormat::kPosix;
  std::string file_system_location_name{};  ///< empty: none
  std::string input_manifest_path{};        ///< without `<rootPrefix>/Manifests/`; empty: the root has no input files
  std::string input_manifest_hash{};        ///< as the service says it: any text
  /// Relative to root_path, in its format's separators; `.` is the root.
  std::vector<std::string> output_relative_directories{};
  friend bool operator==(const ManifestProperties&, const ManifestProperties&) = default;
};

/// How a worker gets the files: copied before the task, or mounted.
enum class JobAttachmentsFileSystem { kCopied, kVirtual };

/// "COPIED" or "VIRTUAL".
std::string_view to_string(JobAttachmentsFileSystem file_system);
/// The reverse, case-sensitive.
std::optional<JobAttachmentsFileSystem> parse_file_system(std::string_view text);

/// The `attachments` of CreateJob and GetJob.
struct Attachments {
  std::vector<ManifestProperties> manifests{};
  JobAttachmentsFileSystem file_system = JobAttachmentsFileSystem::kCopied;
  friend bool operator==(const Attachments&, const Attachments&) = default;
};

/// {"rootPath", "fileSystemLocationName"?, "rootPathFormat", "inputManifestPath"?, "inputManifestHash"?,
/// "outputRelativeDirectories"?} in this order; what is empty is left out. ASCII, without white space.
std::string encode_manifest_properties(const ManifestProperties& properties);
/// {"manifests", "fileSystem"}.
std::string encode_attachments(const Attachments& attachments);

/// Reads one object of that form. rootPath and rootPathFormat ("posix" or "windows") must be there; null is absent,
/// other keys are ignored. kInvalidArgument names the key.
Result<ManifestProperties> parse_manifest_properties(std::string_view json);
/// Reads the attachments of a job, or what GetJob answers, which has them as `attachments`. Nothing for an empty object
/// or null, and for an answer without them: the job has none. A missing fileSystem is COPIED. kInvalidArgument names
/// the manifest by its index, from 0, and the key.
Result<std::optional<Attachments>> parse_attachments(std::string_view json);

}  // namespace attache
