#pragma once

#include <attache/base/result.hpp>
#include <attache/manifest/manifest.hpp>
#include <attache/manifest/operations.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace attache {

// Operations on manifests of format 2023-03-03: what the incumbent does with them, and in its order, because canonical
// bytes do not depend on it but reports do. Functions without state and I/O; they do not change their arguments, and
// all paths are accepted. Paths are compared as they are: exactly, with case, without normalisation. A path that occurs
// several times in a manifest counts once, at its first place with the values of its last entry, as in the incumbent's
// tables. None makes a heap object for each entry, and none is worse than O(n log n), whatever the paths.

// --- merge -----------------------------------------------------------------------------------------------------------

/// All files of all manifests: of one path the last entry counts, at the place of the first. `totalSize` is the sum.
/// Nothing for no manifests. A single manifest is returned as it is, with its duplicates and its stated total.
/// Linear: two manifests of a million entries take 0.2 CPU s, and 0.4 if one is in quite another order.
///
/// kInvalidArgument if the sum does not fit 64 bits, or for more than 4,294,967,295 files.
Result<std::optional<Manifest>> merge(std::span<const Manifest* const> manifests);

/// The outputs of several session actions as one: merge() from the oldest to the newest; equal times keep their order.
Result<std::optional<Manifest>> merge_by_time(std::span<const Timed<Manifest>> manifests);

// --- compare ---------------------------------------------------------------------------------------------------------

enum class FileChange : std::uint8_t { kUnchanged, kNew, kModified, kDeleted };
/// "unchanged", "new", "modified", "deleted"
std::string_view to_string(FileChange status);

struct FileDifference {
  FileChange status = FileChange::kUnchanged;
  std::uint32_t index = 0;  ///< of an entry (or file) of the current side; of the reference if it is kDeleted

  friend bool operator==(const FileDifference&, const FileDifference&) = default;
};

/// Every file of either manifest: those of `current` in its order, then the deleted ones in the order of `reference`.
/// Only hashes are compared: another size or time with the same hash is no change. Linear.
Result<std::vector<FileDifference>> compare(const Manifest& reference, const Manifest& current);

/// Whether two times, in microseconds, count as one: they differ by 1 at most. Setting a file's time from microseconds
/// as a float may lose one.
constexpr bool is_same_time(std::int64_t a_us, std::int64_t b_us) {
  return a_us == b_us || (a_us < b_us ? b_us - 1 == a_us : a_us - 1 == b_us);
}

/// A file as the file system shows it.
struct FileStat {
  std::string_view path;
  std::uint64_t size = 0;
  std::int64_t mtime_us = 0;  ///< nanoseconds / 1000, cut off
};

/// What has changed since a manifest was made, without reading a file: only differences, `files` in their order, then
/// the deleted. A file is modified if its size differs, or its time is not the same. Linear.
///
/// The incumbent looks files up by the normalised paths of the manifest but tells deleted ones by the paths as they
/// are, so that `./a` is unchanged and deleted at once (BUG-35); here it is another file than `a`.
Result<std::vector<FileDifference>> compare_stat(const Manifest& manifest, std::span<const FileStat> files);

// --- select ----------------------------------------------------------------------------------------------------------

/// The entries that the predicate accepts, in their order, duplicates included. `totalSize` is their sum.
/// kInvalidArgument if that does not fit 64 bits.
Result<Manifest> filter(const Manifest& manifest, const std::function<bool(const ManifestEntry&)>& accepts);

/// The entries in a directory and below, in their order. Whole components count: `a` selects neither `ab/c` nor a file
/// `a`. A `/` at the end of `directory` means nothing; an empty text or `.` is the root and selects all. Another text
/// must be a RelativePath, or its error is returned. `totalSize` is the sum.
Result<Manifest> select_below(const Manifest& manifest, std::string_view directory);

/// The sizes of all entries together, whatever the document states as `totalSize`; nothing beyond 64 bits.
std::optional<std::uint64_t> sum_of_sizes(const Manifest& manifest);

}  // namespace attache
