#pragma once

#include <attache/base/result.hpp>
#include <attache/paths/attachments.hpp>

#include <string>
#include <vector>

namespace attache {

/// Reads the attachments of a job from a JSON file: what CreateJob takes as `attachments` (parse_attachments), or what
/// GetJob answers, which has it as that member. Nothing for a job without. kInvalidManifest, naming the file, for
/// anything else.
Result<std::vector<ManifestProperties>> read_attachments_file(const std::string& path);

}  // namespace attache
