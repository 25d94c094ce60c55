#pragma once

#include <attache/base/result.hpp>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace attache {

// What every store can hold. A key that one store takes and another refuses would tie a farm to one kind of store.

/// S3's limit on a whole key; a store with a prefix has less.
inline constexpr std::size_t kMaxObjectKeyBytes = 1024;
/// S3's limit on all names and values of an object's user metadata together.
inline constexpr std::size_t kMaxObjectMetadataBytes = 2048;

/// S3's limit on an object's tags.
inline constexpr std::size_t kMaxObjectTags = 10;

/// A key is 1 to 1,024 bytes of UTF-8 in components separated by `/`; no component is empty, `.` or `..`, none starts
/// with `.attache-` (temporary files and metadata of directory stores), and there is no NUL. Anything else is
/// kInvalidArgument: such keys leave a directory, or are rewritten by proxies on their way to a service. (A file system
/// has a further limit, mostly 255 bytes for a component, which a directory store reports when it is met.)
Status check_object_key(std::string_view key);

/// Names are lower-case ASCII letters, digits, `-`, `_` and `.`; values are printable ASCII without a space at either
/// end (HTTP would lose it); at most 2,048 bytes together. Anything else is kInvalidArgument naming the entry.
Status check_object_metadata(std::string_view key, const std::map<std::string, std::string>& metadata);

/// What S3 allows: at most 10 tags; a name of 1 to 128 and a value of at most 256 characters of UTF-8, without control
/// characters; no name starts with `aws:`. Anything else is kInvalidArgument naming the tag.
Status check_object_tags(std::string_view key, const std::map<std::string, std::string>& tags);

}  // namespace attache
