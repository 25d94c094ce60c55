#include "scan_worker.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/paths/names.hpp>

#include <algorithm>
#include <cstring>

namespace attache {

namespace {

// The time to reach a directory grows with its depth, and manifests end there too. Paths of 4,096 bytes are at most
// 2,048 deep.
constexpr unsigned kMaxDepth = 10'000;

// Enough to make the queue's lock cheap, few enough to spread over many cores.
constexpr std::uint32_t kLookBatch = 512;

// How often a long loop looks whether it is to stop.
constexpr std::uint32_t kStopInterval = 256;

// Directories that a worker keeps open: the one that it works in and those above it, so that siblings are opened from
// their parent. Fewer for many workers: a process may have 1,024 descriptors.
std::size_t open_directories(unsigned workers) {
  return workers > 64 ? 2 : 4;
}

}  // namespace

ScanWorker::ScanWorker(ScanContext& context, unsigned number)
    : context_(context),
      number_(number),
      collector_(context.tap == nullptr ? nullptr : context.tap->collector()),
      hasher_(context.progress, context.hooks),
      open_(open_directories(context.workers)) {}

Status ScanWorker::run(const std::stop_token& stop) {
  while (auto task = context_.queue.pop(stop)) {
    ATTACHE_TRY(work(*task, stop));
    context_.queue.done(*task);
    if (total_reported_) continue;
    if (const auto total = context_.queue.total_files()) {
      context_.progress.set_totals(*total, 0);
      total_reported_ = true;
    }
  }
  if (stop.stop_requested()) return cancelled();
  return {};
}

Status ScanWorker::work(WorkQueue::Task& task, const std::stop_token& stop) {
  if (const auto* listed = std::get_if<ListTask>(&task)) return list(*listed, stop);
  if (const auto* looked = std::get_if<LookTask>(&task)) {
    return look(*looked->directory, looked->first, looked->last, stop);
  }
  if (auto* to_read = std::get_if<ReadTask>(&task)) return read(*to_read->directory, to_read->files, stop);
  return read_chunks(*std::get<ChunkTask>(task).file, stop);
}

// --- faults ----------------------------------------------------------------------------------------------------------

void ScanWorker::omit(OmissionReason reason, const ScanDirectory& directory, std::string_view name) {
  findings_.omissions.push_back({reason, from_posix_bytes(directory.path_of(name))});
}

Status ScanWorker::changed(const ScanDirectory& directory, std::string_view name, std::string_view how) const {
  return fail(ErrorCode::kSourceChanged,
              quoted_path(join_path(context_.root.path(), directory.path_of(name))) + " " + std::string(how),
              "wait until nothing changes these files, then run the command again");
}

Status ScanWorker::unreadable(const std::string& path, Error error) {
  if (error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kSourceChanged) return fail(std::move(error));
  if (error.code() == ErrorCode::kNotFound) {
    return fail(ErrorCode::kSourceChanged,
                quoted_path(path) + " below " + quoted_path(context_.root.path()) + " disappeared during the scan",
                "wait until nothing changes these files, then run the command again");
  }
  if (context_.skip_unreadable) {
    findings_.omissions.push_back({OmissionReason::kUnreadable, from_posix_bytes(path)});
  } else {
    context_.unreadable.add(path.empty() ? "." : path, error);
  }
  return {};
}

// --- directories -----------------------------------------------------------------------------------------------------

bool ScanWorker::contains_itself(const ScanDirectory& directory) const {
  for (const ScanDirectory* above = directory.parent; above != nullptr; above = above->parent) {
    if (above->inode == directory.inode && above->device == directory.device) return true;
  }
  return directory.parent && std::find(context_.above_root.begin(), context_.above_root.end(),
                                       std::pair(directory.device, directory.inode)) != context_.above_root.end();
}

Result<const Directory*> ScanWorker::open(ScanDirectory& directory) {
  if (!directory.parent) return &context_.root;
  for (OpenDirectory& slot : open_) {
    if (slot.of == &directory) {
      slot.used = ++uses_;
      return &*slot.directory;
    }
  }
  if (directory.depth > kMaxDepth) {
    return fail(ErrorCode::kUnsupported, "it is nested more than " + std::to_string(kMaxDepth) + " directories deep");
  }
  ATTACHE_ASSIGN(Directory opened, open_anew(directory));
  OpenDirectory& slot =
      *std::min_element(open_.begin(), open_.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
  slot = {&directory, std::move(opened), ++uses_};
  return &*slot.directory;
}

// A link that takes the place of a directory during the scan is not followed: it is not among those that were looked at
// and judged. By its name from its parent, the system sees to that; by its path, the comparison of inodes does.
Result<Directory> ScanWorker::open_anew(ScanDirectory& directory) {
  const bool first = directory.device == 0 && directory.inode == 0;
  const bool by_name = directory.depth == 1 || std::any_of(open_.begin(), open_.end(), [&](const auto& slot) {
                         return slot.of == directory.parent;
                       });
  auto opened = [&]() -> Result<Directory> {
    if (by_name || (first && !directory.given)) {
      ATTACHE_ASSIGN(const Directory* const parent, open(*directory.parent));
      return parent->open_directory(directory.name, directory.followed ? Links::kFollow : Links::kNoFollow);
    }
    return context_.root.open_directory(directory.path());
  }();
  if (!opened) return opened;
  ATTACHE_ASSIGN(const FileStatus status, opened->status());
  if (first) {
    directory.device = status.device;
    directory.inode = status.inode;
    if (directory.followed && context_.needs_places()) directory.real_path = opened->real_path();
  } else if (directory.device != status.device || directory.inode != status.inode) {
    ATTACHE_TRY(changed(directory, {}, "was replaced during the scan"));
  }
  return opened;
}

bool ScanWorker::is_own_manifest(std::string_view text) const {
  return text.ends_with(".manifest") &&
         std::any_of(context_.own_root_hashes.begin(), context_.own_root_hashes.end(),
                     [&](const Digest& hash) { return is_snapshot_file_name_of(text, hash); });
}

// --- listing ---------------------------------------------------------------------------------------------------------

ScanWorker::Name ScanWorker::name_of(std::uint32_t index) {
  const std::string_view native = names_.name(index);
  if (is_utf8(native)) return {native, native};
  text_ = from_posix_bytes(native);
  return {native, text_};
}

Status ScanWorker::list(const ListTask& task, const std::stop_token& stop) {
  ScanDirectory& directory = *task.directory;
  const bool hidden = task.state.reach() == GlobReach::kHidden;
  const auto fault = [&](Error error) -> Status {
    directory.gone = true;
    // What nobody asked for may be unreadable.
    if (!hidden) return unreadable(directory.path(), std::move(error));
    omit(OmissionReason::kHidden, directory);
    return {};
  };
  auto opened = open(directory);
  if (!opened) {
    if (!directory.given || opened.error().code() != ErrorCode::kNotFound) return fault(std::move(opened).error());
    for (ScanFile& file : directory.files()) ATTACHE_TRY(file_fault(directory, file, "", ENOENT));
    return {};
  }
  if (directory.given) {
    ATTACHE_TRY(list_given(directory));
    context_.queue.count_files(directory.file_count);
  } else {
    if (contains_itself(directory)) {
      directory.gone = true;
      omit(hidden ? OmissionReason::kHidden : OmissionReason::kLinkLoop, directory);
      return {};
    }
    names_.clear();
    Status listed = (*opened)->list(names_, [&] { return !stop.stop_requested(); });
    if (!listed) return fault(std::move(listed).error());
    if (names_.empty() && directory.parent && !context_.directories) {
      if (task.as_file == GlobMatch::kSelected) {
        omit(OmissionReason::kEmptyDirectory, directory);
      } else if (task.as_file == GlobMatch::kHidden) {
        omit(OmissionReason::kHidden, directory);
      }
    }
    found_.clear();
    for (std::uint32_t i = 0; i < names_.size(); ++i) {
      if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
      ATTACHE_TRY(visit(task, i));
    }
    keep_found(directory);
    context_.queue.count_files(directory.file_count);
  }
  if (directory.file_count == 0) return {};
  directory.unseen = context_.hash && !cache_may_know(directory);
  if (directory.file_count <= kLookBatch) return look(directory, 0, directory.file_count, stop);
  for (std::uint32_t first = 0; first < directory.file_count; first += kLookBatch) {
    context_.queue.push(LookTask{&directory, first, std::min(first + kLookBatch, directory.file_count)});
  }
  return {};
}

Status ScanWorker::visit(const ListTask& task, std::uint32_t index) {
  ScanDirectory& directory = *task.directory;
  const Name name = name_of(index);
  const GlobMatch match = context_.globs.match_file(task.state, name.text);
  const bool reported = match == GlobMatch::kSelected || match == GlobMatch::kHidden;
  Found found{index, ScanFile::State::kListed, 0, 0};
  std::optional<FileKind> kind = names_.kind(index);
  if (kind == FileKind::kDirectory || kind == FileKind::kSymlink) {
    GlobState below = context_.globs.enter(task.state, name.text);
    const bool enter = below.reach() != GlobReach::kNone;
    // Neither the name nor anything below it is of interest: a link need not be followed to find out what it is.
    if (!reported && !enter) return {};
    const bool link = kind == FileKind::kSymlink;
    if (link) ATTACHE_TRY(visit_link(task, name, match, below.reach(), found, kind));
    if (kind == FileKind::kDirectory) {
      const bool selected = context_.directories && match == GlobMatch::kSelected;
      if (!enter && !selected) return {};
      ScanDirectory& child = context_.tree.add(number_, directory, name.native);
      child.followed = link;
      child.selected = selected;
      if (enter) context_.queue.push(ListTask{&child, std::move(below), match});
      return {};
    }
  }
  if (!reported || !kind) return {};
  if (match == GlobMatch::kHidden) {
    omit(OmissionReason::kHidden, directory, name.native);
  } else if (kind != FileKind::kRegular && found.state != ScanFile::State::kLink) {
    omit(OmissionReason::kSpecialFile, directory, name.native);
  } else if (is_own_manifest(name.text)) {
    omit(OmissionReason::kManifestFile, directory, name.native);
  } else {
    found_.push_back(found);
  }
  return {};
}

// What the link is to the scan: a link to keep, what it leads to, or nothing if there is no more to do.
Status ScanWorker::visit_link(const ListTask& task, const Name& name, GlobMatch match, GlobReach reach, Found& found,
                              std::optional<FileKind>& kind) {
  ScanDirectory& directory = *task.directory;
  if (context_.symlinks != SymlinkPolicy::kCollapseAll) {
    bool follow = false;
    kind.reset();
    // A link that nobody selects is still followed if something below it is.
    if (match != GlobMatch::kSelected && reach != GlobReach::kSelected) {
      if (match == GlobMatch::kHidden) omit(OmissionReason::kHidden, directory, name.native);
      return {};
    }
    ATTACHE_TRY(keep_link(task, name, found, kind, follow));
    if (match != GlobMatch::kSelected && !follow) kind.reset();
    if (!follow) return {};
  }
  ATTACHE_ASSIGN(const Directory* const opened, open(directory));
  FileStatus target;
  const int error = opened->status(name.native.data(), Links::kFollow, target);
  kind.reset();
  if (error == 0) {
    kind = target.kind;
    found.flags |= ScanFile::kFollowed;
  } else if (match == GlobMatch::kHidden) {
    omit(OmissionReason::kHidden, directory, name.native);
  } else if (error == ENOENT || error == ENOTDIR || error == ELOOP) {
    if (match == GlobMatch::kSelected) omit(OmissionReason::kDanglingLink, directory, name.native);
  } else if (match == GlobMatch::kSelected || reach == GlobReach::kSelected) {
    return unreadable(directory.path_of(name.native), system_error("cannot read the status of", name.native, error));
  }
  return {};
}

Status ScanWorker::keep_link(const ListTask& task, const Name& name, Found& found, std::optional<FileKind>& kind,
                             bool& follow) {
  ScanDirectory& directory = *task.directory;
  LinkTarget target;
  if (context_.symlinks != SymlinkPolicy::kExcludeAll) {
    ATTACHE_ASSIGN(const Directory* const opened, open(directory));
    std::string text;
    if (const int error = opened->read_link(name.native.data(), text); error != 0) {
      if (error == EINVAL) return changed(directory, name.native, "was replaced during the scan");
      return unreadable(directory.path_of(name.native), system_error("cannot read the link", name.native, error));
    }
    target = resolve_link(directory, text, context_.scope);
  }
  const LinkAction action = link_action(context_.symlinks, target.escapes);
  if (action == LinkAction::kFollow) {
    follow = true;
  } else if (action == LinkAction::kExclude) {
    omit(OmissionReason::kExcludedLink, directory, name.native);
  } else if (target.text.empty()) {
    omit(OmissionReason::kEscapingLink, directory, name.native);
  } else if (!context_.scope.absolute && !is_writable_target(target.text)) {
    omit(OmissionReason::kAmbiguousLink, directory, name.native);
  } else {
    if (action == LinkAction::kKeepAndInclude) findings_.link_targets.push_back(std::move(target.absolute));
    found.state = ScanFile::State::kLink;
    found.target = static_cast<std::uint32_t>(directory.targets.size());
    directory.targets.push_back(std::move(target.text));
    kind = FileKind::kSymlink;
  }
  return {};
}

// In the order of their names, in one piece of memory each for names and files.
void ScanWorker::keep_found(ScanDirectory& directory) {
  if (found_.empty()) return;
  std::vector<std::string_view>& names = sorter_.names();
  names.clear();
  std::size_t bytes = 0;
  for (const Found& found : found_) {
    names.push_back(names_.name(found.name));
    bytes += names.back().size() + 1;
  }
  directory.names.reset(new char[bytes]);
  directory.slots = std::make_unique<ScanFile[]>(found_.size());
  directory.file_count = static_cast<std::uint32_t>(found_.size());
  std::uint32_t at = 0;
  ScanFile* file = directory.slots.get();
  for (const std::uint32_t index : sorter_.sort()) {
    const Found& found = found_[index];
    const std::string_view name = names[index];
    std::memcpy(directory.names.get() + at, name.data(), name.size());
    directory.names[at + name.size()] = '\0';
    file->name_offset = at;
    file->name_length = static_cast<std::uint16_t>(name.size());
    file->state = found.state;
    file->flags = found.flags;
    if (found.state == ScanFile::State::kLink) file->size = found.target;
    at += static_cast<std::uint32_t>(name.size()) + 1;
    ++file;
  }
  directory.ascii = is_ascii({directory.names.get(), bytes});
}

Status ScanWorker::list_given(ScanDirectory& directory) {
  ATTACHE_ASSIGN(const Directory* const opened, open(directory));
  bool ascii = true;
  for (ScanFile& file : directory.files()) {
    const std::string_view native = directory.name_of(file);
    ascii = ascii && is_ascii(native);
    FileStatus status;
    int error = opened->status(native.data(), Links::kNoFollow, status);
    if (error == 0 && status.kind == FileKind::kSymlink) {
      Found found{0, ScanFile::State::kListed, 0, 0};
      std::optional<FileKind> kind;
      const ListTask task{&directory, {}, GlobMatch::kSelected};
      const std::size_t omissions = findings_.omissions.size();
      const std::string text = from_posix_bytes(native);
      ATTACHE_TRY(visit_link(task, {native, text}, GlobMatch::kSelected, GlobReach::kNone, found, kind));
      // A link that leads nowhere is not there, for who asks for what it leads to.
      if (!kind && findings_.omissions.size() > omissions &&
          findings_.omissions.back().reason == OmissionReason::kDanglingLink) {
        findings_.omissions.pop_back();
        error = ENOENT;
      } else if (!kind) {
        file.state = ScanFile::State::kGone;
        continue;
      }
      file.state = found.state;
      file.flags |= found.flags;
      if (file.state == ScanFile::State::kLink) {
        file.size = found.target;
        continue;
      }
      if (kind) status.kind = *kind;
    }
    if (error != 0) {
      ATTACHE_TRY(file_fault(directory, file, "cannot read the status of", error));
    } else if (status.kind == FileKind::kDirectory) {
      if (context_.if_missing == ScanContext::IfMissing::kChanged) {
        return changed(directory, native, "was a file and is a directory");
      }
      return fail(
          ErrorCode::kInvalidArgument,
          quoted_path(join_path(context_.root.path(), directory.path_of(native))) + " is a directory, not a file",
          "name files, or scan the directory");
    } else if (status.kind != FileKind::kRegular) {
      omit(OmissionReason::kSpecialFile, directory, native);
      file.state = ScanFile::State::kGone;
    }
  }
  directory.ascii = ascii;
  return {};
}

}  // namespace attache
