#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace attache {

// The file `manifest_s3_mapping` beside local copies of input manifests (incumbent formats, section 4.3): where each
// was stored. A line for each, appended when it was stored:
//   {'local_file': '<file name>', 's3_key': '<whole key in the bucket>'}
// This is not JSON but what Python shows of a dictionary.

struct ManifestMapping {
  std::string local_file;  ///< file name beside the mapping file
  std::string s3_key;      ///< in the bucket, root prefix included

  friend bool operator==(const ManifestMapping&, const ManifestMapping&) = default;
};

/// The name of that file, and of the directory that it and the manifests are in.
inline constexpr std::string_view kManifestMappingFile = "manifest_s3_mapping";
inline constexpr std::string_view kLocalManifestsDirectory = "manifests";

/// A text as Python shows it: in single quotes, or double ones if it holds single but no double quotes. Escaped are
/// the quotes around it, the backslash, and what Unicode 14 does not call printable, lone surrogates too: `\n`, `\x1b`,
/// `\u200b`, `\U000e0001`. The argument is WTF-8.
std::string python_text(std::string_view text);

/// The line for one manifest, with its line break.
std::string mapping_line(const ManifestMapping& mapping);

/// The lines of a mapping file, in order. Members may stand in any order and in either kind of quotes, and others are
/// passed over if their values are texts; a last line without a break counts, empty ones do not. kInvalidManifest,
/// naming the line from 1, for anything else.
Result<std::vector<ManifestMapping>> parse_mapping_file(std::string_view text);

}  // namespace attache
