#include <attache/exec/progress_reporter.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/system_error.hpp>
#include <attache/scan/hash_files.hpp>

#include "file_hasher.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <utility>

namespace attache {

namespace {

constexpr std::size_t kMaxThreads = 256;

Result<FileHash> hash_one(const std::string& path, FileHasher& hasher, const std::stop_token& stop) {
  ATTACHE_ASSIGN(File opened, File::open_for_reading(path));
  FileStatus status = opened.opened_status();
  const OpenFile file = std::move(opened).without_path();
  Digest digest;
  switch (hasher.hash(file, status, digest, stop)) {
    case FileHasher::Outcome::kDone:
      return FileHash{digest, status.size};
    case FileHasher::Outcome::kChanging:
      return fail(ErrorCode::kSourceChanged, quoted_path(path) + " changes while it is read",
                  "wait until the program that writes it has finished, then run the command again");
    case FileHasher::Outcome::kNotRegular:
      return fail(ErrorCode::kInvalidArgument, quoted_path(path) + " is not a regular file any more",
                  "wait until nothing changes it, then run the command again");
    case FileHasher::Outcome::kCancelled:
      return cancelled();
    case FileHasher::Outcome::kFailed:
      break;
  }
  return fail(system_error("cannot read", path, hasher.error_number()));
}

/// Hands outcomes on in the order of their files. Thread-safe.
class InOrder {
 public:
  explicit InOrder(const FileHashed& hashed) : hashed_(hashed) {}

  Status add(std::size_t index, Result<FileHash> outcome) {
    const std::lock_guard lock(mutex_);
    waiting_.emplace(index, std::move(outcome));
    for (auto it = waiting_.begin(); it != waiting_.end() && it->first == next_; it = waiting_.erase(it), ++next_) {
      ATTACHE_TRY(hashed_(it->first, it->second));
    }
    return {};
  }

 private:
  const FileHashed& hashed_;
  std::mutex mutex_;
  std::map<std::size_t, Result<FileHash>> waiting_;  // few: files are begun in order
  std::size_t next_ = 0;
};

}  // namespace

Status hash_files(std::span<const std::string> paths, const HashFilesOptions& options, const FileHashed& hashed,
                  const std::stop_token& stop) {
  if (stop.stop_requested()) return cancelled();
  ProgressReporter progress(options.progress);
  progress.set_totals(paths.size(), 0);
  InOrder in_order(hashed);
  std::atomic<std::size_t> next{0};
  const std::size_t wanted = options.threads > 0 ? options.threads : WorkerGroup::default_size();
  const auto threads =
      static_cast<unsigned>(std::clamp<std::size_t>(wanted, 1, std::min(kMaxThreads, paths.size() + 1)));
  WorkerGroup workers(threads, stop, [&](unsigned, const std::stop_token& token) -> Status {
    FileHasher hasher(progress);
    for (std::size_t i = next++; i < paths.size(); i = next++) {
      if (token.stop_requested()) return cancelled();
      Result<FileHash> outcome = hash_one(paths[i], hasher, token);
      if (!outcome && outcome.error().code() == ErrorCode::kCancelled) return cancelled();
      progress.add(1, outcome && !FileHasher::reports(outcome->size) ? outcome->size : 0);
      ATTACHE_TRY(in_order.add(i, std::move(outcome)));
    }
    return {};
  });
  ATTACHE_TRY(workers.join());
  progress.finish();
  return {};
}

}  // namespace attache
