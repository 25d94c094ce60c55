#include <attache/base/guarded.hpp>
#include <attache/base/text.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/manifest/operations.hpp>

#include "operation_support.hpp"

#include <algorithm>

namespace attache {

namespace {

using detail::kNotMade;
using DirectoryRecord = TreeAssembler::DirectoryRecord;

constexpr std::int64_t kSameTimeUs = 1;  // file systems and formats round differently

bool same_time(std::int64_t a, std::int64_t b) {
  const auto difference = a < b ? static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a)
                                : static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b);
  return difference <= static_cast<std::uint64_t>(kSameTimeUs);
}

bool differs(const FileData& a, const FileData& b, const DiffOptions& options) {
  if ((a.content == FileContent::kLink) != (b.content == FileContent::kLink)) return true;
  if (a.content == FileContent::kLink) return a.link_target != b.link_target;
  if (a.size != b.size || !same_time(a.mtime_us, b.mtime_us)) return true;
  if (!options.ignore_hashes &&
      (a.content != b.content || a.hash != b.hash || !std::ranges::equal(a.chunks, b.chunks))) {
    return true;
  }
  return !options.preserve_runnable && a.runnable != b.runnable;
}

// Walks both trees at once, by directory: what both have is compared name by name. Without recursion.
class Differ {
 public:
  Differ(const TreeManifest& parent, const TreeManifest& current, const DiffOptions& options)
      : parent_(parent), current_(current), options_(options), out_(current.style(), ManifestKind::kDiff) {}

  TreeAssembler run() {
    frames_.push_back({DirectoryId::kRoot, DirectoryId::kRoot, TreeAssembler::kRoot, 0, 0});
    compare_files(frames_.back());
    while (!frames_.empty()) {
      if (!step()) frames_.pop_back();
    }
    keep_link_targets_readable();
    return std::move(out_);
  }

 private:
  using Optional = std::optional<DirectoryId>;
  // A directory of either manifest or both, and its counterpart in the diff once something is in it.
  struct Frame {
    Optional parent;
    Optional current;
    std::uint32_t made;
    std::size_t next_parent;
    std::size_t next_current;
  };

  static std::span<const DirectoryId> children(const TreeManifest& tree, const Optional& directory) {
    return directory ? tree.directories_in(*directory) : std::span<const DirectoryId>();
  }

  // Goes into the next directory of the innermost one; false if there is none.
  bool step() {
    Frame& frame = frames_.back();
    const auto old = children(parent_, frame.parent);
    const auto now = children(current_, frame.current);
    const bool more_old = frame.next_parent < old.size();
    const bool more_now = frame.next_current < now.size();
    if (!more_old && !more_now) return false;
    Optional in_parent;
    Optional in_current;
    if (more_old) in_parent = old[frame.next_parent];
    if (more_now) in_current = now[frame.next_current];
    if (in_parent && in_current) {
      const int order = parent_.directory(*in_parent).name.compare(current_.directory(*in_current).name);
      if (order < 0) in_current.reset();
      if (order > 0) in_parent.reset();
    }
    if (in_parent) ++frame.next_parent;
    if (in_current) ++frame.next_current;
    frames_.push_back({in_parent, in_current, kNotMade, 0, 0});  // `frame` is not valid any more
    if (!in_parent || !in_current) make(frames_.size() - 1);
    compare_files(frames_.back());
    return true;
  }

  // The directory in the diff, and those above it.
  std::uint32_t make(std::size_t index) {
    std::size_t first = index;
    while (frames_[first].made == kNotMade) --first;
    for (std::size_t i = first + 1; i <= index; ++i) {
      const Frame& frame = frames_[i];
      const DirEntry entry = frame.current ? current_.directory(*frame.current) : parent_.directory(*frame.parent);
      std::uint32_t flags = entry.is_anchor ? std::uint32_t{DirectoryRecord::kAnchor} : 0U;
      if (!entry.is_anchor && !frame.parent) flags = DirectoryRecord::kListed;
      if (!entry.is_anchor && !frame.current) flags = DirectoryRecord::kListed | DirectoryRecord::kDeleted;
      frames_[i].made = out_.intern(frames_[i - 1].made, entry.name, flags);
    }
    return frames_[index].made;
  }

  void compare_files(const Frame& frame) {
    const std::size_t index = frames_.size() - 1;
    const TreeManifest::FileRange none;
    const TreeManifest::FileRange old = frame.parent ? parent_.files_in(*frame.parent) : none;
    const TreeManifest::FileRange now = frame.current ? current_.files_in(*frame.current) : none;
    std::size_t i = old.first;
    std::size_t j = now.first;
    while (i < old.last || j < now.last) {
      int order = i == old.last ? 1 : j == now.last ? -1 : 0;
      if (order == 0) order = compare_utf16(parent_.file_name(i), current_.file_name(j));
      if (order < 0) {
        out_.add_file(make(index), parent_.file_name(i), FileData::deleted());
      } else if (order > 0 || differs(parent_.file(i).data, current_.file(j).data, options_)) {
        bring(j, make(index));
      }
      if (order <= 0) ++i;
      if (order >= 0) ++j;
    }
  }

  void bring(std::size_t file, std::uint32_t directory) {
    out_.copy_file(current_, file, directory);
    if (current_.content(file) == FileContent::kLink && current_.file(file).data.link_target.starts_with('$')) {
      dollar_links_.push_back(file);
    }
  }

  // A target `$x/y` can be written only beside a directory `$x`: the diff says that it is there, which is true.
  void keep_link_targets_readable() {
    for (const std::size_t file : dollar_links_) {
      const std::string_view target = current_.file(file).data.link_target;
      const std::size_t slash = target.rfind('/');
      if (slash == std::string_view::npos || !current_.find_directory(target.substr(0, slash))) continue;
      TreeAssembler::Place place;
      if (out_.place(target.substr(0, slash), TreeAssembler::kRoot, place)) continue;  // it is the path of a directory
      const std::uint32_t directory = out_.intern(place.directory, place.name);
      if (!out_.is_listed(directory)) out_.list(directory, false);
    }
  }

  const TreeManifest& parent_;
  const TreeManifest& current_;
  const DiffOptions& options_;
  TreeAssembler out_;
  std::vector<Frame> frames_;
  std::vector<std::size_t> dollar_links_;
};

template <typename M>
Result<DiffOf<M>> diff_of(const M& parent, const M& current, const DiffOptions& options) {
  TreeAssembler made = Differ(parent, current, options).run();
  if (options.parent_hash) {
    made.set_parent_hash(*options.parent_hash);
  } else {
    ATTACHE_ASSIGN(const Digest hash, manifest_hash(parent));
    made.set_parent_hash(hash);
  }
  return detail::finish_operation<DiffOf<M>>(std::move(made));
}

}  // namespace

Result<SnapshotDiff> diff(const Snapshot& parent, const Snapshot& current, const DiffOptions& options) {
  return detail::guarded([&] { return diff_of(parent, current, options); });
}

Result<AbsSnapshotDiff> diff(const AbsSnapshot& parent, const AbsSnapshot& current, const DiffOptions& options) {
  return detail::guarded([&] { return diff_of(parent, current, options); });
}

}  // namespace attache
