#include "scanner.hpp"

#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/paths/names.hpp>

#include <algorithm>

namespace attache {

namespace {

// Enough to make the queue's lock cheap, few enough to spread over many cores.
constexpr std::size_t kBatch = 64;

// Chains of nodes are released recursively, and the time to reach a directory grows with its depth. Paths of 4,096
// bytes are at most 2,048 deep.
constexpr unsigned kMaxDepth = 10'000;

}  // namespace

Scanner::Scanner(ScanContext& context) : context_(context), hasher_(context.progress) {}

Status Scanner::run(const std::stop_token& stop) {
  while (auto task = context_.queue.pop(stop)) {
    if (const auto* directory = std::get_if<DirectoryTask>(&*task)) {
      ATTACHE_TRY(list(*directory, stop));
    } else {
      ATTACHE_TRY(hash(std::get<FileBatch>(*task), stop));
    }
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

Status Scanner::unreadable(const std::string& path, Error error) {
  if (error.code() == ErrorCode::kCancelled || error.code() == ErrorCode::kSourceChanged) return fail(std::move(error));
  if (error.code() == ErrorCode::kNotFound) {
    return fail(ErrorCode::kSourceChanged,
                quoted_path(path) + " below " + quoted_path(context_.root.path()) + " disappeared during the scan",
                "wait until nothing changes these files, then run the command again");
  }
  context_.unreadable.add(path.empty() ? "." : path, error);
  return {};
}

bool Scanner::contains_itself(const DirectoryNode& node) const {
  for (const DirectoryNode* above = node.parent.get(); above != nullptr; above = above->parent.get()) {
    if (above->inode == node.inode && above->device == node.device) return true;
  }
  return node.parent && std::find(context_.above_root.begin(), context_.above_root.end(),
                                  std::pair(node.device, node.inode)) != context_.above_root.end();
}

bool Scanner::is_own_manifest(std::string_view name_text) const {
  return std::any_of(context_.own_root_hashes.begin(), context_.own_root_hashes.end(),
                     [&](const Digest& hash) { return is_snapshot_file_name_of(name_text, hash); });
}

Result<Directory> Scanner::open(const std::shared_ptr<const DirectoryNode>& node, const std::string& path) const {
  if (node->depth > kMaxDepth) {
    return fail(ErrorCode::kUnsupported, "it is nested more than " + std::to_string(kMaxDepth) + " directories deep");
  }
  if (last_ && last_node_ == node->parent) return last_->open_directory(node->name);
  return context_.root.open_directory(path);
}

Status Scanner::list(const DirectoryTask& task, const std::stop_token& stop) {
  const auto node = std::make_shared<DirectoryNode>();
  if (task.parent) {
    node->parent = task.parent;
    node->name = task.name;
    node->depth = task.parent->depth + 1;
  }
  std::string path = node->path();
  std::string text = from_posix_bytes(path);
  const bool hidden = task.state.reach() == GlobReach::kHidden;
  auto directory = open(node, path);
  const auto status = directory ? directory->status() : Result<FileStatus>(fail(directory.error()));
  if (status) {
    node->device = status->device;
    node->inode = status->inode;
    if (contains_itself(*node)) {
      omit(hidden ? OmissionReason::kHidden : OmissionReason::kLinkLoop, std::move(text));
      return {};
    }
  }
  auto entries = status ? directory->entries() : Result<std::vector<ListedEntry>>(fail(status.error()));
  if (!entries) {
    // What nobody asked for may be unreadable.
    if (!hidden) return unreadable(path, std::move(entries).error());
    omit(OmissionReason::kHidden, std::move(text));
    return {};
  }
  if (entries->empty() && task.parent) {
    if (task.as_file == GlobMatch::kSelected) {
      omit(OmissionReason::kEmptyDirectory, std::move(text));
    } else if (task.as_file == GlobMatch::kHidden) {
      omit(OmissionReason::kHidden, std::move(text));
    }
    return {};
  }
  last_node_ = node;
  last_ = *std::move(directory);
  Listing listing{task, node, std::move(path), std::move(text), {node, {}}};
  std::size_t visited = 0;
  for (const ListedEntry& entry : *entries) {
    if (++visited % kBatch == 0 && stop.stop_requested()) return cancelled();
    ATTACHE_TRY(visit(listing, entry));
    if (listing.batch.names.size() == kBatch) context_.queue.push(std::exchange(listing.batch, {node, {}}));
  }
  if (!listing.batch.names.empty()) context_.queue.push(std::move(listing.batch));
  return {};
}

Status Scanner::visit(Listing& listing, const ListedEntry& entry) {
  const std::string name = from_posix_bytes(entry.name);
  const GlobMatch match = context_.globs.match_file(listing.task.state, name);
  const bool reported = match == GlobMatch::kSelected || match == GlobMatch::kHidden;
  std::optional<FileKind> kind = entry.kind;
  if (kind == FileKind::kDirectory || kind == FileKind::kSymlink) {
    GlobState below = context_.globs.enter(listing.task.state, name);
    // Neither the name nor anything below it is of interest: a link need not be followed to find out what it is.
    if (!reported && below.reach() == GlobReach::kNone) return {};
    if (kind == FileKind::kSymlink) ATTACHE_TRY(visit_link(listing, entry, name, match, below.reach(), kind));
    if (kind == FileKind::kDirectory) {
      if (below.reach() != GlobReach::kNone) {
        context_.queue.push(DirectoryTask{listing.node, entry.name, std::move(below), match});
      }
      return {};
    }
  }
  if (!reported || !kind) return {};
  if (match == GlobMatch::kHidden) {
    omit(OmissionReason::kHidden, join(listing.text, name));
  } else if (kind != FileKind::kRegular) {
    omit(OmissionReason::kSpecialFile, join(listing.text, name));
  } else if (is_own_manifest(name)) {
    omit(OmissionReason::kManifestFile, join(listing.text, name));
  } else {
    listing.batch.names.push_back(entry.name);
  }
  return {};
}

// What the link leads to; nothing if that needs no more work.
Status Scanner::visit_link(Listing& listing, const ListedEntry& entry, const std::string& name, GlobMatch match,
                           GlobReach reach, std::optional<FileKind>& kind) {
  const auto target = last_->status(entry.name);
  kind.reset();
  if (target && *target) {
    kind = (*target)->kind;
  } else if (match == GlobMatch::kHidden) {
    omit(OmissionReason::kHidden, join(listing.text, name));
  } else if (!target && (match == GlobMatch::kSelected || reach == GlobReach::kSelected)) {
    return unreadable(join(listing.path, entry.name), target.error());
  } else if (target && match == GlobMatch::kSelected) {
    omit(OmissionReason::kDanglingLink, join(listing.text, name));
  }
  return {};
}

Status Scanner::hash(FileBatch& batch, const std::stop_token& stop) {
  const std::string path = batch.directory->path();
  const std::string text = from_posix_bytes(path);
  if (last_node_ != batch.directory) {
    auto directory = open(batch.directory, path);
    if (!directory) return unreadable(path, std::move(directory).error());
    last_node_ = batch.directory;
    last_ = *std::move(directory);
  }
  for (std::size_t index = 0; index < batch.names.size(); ++index) {
    if (stop.stop_requested()) return cancelled();
    auto hashed = hash_file(batch, index, stop);
    if (!hashed) {
      ATTACHE_TRY(unreadable(join(path, batch.names[index]), std::move(hashed).error()));
    } else if (*hashed) {
      bytes_hashed_ += (*hashed)->size;
      context_.progress.add(1, 0);
      ATTACHE_TRY(files_.add(join(text, from_posix_bytes(batch.names[index])), (*hashed)->hash, (*hashed)->size,
                             (*hashed)->mtime_us));
    }
  }
  return {};
}

Result<std::optional<HashedFile>> Scanner::hash_file(FileBatch& batch, std::size_t index, const std::stop_token& stop) {
  ATTACHE_ASSIGN(const File file, last_->open_for_reading(batch.names[index]));
  // The scan has failed; what is left to do is to find all that cannot be opened.
  if (context_.unreadable.any()) return std::nullopt;
  if (FileHasher::is_large(file.opened_status().size) && index + 1 < batch.names.size()) {
    FileBatch rest{batch.directory, {}};
    const auto next = batch.names.begin() + static_cast<std::ptrdiff_t>(index) + 1;
    rest.names.assign(std::make_move_iterator(next), std::make_move_iterator(batch.names.end()));
    batch.names.resize(index + 1);
    context_.queue.give_back(std::move(rest));
  }
  ATTACHE_ASSIGN(const HashedFile hashed, hasher_.hash(file, stop));
  return hashed;
}

}  // namespace attache
