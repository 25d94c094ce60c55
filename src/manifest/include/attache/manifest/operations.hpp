#pragma once

#include <attache/base/glob.hpp>
#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/manifest/tree_manifest.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attache {

// Operations on manifests of format 2025-12 (spec section 3, decided by section 0.5): functions from manifests to
// manifests. They go by components, never by prefixes of text, and treat every directory above an entry as listed. None
// is worse than O(n log n); all are linear but for names that must be sorted. None changes its arguments, keeps state
// or does I/O. Memory: the result, and for each directory of the arguments a few words.
//
// Errors that any of them can have: kInvalidManifest where the result could not be written: because a link's target
// begins with a directory named `$...` that is not in it any more, because what moves to the top of a manifest is named
// like a drive (`C:`), or because sizes add up to more than 64 bits.

// --- diff and apply --------------------------------------------------------------------------------------------------

struct DiffOptions {
  /// Files of equal size and time count as equal, whatever their hashes: for trees that were not hashed.
  bool ignore_hashes = false;
  /// A change of the execute bit alone is no change: for systems that have none.
  bool preserve_runnable = false;
  /// The parent's manifest_hash() if it is known; else it is computed, which takes an encoding of the parent.
  std::optional<Digest> parent_hash{};
};

/// What turns `parent` into `current`: entries that are new or differ, as they are in `current`, and deletions. A file
/// differs if its kind, link target, size, hash or chunk hashes, or execute bit does, or its time by more than 1 us. A
/// directory that is gone is deleted, with everything in it listed.
Result<SnapshotDiff> diff(const Snapshot& parent, const Snapshot& current, const DiffOptions& options = {});
Result<AbsSnapshotDiff> diff(const AbsSnapshot& parent, const AbsSnapshot& current, const DiffOptions& options = {});

struct ApplyOptions {
  /// Refuse a diff that was made for another manifest. With several diffs each is checked against the result of those
  /// before it, which takes an encoding for each.
  bool check_parent = true;
};

/// The base with the diffs applied in order: first a diff's deletions (a directory goes only when it is empty by then),
/// then what it brings; a file takes the place of a directory and the reverse. Deleting what is not there does nothing.
/// kIntegrity if a parent hash does not fit.
Result<Snapshot> apply_diffs(const Snapshot& base, std::span<const SnapshotDiff* const> diffs,
                             const ApplyOptions& options = {});
Result<AbsSnapshot> apply_diffs(const AbsSnapshot& base, std::span<const AbsSnapshotDiff* const> diffs,
                                const ApplyOptions& options = {});

// --- compose and merge -----------------------------------------------------------------------------------------------

/// Layers laid over each other: per path the last counts, directories are united, and a later file takes the place of
/// an earlier directory with all that is in it, and the reverse. Of diffs a diff with the parent of the first: applying
/// it does what applying them in order does, if each lists all that it deletes, as those of diff() do. Nothing for no
/// layers. Associative, as long as no layer turns a file into a directory or back.
Result<std::optional<Snapshot>> compose(std::span<const Snapshot* const> layers);
Result<std::optional<AbsSnapshot>> compose(std::span<const AbsSnapshot* const> layers);
Result<std::optional<SnapshotDiff>> compose(std::span<const SnapshotDiff* const> layers);
Result<std::optional<AbsSnapshotDiff>> compose(std::span<const AbsSnapshotDiff* const> layers);

template <typename M>
struct Timed {
  const M* manifest = nullptr;
  std::int64_t time = 0;  ///< any unit, e.g. the seconds of S3's LastModified
};

/// The outputs of several session actions as one: compose() from the oldest to the newest; equal times keep their
/// order. Diffs must have one parent, else kInvalidArgument: only then does the order of times make sense.
Result<std::optional<Snapshot>> merge_by_time(std::span<const Timed<Snapshot>> manifests);
Result<std::optional<AbsSnapshot>> merge_by_time(std::span<const Timed<AbsSnapshot>> manifests);
Result<std::optional<SnapshotDiff>> merge_by_time(std::span<const Timed<SnapshotDiff>> manifests);
Result<std::optional<AbsSnapshotDiff>> merge_by_time(std::span<const Timed<AbsSnapshotDiff>> manifests);

// --- filter ----------------------------------------------------------------------------------------------------------

/// Asked for every file, link and deletion, and for every directory that has nothing in it (then `file` is null).
using EntryPredicate = std::function<bool(std::string_view path, const FileEntry* file)>;

/// What the predicate accepts, with the directories above it. A directory that the filter empties goes.
template <typename M>
Result<M> filter(const M& manifest, const EntryPredicate& accepts);

/// What the patterns select. GlobOptions::dialect decides their meaning; an absolute manifest is matched by its
/// whole paths (`/mnt/**`, `C:/**`). Directories that no file below which can be selected are not entered.
template <typename M>
Result<M> filter(const M& manifest, const GlobSet& patterns);

// --- parts of trees, and roots ---------------------------------------------------------------------------------------

/// What to do with a link whose target is outside of the part that is cut out.
enum class LinkPolicy : std::uint8_t {
  kError,    ///< kOutsideRoot, naming link and target
  kExclude,  ///< leave the link out and report it
};

/// Links that were left out: full paths in the manifest that was cut.
using ExcludedLinks = std::vector<std::string>;

struct CutOptions {
  LinkPolicy links = LinkPolicy::kError;
  ExcludedLinks* excluded = nullptr;  ///< receives what kExclude leaves out, if given
};

/// What lies strictly below a directory, relative to it; empty if there is no such directory, as for a path of the
/// other style. `path` is normalised: a backslash counts as `/` unless the path begins with `/`, final slashes vanish;
/// empty gives everything (relative manifests only). kInvalidArgument for empty, `.` or `..` components.
template <typename M>
Result<RelativeOf<M>> subtree(const M& manifest, std::string_view path, const CutOptions& options = {});

/// Like subtree() of an absolute manifest, but what lies outside of the root is an error (kOutsideRoot), not left out.
template <typename M>
Result<RelativeOf<M>> to_relative(const M& manifest, std::string_view root, const CutOptions& options = {});

template <typename M>
struct Part {
  std::string root;  ///< without a final slash, but for `/` itself
  M manifest;
};

struct PartitionOptions {
  /// Roots to cut at, of which none may lie in another; empty: a root per drive and share, and for `/` the deepest
  /// directory that holds all its files, empty directories and `referenced_paths`.
  std::vector<std::string> roots{};
  /// Paths that must lie under a root too, though they are not in the manifest: only without `roots`.
  std::vector<std::string> referenced_paths{};
  CutOptions cut{};
};

/// Cuts an absolute manifest into relative ones, ordered by root; parts without an entry are left out, and so is what
/// lies below none of the given roots. kInvalidArgument for roots that overlap, are relative or malformed.
template <typename M>
Result<std::vector<Part<RelativeOf<M>>>> partition(const M& manifest, const PartitionOptions& options = {});

/// The manifest moved below a directory: the inverse of subtree(). `prefix` is normalised as there; empty gives the
/// manifest itself. Relative prefixes keep a relative manifest. kInvalidArgument for an absolute or malformed prefix,
/// or where a path would get too deep.
template <typename M>
Result<M> join(const M& manifest, std::string_view prefix);

/// The same below an absolute directory.
template <typename M>
Result<AbsoluteOf<M>> to_absolute(const M& manifest, std::string_view root);

}  // namespace attache
