#include <attache/fsio/journal.hpp>
#include <attache/fsio/system_error.hpp>

#include "descriptor.hpp"
#include "journal_format.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <utility>

namespace attache {

namespace {

// About four million finished files; more is no journal of ours.
constexpr std::uint64_t kMaxJournalBytes = std::uint64_t{1} << 30U;

// How often another process may replace or remove the journal between our open() and our lock. Each time it has done
// its work in between; so many in a row do not happen.
constexpr int kOpenTries = 100;

int flush(int descriptor) {
  int result = 0;
  do {
    result = ::fsync(descriptor);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

int write_all(int descriptor, std::string_view data) {
  constexpr std::size_t kMaxTransfer = std::size_t{1} << 30U;
  while (!data.empty()) {
    const ssize_t count = ::write(descriptor, data.data(), std::min(data.size(), kMaxTransfer));
    if (count < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

/// 0, EWOULDBLOCK if somebody else has it, or another error. flock() and not fcntl(): a lock of the latter would be
/// lost with any descriptor of the file that this process closes, and would not keep two threads apart.
int lock(int descriptor) {
  int result = 0;
  do {
    result = ::flock(descriptor, LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  return result == 0 ? 0 : errno;
}

bool is_still_named(int descriptor, const std::string& path) {
  struct stat by_descriptor {};
  struct stat by_path {};
  return ::fstat(descriptor, &by_descriptor) == 0 && ::lstat(path.c_str(), &by_path) == 0 &&
         by_descriptor.st_dev == by_path.st_dev && by_descriptor.st_ino == by_path.st_ino;
}

tl::unexpected<Error> not_a_journal(const std::string& path, const std::string& what) {
  return fail(ErrorCode::kInvalidArgument, action_on("cannot use", path) + " as a journal: " + what,
              "move that file away; nothing was changed in it");
}

}  // namespace

struct Journal::Impl {
  std::string path;
  std::string header;
  std::uint32_t mode = 0600;
  Descriptor file;
  std::vector<std::string> records;
  std::uint64_t bytes_cut = 0;
  mutable std::mutex mutex;
  std::uint64_t size = 0;  // guarded by mutex
  bool is_broken = false;  // guarded by mutex: its end cannot be trusted
  std::string buffer;      // guarded by mutex; memory that is used again

  std::string new_path() const { return path + ".new"; }

  /// An open, locked file that the path names; no descriptor if somebody else has it.
  static Result<Descriptor> open_locked(const std::string& path, std::uint32_t mode) {
    for (int tries = 0; tries < kOpenTries; ++tries) {
      Descriptor file(::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
                             static_cast<mode_t>(mode)));
      if (!file) {
        if (errno == ELOOP) return not_a_journal(path, "it is a symbolic link");
        if (errno == EISDIR || errno == ENXIO) return not_a_journal(path, "it is not a regular file");
        return fail(system_error("cannot open the journal", path, errno));
      }
      struct stat status {};
      if (::fstat(file.get(), &status) != 0) return fail(system_error("cannot open the journal", path, errno));
      if (!S_ISREG(status.st_mode)) return not_a_journal(path, "it is not a regular file");
      if (const int error = lock(file.get()); error != 0) {
        if (error == EWOULDBLOCK) return Descriptor();
        if (error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == EINVAL) {
          return fail(ErrorCode::kUnsupported,
                      action_on("cannot lock the journal", path) + ": its file system has no locks",
                      "choose a place on another file system");
        }
        return fail(system_error("cannot lock the journal", path, error));
      }
      if (is_still_named(file.get(), path)) return file;
    }
    return fail(ErrorCode::kIo, action_on("cannot open the journal", path) + ": other processes keep replacing it",
                "try again");
  }

  Status read() {
    ATTACHE_ASSIGN(const std::string content, read_content());
    auto parsed = parse_journal(content, header);
    if (!parsed) return not_a_journal(path, "it holds something else");
    records = std::move(parsed->records);
    bytes_cut = content.size() - parsed->intact_bytes;
    if (bytes_cut > 0 && ::ftruncate(file.get(), static_cast<off_t>(parsed->intact_bytes)) != 0) {
      return fail(system_error("cannot cut the journal", path, errno));
    }
    size = parsed->intact_bytes;
    if (size == 0) {
      if (const int error = write_all(file.get(), header); error != 0) return fail(cannot_write(error));
      size = header.size();
    }
    return {};
  }

  Result<std::string> read_content() const {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return fail(system_error("cannot read the journal", path, errno));
    const auto length = static_cast<std::uint64_t>(status.st_size);
    if (length > kMaxJournalBytes) return not_a_journal(path, "it is larger than any");
    std::string content(static_cast<std::size_t>(length), '\0');
    std::size_t filled = 0;
    while (filled < content.size()) {
      const ssize_t count =
          ::pread(file.get(), content.data() + filled, content.size() - filled, static_cast<off_t>(filled));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(system_error("cannot read the journal", path, errno));
      if (count == 0) break;
      filled += static_cast<std::size_t>(count);
    }
    content.resize(filled);
    return content;
  }

  Error cannot_write(int error) const { return system_error("cannot write the journal", path, error); }

  /// `encoded` at the end, or nothing of it.
  Status write_locked(std::string_view encoded) {
    if (!file)
      return fail(ErrorCode::kInvalidArgument, action_on("cannot write the journal", path) + ": it was removed");
    if (is_broken) {
      return fail(ErrorCode::kIo, action_on("cannot write the journal", path) + ": an earlier write failed half-way",
                  "end this process and start again");
    }
    const int error = write_all(file.get(), encoded);
    if (error == 0) {
      size += encoded.size();
      return {};
    }
    if (::ftruncate(file.get(), static_cast<off_t>(size)) != 0) is_broken = true;
    return fail(cannot_write(error));
  }

  Status encode(std::string_view record) {
    if (record.size() > kMaxRecordBytes) {
      return fail(ErrorCode::kInvalidArgument,
                  action_on("cannot write the journal", path) + ": a record of " + std::to_string(record.size()) +
                      " bytes is too long",
                  "report this as a defect, with the message");
    }
    append_journal_record(buffer, record);
    return {};
  }
};

Journal::Journal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Result<std::optional<Journal>> Journal::open(const std::string& path, std::string_view kind, std::uint32_t mode) {
  auto header = journal_header(kind);
  if (!header) {
    return fail(ErrorCode::kInvalidArgument, quoted_path(kind) + " is no kind of journal",
                "use 1 to 64 letters, digits, '-', '_' and '.'");
  }
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->header = *std::move(header);
  ATTACHE_ASSIGN(impl->file, Impl::open_locked(path, mode));
  impl->mode = mode;
  if (!impl->file) return std::nullopt;
  ATTACHE_TRY(impl->read());
  // Of a process that died within rewrite(). Who holds the lock is the only one who may have it.
  ::unlink(impl->new_path().c_str());
  return Journal(std::move(impl));
}

const std::string& Journal::path() const {
  return impl_->path;
}

const std::vector<std::string>& Journal::records() const {
  return impl_->records;
}

void Journal::forget_records() {
  std::vector<std::string>().swap(impl_->records);
}

std::uint64_t Journal::bytes_cut() const {
  return impl_->bytes_cut;
}

std::uint64_t Journal::size() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->size;
}

Status Journal::append(std::string_view record) {
  const std::lock_guard lock(impl_->mutex);
  impl_->buffer.clear();
  ATTACHE_TRY(impl_->encode(record));
  return impl_->write_locked(impl_->buffer);
}

Status Journal::append(std::span<const std::string> records) {
  if (records.empty()) return {};
  const std::lock_guard lock(impl_->mutex);
  impl_->buffer.clear();
  for (const std::string& record : records) ATTACHE_TRY(impl_->encode(record));
  return impl_->write_locked(impl_->buffer);
}

Status Journal::rewrite(std::span<const std::string> records) {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->file) {
    return fail(ErrorCode::kInvalidArgument, action_on("cannot write the journal", impl_->path) + ": it was removed");
  }
  impl_->buffer = impl_->header;
  for (const std::string& record : records) ATTACHE_TRY(impl_->encode(record));
  const std::string new_path = impl_->new_path();
  const auto failed = [&](int error) {
    ::unlink(new_path.c_str());
    return fail(impl_->cannot_write(error));
  };
  ::unlink(new_path.c_str());
  Descriptor file(::open(new_path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
                         static_cast<mode_t>(impl_->mode)));
  if (!file) return failed(errno);
  // Locked before it has the name by which others find it.
  if (const int error = lock(file.get()); error != 0) return failed(error);
  if (const int error = write_all(file.get(), impl_->buffer); error != 0) return failed(error);
  if (const int error = flush(file.get()); error != 0) return failed(error);
  if (::rename(new_path.c_str(), impl_->path.c_str()) != 0) return failed(errno);
  impl_->file = std::move(file);
  impl_->size = impl_->buffer.size();
  impl_->is_broken = false;
  return {};
}

Status Journal::sync() {
  // Not under the mutex: others may go on appending while the disk is busy. Only rewrite() and remove() change the
  // descriptor, and those are nobody's but the caller's.
  if (!impl_->file) return {};
  if (const int error = flush(impl_->file.get()); error != 0) {
    return fail(system_error("cannot flush the journal", impl_->path, error));
  }
  return {};
}

Status Journal::remove() {
  const std::lock_guard guard(impl_->mutex);
  if (!impl_->file) return {};
  const Descriptor file = std::move(impl_->file);  // unlocked when the name is gone
  if (::unlink(impl_->path.c_str()) != 0 && errno != ENOENT) {
    return fail(system_error("cannot remove the journal", impl_->path, errno));
  }
  return {};
}

}  // namespace attache
