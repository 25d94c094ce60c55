#pragma once

#include <attache/base/result.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Looks up an environment variable; nothing if it is not set. Passed in by the front end, so that nothing below reads
/// the process's environment. An empty value counts as not set, as in the AWS tools.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// An environment of fixed variables, for tests and embedders.
Environment environment_of(std::map<std::string, std::string, std::less<>> variables);

/// The value if it is set and not empty.
std::optional<std::string> non_empty(const Environment& environment, std::string_view name);

/// Reads a whole small text file; nothing if it does not exist.
using TextFileReader = std::function<Result<std::optional<std::string>>(const std::string& path)>;

/// The reader over the local file system: kPermissionDenied or kIo naming the path; more than 4 MiB is
/// kInvalidArgument. Besides write_private_file, the only function of this module that touches a file.
Result<std::optional<std::string>> read_text_file(const std::string& path);

/// Replaces a file that holds secrets.
using PrivateFileWriter = std::function<Status(const std::string& path, std::string_view text)>;

/// The writer to the local file system: a temporary file beside it that only its owner can read (mode 0600), fsync, and
/// rename; its directory must exist. kPermissionDenied or kIo naming the path.
Status write_private_file(const std::string& path, std::string_view text);

/// What the AWS settings of a machine and user are read from.
struct AwsHost {
  Environment environment = environment_of({});
  /// The user's home directory, for `~/.aws` and `~` in paths; empty: there are no default files.
  std::string home;
  TextFileReader read_file = read_text_file;
  /// Only for the cached logins of IAM Identity Center, which change when they are refreshed.
  PrivateFileWriter write_private_file = attache::write_private_file;
};

}  // namespace attache
