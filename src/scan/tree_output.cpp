#include "tree_output.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>

#include "tree_order.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace attache {

namespace {

// As often as it costs nothing, and within 250 ms on any machine.
constexpr std::uint64_t kStopInterval = 16384;

struct Counts {
  std::size_t files = 0;
  std::size_t text = 0;  // bytes of names, or of full paths
};

// The tree without recursion: it may be 10,000 levels deep.
template <typename Visit>
void for_each_directory(ScanDirectory& root, Visit visit) {
  std::vector<ScanDirectory*> open{&root};
  while (!open.empty()) {
    ScanDirectory* directory = open.back();
    open.pop_back();
    visit(*directory);
    for (ScanDirectory* child : directory->children) {
      if (!child->gone) open.push_back(child);
    }
  }
}

// A few more than there are: names are counted as native bytes, and with their NULs.
Counts count(ScanDirectory& root, bool full_paths) {
  Counts counts;
  for_each_directory(root, [&](ScanDirectory& directory) {
    std::size_t prefix = 0;
    if (full_paths && directory.file_count > 0) prefix = directory.path().size() + 1;
    counts.files += directory.file_count;
    counts.text += directory.name.size();
    for (const ScanFile& file : directory.files()) counts.text += prefix + file.name_length;
  });
  return counts;
}

FileData data_of(const ScanTree& tree, const ScanDirectory& directory, const ScanFile& file) {
  const bool runnable = file.has(ScanFile::kRunnable);
  switch (file.state) {
    case ScanFile::State::kHashed:
      return FileData::hashed(file.hash, file.size, file.mtime_us(), runnable);
    case ScanFile::State::kChunks:
      return FileData::chunked(tree.chunks(file), file.size, file.mtime_us(), runnable);
    case ScanFile::State::kLink:
      return FileData::link(directory.targets[static_cast<std::size_t>(file.size)]);
    case ScanFile::State::kListed:
    case ScanFile::State::kFound:
    case ScanFile::State::kGone:
      break;
  }
  return FileData::unhashed(file.size, file.mtime_us(), runnable);
}

/// Adds a tree to a builder, in the builder's order.
class TreeWriter {
 public:
  TreeWriter(ScanTree& tree, TreeBuilderBase& builder, DirectoryId top, bool empty_directories)
      : tree_(tree), builder_(builder), top_(top), empty_directories_(empty_directories) {}

  Status write(const std::stop_token& stop) {
    frames_.push_back({&tree_.root(), 0, top_});
    order_children(tree_.root());
    ATTACHE_TRY(write_files(frames_.back(), stop));
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.child == frame.directory->children.size()) {
        frame.directory->release();
        frames_.pop_back();
        continue;
      }
      if (stop.stop_requested()) return cancelled();
      ScanDirectory& child = *frame.directory->children[frame.child++];
      order_children(child);
      frames_.push_back({&child, 0, std::nullopt});
      if (child.selected && empty_directories_) ATTACHE_TRY(enter());
      ATTACHE_TRY(write_files(frames_.back(), stop));
    }
    return {};
  }

 private:
  struct Frame {
    ScanDirectory* directory;
    std::size_t child;
    std::optional<DirectoryId> id;  // once there is something in it
  };

  // All directories on the way to the last frame.
  Status enter() {
    for (std::size_t i = 1; i < frames_.size(); ++i) {
      if (frames_[i].id) continue;
      const std::string_view name = text_of(frames_[i].directory->name, scratch_);
      ATTACHE_ASSIGN(frames_[i].id, builder_.enter(*frames_[i - 1].id, name));
    }
    return {};
  }

  Status write_files(Frame& frame, const std::stop_token& stop) {
    ScanDirectory& directory = *frame.directory;
    order_files(directory);
    for (const ScanFile& file : directory.files()) {
      if (++written_ % kStopInterval == 0 && stop.stop_requested()) return cancelled();
      if (file.state == ScanFile::State::kGone) continue;
      if (!frame.id) ATTACHE_TRY(enter());
      const std::string_view name = text_of(directory.name_of(file), scratch_);
      ATTACHE_TRY(builder_.add_file(*frame.id, name, data_of(tree_, directory, file)));
    }
    directory.names.reset();
    directory.slots.reset();
    directory.file_count = 0;
    return {};
  }

  ScanTree& tree_;
  TreeBuilderBase& builder_;
  const DirectoryId top_;
  const bool empty_directories_;
  std::vector<Frame> frames_;
  std::string scratch_;
  std::uint64_t written_ = 0;
};

// The directories whose names would be taken for references at the start of a target, as texts.
std::set<std::string, std::less<>> dollar_directories(ScanTree& tree) {
  std::set<std::string, std::less<>> result;
  for_each_directory(tree.root(), [&](ScanDirectory& directory) {
    const ScanDirectory* top = &directory;
    while (top->parent && top->parent->parent) top = top->parent;
    if (top->name.starts_with('$')) result.insert(from_posix_bytes(directory.path()));
  });
  return result;
}

// "$9/z" would be read as a reference to a directory, unless it is written as one.
void drop_ambiguous_links(ScanTree& tree, std::vector<Omission>& omissions) {
  std::optional<std::set<std::string, std::less<>>> known;
  for_each_directory(tree.root(), [&](ScanDirectory& directory) {
    if (directory.targets.empty()) return;
    for (ScanFile& file : directory.files()) {
      if (file.state != ScanFile::State::kLink) continue;
      const std::string_view target = directory.targets[static_cast<std::size_t>(file.size)];
      const std::size_t slash = target.rfind('/');
      if (!target.starts_with('$') || slash == std::string_view::npos) continue;
      if (!known) known = dollar_directories(tree);
      if (known->contains(target.substr(0, slash))) continue;
      file.state = ScanFile::State::kGone;
      omissions.push_back(
          {OmissionReason::kAmbiguousLink, from_posix_bytes(directory.path_of(directory.name_of(file)))});
    }
  });
}

Status too_many() {
  return fail(ErrorCode::kUnsupported, "there are more than 4,294,967,295 files", "choose a smaller root");
}

}  // namespace

Result<Manifest> to_manifest(ScanTree& tree, const std::stop_token& stop) {
  const Counts counts = count(tree.root(), true);
  if (counts.files > UINT32_MAX) ATTACHE_TRY(too_many());
  ManifestBuilder builder;
  ATTACHE_TRY(builder.reserve(counts.files, counts.text));
  TreeOrder order(tree.root());
  TreeOrder::Run run;
  std::string path;
  std::string scratch;
  std::uint64_t written = 0;
  while (order.next(run)) {
    if (stop.stop_requested()) return cancelled();
    ScanDirectory& directory = *run.directory;
    path = order.prefix();
    const std::size_t prefix = path.size();
    for (const ScanFile& file : directory.files().subspan(run.first, run.last - run.first)) {
      if (++written % kStopInterval == 0 && stop.stop_requested()) return cancelled();
      if (file.state != ScanFile::State::kHashed) continue;
      path.resize(prefix);
      path += text_of(directory.name_of(file), scratch);
      ATTACHE_TRY(builder.add(path, file.hash, file.size, file.mtime_us()));
    }
    if (run.finished) directory.release();
  }
  return std::move(builder).build();
}

Result<Snapshot> to_snapshot(ScanTree& tree, bool empty_directories, std::vector<Omission>& omissions,
                             const std::stop_token& stop) {
  drop_ambiguous_links(tree, omissions);
  const Counts counts = count(tree.root(), false);
  if (counts.files > UINT32_MAX) ATTACHE_TRY(too_many());
  TreeBuilder<Snapshot> builder;
  ATTACHE_TRY(builder.reserve(counts.files, counts.text));
  ATTACHE_TRY(TreeWriter(tree, builder, DirectoryId::kRoot, empty_directories).write(stop));
  return std::move(builder).build();
}

Result<AbsSnapshot> to_abs_snapshot(ScanTree& tree, std::string_view root, bool empty_directories,
                                    const std::stop_token& stop) {
  const Counts counts = count(tree.root(), false);
  if (counts.files > UINT32_MAX) ATTACHE_TRY(too_many());
  TreeBuilder<AbsSnapshot> builder;
  ATTACHE_TRY(builder.reserve(counts.files, counts.text));
  ATTACHE_ASSIGN(const DirectoryId top, builder.enter(root));
  ATTACHE_TRY(TreeWriter(tree, builder, top, empty_directories).write(stop));
  return std::move(builder).build();
}

}  // namespace attache
