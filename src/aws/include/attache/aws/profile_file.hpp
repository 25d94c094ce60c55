#pragma once

#include <attache/base/result.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// The two files of shared AWS settings name their sections differently.
enum class ProfileFileKind {
  kConfig,       ///< ~/.aws/config: `[profile x]`, `[default]`, `[services x]`, `[sso-session x]`
  kCredentials,  ///< ~/.aws/credentials: `[x]`
};

/// The settings of one section. Names are lower case. A nested setting (`s3 =` and indented `addressing_style = path`)
/// is `s3.addressing_style`.
using ProfileSettings = std::map<std::string, std::string, std::less<>>;

/// What one or more files say. Later settings win over earlier ones of the same section and name.
struct ProfileFile {
  std::map<std::string, ProfileSettings, std::less<>> profiles;
  std::map<std::string, ProfileSettings, std::less<>> services;      ///< `[services x]`
  std::map<std::string, ProfileSettings, std::less<>> sso_sessions;  ///< `[sso-session x]`

  /// The setting of a profile, if it is there and not empty.
  std::optional<std::string> find(std::string_view profile, std::string_view setting) const;
  /// Adds what `other` says; `other` wins.
  void merge(const ProfileFile& other);
};

/// Parses one file. Lines starting with `#` or `;` are comments, as is ` #` or ` ;` after a value; a colon may stand
/// for the equals sign of a setting that is not nested; `[profile default]` wins over `[default]`; a section that comes
/// twice is one section; an indented line continues the value above it, or is a nested setting if that value is empty.
/// Sections of other kinds and, in a config file, sections without `profile` are skipped. A line that is none of these
/// is kInvalidArgument naming file and line, never its text: it may be a secret.
Result<ProfileFile> parse_profile_file(std::string_view text, std::string_view file_name, ProfileFileKind kind);

}  // namespace attache
