#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace attache {

// Names that are derived from an asset root (incumbent formats, sections 2.3 and 3). A root is hashed as its strict
// UTF-8 bytes, exactly as given: whether it is normalised first (normalise_path) is the caller's contract. A root with
// a lone surrogate (a POSIX directory name that is not UTF-8) has no names: kInvalidArgument.

/// h128(utf8(root)), by which every other name is recognised.
Result<Digest> root_hash(std::string_view root);

/// `<h128(root)>_input`: the object name of an input manifest.
Result<std::string> input_manifest_name(std::string_view root);

/// `<h128(location + root)>_output`: the object name of an output manifest. `location` is a file system location name
/// or empty.
Result<std::string> output_manifest_name(std::string_view location, std::string_view root);

/// `assetroot-` and 20 hex digits of SHAKE-256: the directory of a root in a worker's session directory.
Result<std::string> session_directory_name(std::string_view root);

/// A wall-clock time of the place where it is read, as broken down by the caller.
struct LocalTime {
  int year = 1970;  ///< 1 to 9999
  int month = 1;    ///< 1 to 12
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;  ///< 60 in a leap second
};

/// The longest file name in bytes that common file systems allow.
inline constexpr std::size_t kMaxFileNameBytes = 255;

/// The file name of a snapshot: `<name>-<h128(root)>-<YYYY-MM-DDTHH-MM-SS>.manifest`. Without a name (or with an empty
/// one) it is made of the root by writing `/`, `\` and `:` as `_`; one leading `_` is dropped, also from a given name.
/// `attempt` 2, 3, ... adds `-2`, `-3`, ... before `.manifest`: for a second snapshot within one second.
/// kInvalidArgument if the root is empty and no name is given, if it has no hash, if the name holds `/`, a NUL or
/// invalid text, or if the result is longer than kMaxFileNameBytes (the remedy is to give a name).
Result<std::string> snapshot_file_name(std::string_view root, const std::optional<std::string>& name,
                                       const LocalTime& time, unsigned attempt = 1);

/// True if `file_name` has the form that snapshot_file_name gives for a root with this hash, whatever its name, time
/// and attempt: how a scan leaves out manifests that earlier snapshots wrote into the root.
bool is_snapshot_file_name_of(std::string_view file_name, const Digest& root_hash);

}  // namespace attache
