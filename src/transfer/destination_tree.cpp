#include "destination_tree.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/host_path.hpp>
#include <attache/fsio/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace attache {

DestinationTree::DestinationTree(const DownloadPlan& plan, std::string path, std::size_t open_directories)
    : plan_(plan),
      path_(std::move(path)),
      most_open_(std::max<std::size_t>(open_directories, 2)),
      entries_(plan.directories.size()) {}

Status DestinationTree::open() {
  if (!path_.starts_with('/')) {
    // As the incumbent: where a relative one would lead is for whoever knows the working directory to say.
    return fail(ErrorCode::kInvalidArgument, "the destination '" + printable(path_) + "' is not absolute",
                "name it by its full path");
  }
  Result<RootDirectory> root = RootDirectory::open(path_);
  if (root) {
    root_.emplace(*std::move(root));
    return {};
  }
  // A dangling link says the same; open_or_create() finds that out.
  if (root.error().code() == ErrorCode::kNotFound && !File::open_for_reading(path_)) return {};
  return fail(std::move(root).error());
}

Status DestinationTree::open_or_create() {
  if (root_) return {};
  ATTACHE_ASSIGN(RootDirectory root, RootDirectory::open_or_create(path_));
  root_.emplace(std::move(root));
  const std::lock_guard lock(mutex_);
  for (Entry& entry : entries_) entry = Entry();  // nothing was there, because there was no root
  return {};
}

Result<DestinationTree::Handle> DestinationTree::find(std::uint32_t directory) {
  const std::lock_guard lock(mutex_);
  return find_locked(directory, false);
}

Result<DestinationTree::Handle> DestinationTree::make(std::uint32_t directory) {
  const std::lock_guard lock(mutex_);
  return find_locked(directory, true);
}

Result<DestinationTree::Handle> DestinationTree::find_locked(std::uint32_t directory, bool create) {
  if (!root_) return Handle();
  // From the nearest directory that is known, downwards; not by recursion, as paths may be very deep.
  std::vector<std::uint32_t> missing;
  std::uint32_t at = directory;
  while (!entries_[at].handle) {
    if (entries_[at].state == State::kAbsent && !create) return Handle();
    missing.push_back(at);
    if (at == 0) break;
    at = plan_.directories[at].parent;
  }
  Handle handle = entries_[at].handle;
  while (!missing.empty()) {
    const std::uint32_t next = missing.back();
    if (next == 0) {
      ATTACHE_ASSIGN(TargetDirectory opened, root_->target());
      handle = keep(0, std::move(opened), false);
    } else {
      ATTACHE_ASSIGN(handle, enter(next, handle, create));
    }
    if (!handle) {
      // Those below it are not there either.
      for (const std::uint32_t absent : missing) entries_[absent].state = State::kAbsent;
      return Handle();
    }
    missing.pop_back();
  }
  return handle;
}

Result<DestinationTree::Handle> DestinationTree::enter(std::uint32_t directory, const Handle& parent, bool create) {
  const PlannedDirectory& planned = plan_.directories[directory];
  const bool parent_by_link = entries_[planned.parent].by_link;
  for (int tries = 0; tries < 2; ++tries) {
    auto opened = parent->open_directory(planned.name.c_str());
    if (opened) return keep(directory, *std::move(opened), parent_by_link);
    if (opened.error() == ENOTDIR || opened.error() == ELOOP) {
      if (!create && deletes(directory)) return Handle();
      return enter_link(directory);
    }
    if (opened.error() != ENOENT)
      return fail(error("cannot open the directory", planned.parent, planned.name, opened.error()));
    if (!create) return Handle();
    const int made = parent->make_directory(planned.name.c_str());
    if (made == 0) {
      ++created_;
    } else if (made != EEXIST) {  // EEXIST: another process was faster
      return fail(error("cannot create the directory", planned.parent, planned.name, made));
    }
  }
  return fail(error("cannot create the directory", planned.parent, planned.name, ENOENT));
}

// A link, or something that is in the way. The walk from the root decides; it follows no link out.
Result<DestinationTree::Handle> DestinationTree::enter_link(std::uint32_t directory) {
  ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(plan_.path_of(directory)));
  ATTACHE_ASSIGN(std::optional<TargetDirectory> opened, root_->target(path));
  if (opened) return keep(directory, *std::move(opened), true);
  return fail(ErrorCode::kAlreadyExists,
              "'" + shown(directory, {}) +
                  "' is in the way: it is a link that leads nowhere, and the manifest has a "
                  "directory there",
              "remove the link, or download into another directory");
}

DestinationTree::Handle DestinationTree::keep(std::uint32_t directory, TargetDirectory opened, bool by_link) {
  while (open_.size() >= most_open_) {
    entries_[open_.front()].handle.reset();
    open_.pop_front();
  }
  Entry& entry = entries_[directory];
  entry.state = State::kPresent;
  entry.by_link = by_link;
  entry.handle = std::make_shared<const TargetDirectory>(std::move(opened));
  open_.push_back(directory);
  return entry.handle;
}

bool DestinationTree::deletes(std::uint32_t directory) const {
  // A directory that the plan deletes is gone already. What is there instead may be the plan's own, of a run before:
  // were a link followed, the files behind it would be deleted.
  const auto& deleted = plan_.deleted_directories;
  if (std::find(deleted.begin(), deleted.end(), directory) != deleted.end()) return true;
  const PlannedDirectory& planned = plan_.directories[directory];
  return std::any_of(plan_.deleted_files.begin(), plan_.deleted_files.end(), [&](const PlannedLink& file) {
    return file.directory == planned.parent && file.name == planned.name;
  });
}

void DestinationTree::forget(std::uint32_t directory) {
  const std::lock_guard lock(mutex_);
  entries_[directory] = Entry();
  std::erase(open_, directory);
}

bool DestinationTree::is_reached_by_link(std::uint32_t directory) const {
  const std::lock_guard lock(mutex_);
  return entries_[directory].by_link;
}

std::uint64_t DestinationTree::directories_created() const {
  const std::lock_guard lock(mutex_);
  return created_;
}

std::string DestinationTree::shown(std::uint32_t directory, std::string_view name) const {
  std::string path = plan_.path_of(directory);
  if (!name.empty()) path = join_path(path, from_posix_bytes(name));
  return printable(path.empty() ? path_ : join_path(path_, path));
}

Error DestinationTree::error(std::string_view action, std::uint32_t directory, std::string_view name,
                             int error_number) const {
  return system_error(std::string(action) + " '" + shown(directory, name) + "'", error_number);
}

}  // namespace attache
