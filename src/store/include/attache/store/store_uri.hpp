#pragma once

#include <attache/base/result.hpp>

#include <string>
#include <string_view>
#include <variant>

namespace attache {

struct S3Location {
  std::string bucket;
  std::string prefix;  ///< never empty; joined to keys by one `/`, whatever it ends with
  friend bool operator==(const S3Location&, const S3Location&) = default;
};

struct DirectoryLocation {
  std::string path;  ///< host path, as given
  friend bool operator==(const DirectoryLocation&, const DirectoryLocation&) = default;
};

using StoreLocation = std::variant<S3Location, DirectoryLocation>;

/// What a user wrote where a store is expected. Pure; touches nothing.
/// - `s3://bucket/prefix`, as the incumbent reads it (incumbent formats, section 4): the scheme in any case, the prefix
///   is taken as it is (no percent-decoding), what follows `?` or `#` is cut off, an empty bucket or prefix is an
///   error. White space and control characters before it are skipped, tabs and line breaks in it dropped.
/// - `file:///path` (or `file://localhost/path`), percent-decoded.
/// - Text without `scheme://`: a path.
/// kInvalidArgument for everything else; the remedy shows the accepted forms. A message never repeats the user part
/// (`user:password@`) of a URL.
Result<StoreLocation> parse_store_uri(std::string_view text);

/// The location as parse_store_uri() would read it.
std::string to_uri(const StoreLocation& location);

}  // namespace attache
