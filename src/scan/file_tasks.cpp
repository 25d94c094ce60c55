#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/fsio/system_error.hpp>

#include "scan_worker.hpp"

#include <algorithm>

namespace attache {

namespace {

// A worker looks whether it is to stop, and reports what it has done, after this many files.
constexpr std::uint32_t kStopInterval = 64;

// Files that one worker reads in a row: about a millisecond.
constexpr std::size_t kReadFiles = 512;

// What another program did to the file since its name was listed.
bool is_change(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ELOOP || error_number == EISDIR ||
         error_number == ENXIO;
}

constexpr const char* kDisappeared = "disappeared during the scan";
constexpr const char* kReplaced = "was replaced during the scan by something that is not a regular file";

}  // namespace

Status ScanWorker::file_fault(ScanDirectory& directory, ScanFile& file, std::string_view action, int error_number) {
  const std::string_view name = directory.name_of(file);
  if (error_number == ENOENT || error_number == ENOTDIR) {
    const bool asked_for = directory.given && file.state == ScanFile::State::kListed &&
                           context_.if_missing != ScanContext::IfMissing::kChanged;
    if (!asked_for) {
      if (context_.if_missing != ScanContext::IfMissing::kChanged || !context_.skip_unreadable) {
        return changed(directory, name, kDisappeared);
      }
      omit(OmissionReason::kMissing, directory, name);
    } else if (file.has(ScanFile::kWanted)) {
      context_.missing.add(directory.path_of(name), system_error(action, name, error_number));
    } else {
      omit(OmissionReason::kMissing, directory, name);
    }
    file.state = ScanFile::State::kGone;
    return {};
  }
  if (is_change(error_number)) return changed(directory, name, kReplaced);
  file.state = ScanFile::State::kGone;
  return unreadable(directory.path_of(name), system_error(action, name, error_number));
}

const std::string& ScanWorker::place(const ScanDirectory& directory) {
  if (place_of_ != &directory) {
    place_ = directory.resolved_path();
    place_of_ = &directory;
  }
  return place_;
}

bool ScanWorker::is_chunked(const ScanFile& file) const {
  switch (context_.chunks) {
    case ScanContext::Chunks::kNever:
      return false;
    case ScanContext::Chunks::kAboveSize:
      return context_.chunk_size > 0 && file.size > context_.chunk_size;
    case ScanContext::Chunks::kFlagged:
      return context_.chunk_size > 0 && file.has(ScanFile::kInChunks) && file.size > context_.chunk_size;
  }
  return false;
}

bool ScanWorker::is_to_do(const ScanFile& file) const {
  if (file.state == ScanFile::State::kFound) return context_.hash && file.has(ScanFile::kWanted);
  return file.state == ScanFile::State::kListed;
}

void ScanWorker::found(ScanFile& file, const FileStatus& status) {
  file.size = status.size;
  file.mtime_ns = status.mtime_ns;
  file.flags = static_cast<std::uint8_t>(file.flags & ~ScanFile::kRunnable);
  if ((status.mode & 0111U) != 0) file.flags |= ScanFile::kRunnable;
}

// --- looking ---------------------------------------------------------------------------------------------------------

bool ScanWorker::cache_may_know(const ScanDirectory& directory) {
  if (context_.cache == nullptr) return false;
  // The question costs as much as the statuses of three files, and linked files have their rows elsewhere.
  constexpr std::uint32_t kWorthAsking = 16;
  if (directory.file_count < kWorthAsking) return true;
  const std::span<const ScanFile> files{directory.slots.get(), directory.file_count};
  const std::string& where = place(directory);
  return where.empty() || std::ranges::any_of(files, [](const ScanFile& f) { return f.has(ScanFile::kFollowed); }) ||
         context_.cache->may_know(where);
}

Status ScanWorker::look(ScanDirectory& directory, std::uint32_t first, std::uint32_t last,
                        const std::stop_token& stop) {
  // What nobody is to be asked about is opened at once: its status by descriptor costs a third of that by name.
  if (directory.unseen) {
    if (!context_.queue.listing()) return read_unseen(directory, first, last, stop);
    context_.queue.push(LookTask{&directory, first, last});
    return {};
  }
  auto opened = open(directory);
  if (!opened) return unreadable(directory.path(), std::move(opened).error());
  pending_.clear();
  const std::span<ScanFile> files = directory.files();
  std::uint64_t seen = 0;
  for (std::uint32_t i = first; i < last; ++i) {
    if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    ScanFile& file = files[i];
    if (!is_to_do(file)) continue;
    ATTACHE_TRY(look_at(directory, **opened, file, i));
    ++seen;
  }
  if (!context_.hash) {
    context_.progress.add(seen, 0);
    return {};
  }
  if (context_.cache != nullptr && !pending_.empty()) {
    const std::size_t all = pending_.size();
    ask_cache(directory, **opened);
    findings_.files_from_cache += all - pending_.size();
    context_.progress.add(all - pending_.size(), 0);
  }
  return dispatch(directory, stop);
}

// The status by name, without following: what is looked at is the file that was listed, not one that a link leads to by
// now.
Status ScanWorker::look_at(ScanDirectory& directory, const Directory& opened, ScanFile& file, std::uint32_t index) {
  FileStatus status;
  if (const int error = opened.status(directory.c_name_of(file), links_of(file), status); error != 0) {
    return file_fault(directory, file, "cannot read the status of", error);
  }
  if (status.kind != FileKind::kRegular) return changed(directory, directory.name_of(file), kReplaced);
  found(file, status);
  file.state = ScanFile::State::kFound;
  if (context_.hash) pending_.push_back({index, status});
  return {};
}

// Takes out of pending_ what the cache knows. It is asked once for all whole files, which are in the order of their
// names.
void ScanWorker::ask_cache(ScanDirectory& directory, const Directory& opened) {
  const std::string& where = place(directory);
  const std::span<ScanFile> files = directory.files();
  const auto plain = [&](const PendingFile& pending) {
    return !where.empty() && !files[pending.index].has(ScanFile::kFollowed) && !is_chunked(files[pending.index]);
  };
  subjects_.clear();
  for (const PendingFile& pending : pending_) {
    if (plain(pending)) subjects_.push_back({directory.name_of(files[pending.index]), &pending.status});
  }
  answers_.assign(subjects_.size(), std::nullopt);
  if (!subjects_.empty()) context_.cache->look_up(where, subjects_, answers_);
  std::size_t answer = 0;
  std::size_t kept = 0;
  for (PendingFile& pending : pending_) {
    ScanFile& file = files[pending.index];
    if (plain(pending)) {
      if (const auto& hash = answers_[answer++]) {
        file.hash = *hash;
        file.state = ScanFile::State::kHashed;
        continue;
      }
    } else if (ask_cache_alone(directory, opened, pending)) {
      continue;
    }
    pending_[kept++] = pending;
  }
  pending_.resize(kept);
}

namespace {

// "/a/b" as "/a" and "b".
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

bool ScanWorker::ask_cache_alone(ScanDirectory& directory, const Directory& opened, const PendingFile& pending) {
  ScanFile& file = directory.files()[pending.index];
  std::string path = file.has(ScanFile::kFollowed) ? opened.real_path_of(directory.c_name_of(file)) : place(directory);
  if (path.empty()) return false;
  if (!file.has(ScanFile::kFollowed)) path = join_path(path, directory.name_of(file));
  const auto [where, name] = split(path);
  const CacheSubject subject{name, &pending.status};
  if (is_chunked(file)) {
    std::vector<Digest> hashes;
    const std::uint64_t size = context_.chunk_size;
    if (!context_.cache->look_up_chunks(where, subject, size, hashes)) return false;
    if (hashes.size() != chunk_count(file.size, size)) return false;
    context_.tree.set_chunks(file, std::move(hashes));
    return true;
  }
  std::optional<Digest> found;
  context_.cache->look_up(where, {&subject, 1}, {&found, 1});
  if (!found) return false;
  file.hash = *found;
  file.state = ScanFile::State::kHashed;
  return true;
}

void ScanWorker::remember(const ScanDirectory& directory, const Directory& opened, const ScanFile& file,
                          const FileStatus& status) {
  if (context_.cache == nullptr) return;
  std::string path;
  std::string_view where = place(directory);
  std::string_view name = directory.name_of(file);
  if (file.has(ScanFile::kFollowed)) {
    path = opened.real_path_of(directory.c_name_of(file));
    if (path.empty()) return;
    std::tie(where, name) = split(path);
  }
  if (where.empty()) return;
  const CacheSubject subject{name, &status};
  if (file.state == ScanFile::State::kChunks) {
    context_.cache->store_chunks(where, subject, context_.chunk_size, context_.tree.chunks(file));
  } else {
    context_.cache->store(where, subject, file.hash);
  }
}

// --- reading ---------------------------------------------------------------------------------------------------------

// Cuts what is pending into pieces of about a millisecond. One of them is read at once, unless directories wait.
Status ScanWorker::dispatch(ScanDirectory& directory, const std::stop_token& stop) {
  if (pending_.empty()) return {};
  const bool listing = context_.queue.listing();
  ReadTask group{&directory, {}};
  std::uint64_t bytes = 0;
  const auto push = [&] {
    if (!group.files.empty()) context_.queue.push(std::exchange(group, {&directory, {}}));
    bytes = 0;
  };
  std::size_t first = 0;  // of those that are in no group yet
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    const PendingFile& pending = pending_[i];
    if (is_chunked(directory.files()[pending.index])) {
      group.files.insert(group.files.end(), pending_.begin() + static_cast<std::ptrdiff_t>(first),
                         pending_.begin() + static_cast<std::ptrdiff_t>(i));
      push();
      start_chunks(directory, pending, 1);
      first = i + 1;
      continue;
    }
    bytes += pending.status.size;
    if (FileHasher::is_large(bytes) || i + 1 - first >= kReadFiles) {
      if (i + 1 == pending_.size()) break;
      group.files.assign(pending_.begin() + static_cast<std::ptrdiff_t>(first),
                         pending_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      push();
      first = i + 1;
    }
  }
  const auto rest = std::span(pending_).subspan(first);
  if (rest.empty()) return {};
  if (!listing) return read(directory, rest, stop);
  group.files.assign(rest.begin(), rest.end());
  push();
  return {};
}

void ScanWorker::count(const ScanFile& file) {
  ++done_;
  findings_.bytes_hashed += file.size;
  if (!FileHasher::reports(file.size)) bytes_ += file.size;
  if (done_ == kStopInterval) report();
}

void ScanWorker::report() {
  if (collector_) collector_->pause();
  context_.progress.add(done_, bytes_);
  findings_.files_hashed += done_;
  done_ = bytes_ = 0;
}

Status ScanWorker::read(ScanDirectory& directory, std::span<PendingFile> files, const std::stop_token& stop) {
  auto opened = open(directory);
  if (!opened) return unreadable(directory.path(), std::move(opened).error());
  std::uint32_t number = 0;
  for (PendingFile& pending : files) {
    if (number++ % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    ATTACHE_TRY(read_file(directory, **opened, pending, stop));
  }
  report();
  return {};
}

// Sizes show only now: what is behind a large file, or behind many, is given to others.
Status ScanWorker::read_unseen(ScanDirectory& directory, std::uint32_t first, std::uint32_t last,
                               const std::stop_token& stop) {
  auto opened = open(directory);
  if (!opened) return unreadable(directory.path(), std::move(opened).error());
  std::uint64_t bytes = 0;
  for (std::uint32_t i = first; i < last; ++i) {
    if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    ScanFile& file = directory.files()[i];
    if (!is_to_do(file)) continue;
    const auto source = (*opened)->open_file(directory.c_name_of(file), links_of(file));
    if (!source) {
      ATTACHE_TRY(file_fault(directory, file, "cannot open", source.error()));
      continue;
    }
    PendingFile pending{i, {}};
    if (const int error = source->status(pending.status); error != 0) {
      ATTACHE_TRY(file_fault(directory, file, "cannot read the status of", error));
      continue;
    }
    if (pending.status.kind != FileKind::kRegular) return changed(directory, directory.name_of(file), kReplaced);
    bytes += pending.status.size;
    found(file, pending.status);
    if (FileHasher::is_large(bytes) && i + 1 < last) {
      context_.queue.push(LookTask{&directory, i + 1, last});
      last = i + 1;
    }
    if (is_chunked(file)) {
      start_chunks(directory, pending, 1);
    } else {
      ATTACHE_TRY(hash_file(directory, **opened, *source, pending, stop));
    }
  }
  report();
  return {};
}

Status ScanWorker::read_file(ScanDirectory& directory, const Directory& opened, PendingFile& pending,
                             const std::stop_token& stop) {
  ScanFile& file = directory.files()[pending.index];
  const auto source = opened.open_file(directory.c_name_of(file), links_of(file));
  if (!source) return file_fault(directory, file, "cannot open", source.error());
  return hash_file(directory, opened, *source, pending, stop);
}

Status ScanWorker::hash_file(ScanDirectory& directory, const Directory& opened, const OpenFile& source,
                             PendingFile& pending, const std::stop_token& stop) {
  ScanFile& file = directory.files()[pending.index];
  // The scan has failed; what is left to do is to find all that cannot be opened.
  if (context_.unreadable.any()) return {};
  switch (hasher_.hash(source, pending.status, file.hash, stop, collector_.get())) {
    case FileHasher::Outcome::kDone:
      break;
    case FileHasher::Outcome::kChanging:
      return changed(directory, directory.name_of(file), "changes while it is read");
    case FileHasher::Outcome::kNotRegular:
      return changed(directory, directory.name_of(file), kReplaced);
    case FileHasher::Outcome::kCancelled:
      return cancelled();
    case FileHasher::Outcome::kFailed:
      return file_fault(directory, file, "cannot read", hasher_.error_number());
  }
  found(file, pending.status);
  // It has grown over the size up to which it has one hash, since it was looked at.
  if (is_chunked(file)) {
    start_chunks(directory, pending, 1);
    return {};
  }
  file.state = ScanFile::State::kHashed;
  if (hasher_.was_collected()) ATTACHE_TRY(collector_->keep(file.hash, pending.status));
  count(file);
  remember(directory, opened, file, pending.status);
  return {};
}

// --- chunks ----------------------------------------------------------------------------------------------------------

void ScanWorker::start_chunks(ScanDirectory& directory, const PendingFile& pending, int attempt) {
  auto shared =
      std::make_shared<ChunkedFile>(directory, pending.index, pending.status, context_.chunk_size, context_.workers);
  shared->attempt = attempt;
  const unsigned helpers = shared->helpers;
  context_.queue.push(ChunkTask{std::move(shared)}, helpers);
}

Status ScanWorker::read_chunks(ChunkedFile& shared, const std::stop_token& stop) {
  ATTACHE_TRY(read_some_chunks(shared, stop));
  if (--shared.helpers > 0) return {};
  return finish_chunks(shared);
}

Status ScanWorker::read_some_chunks(ChunkedFile& shared, const std::stop_token& stop) {
  ScanDirectory& directory = *shared.directory;
  ScanFile& file = directory.files()[shared.index];
  // Only one helper says so.
  const auto fault = [&](int error_number) -> Status {
    if (shared.failed.exchange(true)) return {};
    return file_fault(directory, file, "cannot read", error_number);
  };
  auto opened = open(directory);
  if (!opened) {
    if (shared.failed.exchange(true)) return {};
    file.state = ScanFile::State::kGone;
    return unreadable(directory.path(), std::move(opened).error());
  }
  const auto source = (*opened)->open_file(directory.c_name_of(file), links_of(file));
  if (!source) return fault(source.error());
  const auto check = [&]() -> int {
    FileStatus now;
    const int error = source->status(now);
    if (error == 0 && !now.same_version_as(shared.status)) shared.changed = true;
    return error;
  };
  if (const int error = check(); error != 0) return fault(error);
  FileHasher::settle(shared.status, stop);
  while (!shared.changed && !shared.failed && !context_.unreadable.any()) {
    const std::size_t chunk = shared.next_chunk();
    if (chunk >= shared.hashes.size()) break;
    const std::uint64_t offset = chunk * shared.chunk_size;
    const std::uint64_t size = std::min(shared.chunk_size, shared.status.size - offset);
    const auto outcome = hasher_.hash_range(*source, offset, size, shared.hashes[chunk], stop);
    if (outcome == FileHasher::Outcome::kCancelled) return cancelled();
    if (outcome == FileHasher::Outcome::kFailed) return fault(hasher_.error_number());
    if (outcome == FileHasher::Outcome::kChanging) shared.changed = true;
    if (outcome == FileHasher::Outcome::kDone) shared.bytes += size;
  }
  hasher_.was_read();
  if (const int error = check(); error != 0) return fault(error);
  return {};
}

Status ScanWorker::finish_chunks(ChunkedFile& shared) {
  ScanDirectory& directory = *shared.directory;
  ScanFile& file = directory.files()[shared.index];
  if (shared.failed || context_.unreadable.any()) return {};
  auto opened = open(directory);
  if (!opened) return unreadable(directory.path(), std::move(opened).error());
  if (shared.changed) {
    context_.progress.take_back(shared.bytes);
    if (shared.attempt == 3) return changed(directory, directory.name_of(file), "changes while it is read");
    pending_.clear();
    ATTACHE_TRY(look_at(directory, **opened, file, shared.index));
    if (pending_.empty()) return {};  // it is gone, and that is reported
    if (is_chunked(file)) {
      start_chunks(directory, pending_.front(), shared.attempt + 1);
    } else {
      context_.queue.push(ReadTask{&directory, {pending_.front()}});
    }
    return {};
  }
  context_.tree.set_chunks(file, std::move(shared.hashes));
  findings_.bytes_hashed += file.size;
  ++findings_.files_hashed;
  context_.progress.add(1, 0);
  remember(directory, **opened, file, shared.status);
  return {};
}

}  // namespace attache
