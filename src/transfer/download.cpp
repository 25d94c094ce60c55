#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/paths/conflict_names.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/download.hpp>

#include "content_plan.hpp"
#include "content_sink.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>

namespace attache {

std::string_view to_string(DownloadOutcome outcome) {
  switch (outcome) {
    case DownloadOutcome::kDownloaded:
      return "downloaded";
    case DownloadOutcome::kCopied:
      return "copied";
    case DownloadOutcome::kPresent:
      return "present";
    case DownloadOutcome::kDiffers:
      return "differs";
  }
  return "unknown";
}

namespace {

/// Blocks of local copies: large enough that the system call does not show, small enough for the second-level cache.
constexpr std::size_t kCopyBlock = 256 * kKiB;

/// A manifest restores times to the microsecond, but the incumbent's download loses up to one (incumbent defect 17): a
/// tree that it restored must count as present.
bool same_time(std::int64_t a_us, std::int64_t b_us) {
  const std::int64_t low = std::min(a_us, b_us);
  const std::int64_t high = std::max(a_us, b_us);
  return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) <= 1;
}

/// What is to be done about an entry, given what is at its path now.
enum class Decision { kWrite, kPresent, kDiffers };

/// kAlreadyExists for anything but a regular file or nothing at the path.
Result<Decision> decide(const RootDirectory& root, const PlannedFile& file, const ManifestEntry& entry,
                        ConflictResolution conflict, std::uint64_t& existing_size) {
  existing_size = 0;
  ATTACHE_ASSIGN(const auto status, root.stat(file.path));
  if (!status) return Decision::kWrite;
  if (status->kind != FileKind::kRegular) {
    return fail(ErrorCode::kAlreadyExists,
                "'" + printable(root.path() + "/" + file.path.text()) +
                    "' is in the way: it is not a regular file, and the manifest has a file there",
                "move it away, or download into another directory");
  }
  existing_size = status->size;
  if (conflict != ConflictResolution::kSkip) return Decision::kWrite;
  return status->size == entry.size && same_time(status->mtime_us(), entry.mtime_us) ? Decision::kPresent
                                                                                     : Decision::kDiffers;
}

/// Looks at every path before anything is written: what is in the way, a link that leads out and a full disk are known
/// before the first byte comes. The decisions are made again when a file is written, since the tree may change.
Status survey(const Manifest& manifest, const std::vector<PlannedContent>& contents, const RootDirectory& root,
              const DownloadOptions& options, std::stop_token stop) {
  std::uint64_t needed = 0;
  std::uint64_t freed = 0;
  for (const PlannedContent& content : contents) {
    for (const PlannedFile& file : content.files) {
      if (stop.stop_requested()) return cancelled();
      std::uint64_t existing_size = 0;
      ATTACHE_ASSIGN(const Decision decision,
                     decide(root, file, manifest[file.entry], options.conflict, existing_size));
      if (decision != Decision::kWrite) continue;
      needed += content.size;
      if (options.conflict == ConflictResolution::kOverwrite) freed += existing_size;
    }
  }
  // Replaced files make room only one after the other, so the largest that can be in flight count in full.
  std::uint64_t in_flight = 0;
  const std::vector<std::size_t> order = largest_first(contents);
  for (std::size_t i = 0; i < std::min<std::size_t>(options.workers, order.size()); ++i)
    in_flight += contents[order[i]].size;
  needed = std::max(needed - std::min(needed, freed), std::min(needed, in_flight));

  ATTACHE_ASSIGN(const std::uint64_t available, free_space(options.destination));
  if (needed <= available) return {};
  return fail(ErrorCode::kNoSpace,
              "the files need " + human_size(needed) + ", but only " + human_size(available) + " are free below '" +
                  printable(options.destination) + "'",
              "free some space or choose another destination; nothing was written");
}

class Downloader {
 public:
  Downloader(const Manifest& manifest, const RootDirectory& root, ObjectStore& store, const DownloadOptions& options,
             ProgressReporter& progress, DownloadReport& report)
      : manifest_(manifest), root_(root), store_(store), options_(options), progress_(progress), report_(report) {}

  /// Restores every file of one content; fetched once, copied for its other paths.
  Status restore(const PlannedContent& content, std::stop_token stop) {
    std::optional<RelativePath> restored;  // where this run has written the content
    for (const PlannedFile& file : content.files) {
      if (stop.stop_requested()) return cancelled();
      std::uint64_t existing_size = 0;
      ATTACHE_ASSIGN(const Decision decision,
                     decide(root_, file, manifest_[file.entry], options_.conflict, existing_size));
      if (decision != Decision::kWrite) {
        note(file, file.path.text(),
             decision == Decision::kPresent ? DownloadOutcome::kPresent : DownloadOutcome::kDiffers);
        progress_.add(0, content.size);
        continue;
      }
      ATTACHE_TRY(root_.create_parents(file.path));
      ATTACHE_ASSIGN(TemporaryFile temporary, root_.create_temporary(file.path));
      ATTACHE_TRY(restored ? copy(*restored, content, file, temporary, stop) : fetch(content, temporary, stop));
      ATTACHE_TRY(temporary.set_mtime_us(manifest_[file.entry].mtime_us));
      ATTACHE_ASSIGN(std::optional<RelativePath> written, publish(file, temporary));
      if (!restored) restored = std::move(written);
    }
    return {};
  }

 private:
  Status fetch(const PlannedContent& content, TemporaryFile& temporary, std::stop_token stop) {
    const std::string key = data_key(content.hash);
    const auto on_bytes = [this](std::size_t bytes) { progress_.add(0, bytes); };
    ContentSink sink(temporary, content.hash, content.size, store_.uri(key), on_bytes);
    ATTACHE_ASSIGN(auto found, store_.get(key, sink, GetOptions{}, stop));
    if (!found) {
      // Objects that old versions of the incumbent stored have no suffix.
      const std::string legacy_key = legacy_data_key(content.hash);
      ContentSink legacy_sink(temporary, content.hash, content.size, store_.uri(legacy_key), on_bytes);
      ATTACHE_ASSIGN(found, store_.get(legacy_key, legacy_sink, GetOptions{}, stop));
      if (!found) return missing(content, key);
      ATTACHE_TRY(legacy_sink.check());
    } else {
      ATTACHE_TRY(sink.check());
    }
    const std::lock_guard lock(mutex_);
    ++report_.objects_fetched;
    report_.bytes_fetched += content.size;
    return {};
  }

  tl::unexpected<Error> missing(const PlannedContent& content, const std::string& key) const {
    const PlannedFile& file = content.files.front();
    return fail(
        ErrorCode::kNotFound,
        "object '" + printable(store_.uri(key)) + "' does not exist; it is the content of '" +
            printable(file.path.text()) + "'",
        "upload the manifest's files to this store again, or check that this is the store they were uploaded to");
  }

  /// The bytes come from a file that this run has published. They are hashed again: another process can have written to
  /// it since; then the content is fetched after all.
  Status copy(const RelativePath& from, const PlannedContent& content, const PlannedFile& file,
              TemporaryFile& temporary, std::stop_token stop) {
    Status copied = try_copy(from, content, temporary, stop);
    if (copied || copied.error().code() == ErrorCode::kCancelled || copied.error().code() == ErrorCode::kNoSpace) {
      return copied;
    }
    ATTACHE_ASSIGN(temporary, root_.create_temporary(file.path));
    return fetch(content, temporary, stop);
  }

  Status try_copy(const RelativePath& from, const PlannedContent& content, TemporaryFile& temporary,
                  std::stop_token stop) {
    ATTACHE_ASSIGN(File source, root_.open_for_reading(from));
    ATTACHE_ASSIGN(const FileStatus status, source.status());
    ContentSink sink(temporary, content.hash, content.size, from.text(), [](std::size_t) {});
    ObjectInfo info;
    info.size = status.size;
    ATTACHE_TRY(sink.begin(info));
    std::vector<std::byte> buffer(std::clamp<std::uint64_t>(content.size, 1, kCopyBlock));
    for (;;) {
      if (stop.stop_requested()) return cancelled();
      ATTACHE_ASSIGN(const std::size_t count, source.read(buffer));
      if (count == 0) break;
      ATTACHE_TRY(sink.write(std::span(buffer).first(count)));
    }
    ATTACHE_TRY(sink.check());
    progress_.add(0, content.size);
    return {};
  }

  /// Gives the file its final name; the path it got, or nothing if somebody else's file stays there.
  Result<std::optional<RelativePath>> publish(const PlannedFile& file, TemporaryFile& temporary) {
    // Except for kOverwrite the rename itself decides whether a name is free: no placeholder, and no moment in which
    // two could take it.
    const auto if_exists = options_.conflict == ConflictResolution::kOverwrite ? TemporaryFile::IfExists::kReplace
                                                                               : TemporaryFile::IfExists::kFail;
    const Status published = temporary.publish(if_exists);
    if (published) {
      note(file, file.path.text(), DownloadOutcome::kDownloaded);
      return file.path;
    }
    if (published.error().code() != ErrorCode::kAlreadyExists || if_exists == TemporaryFile::IfExists::kReplace) {
      return fail(published.error());
    }
    if (options_.conflict == ConflictResolution::kSkip) {
      note(file, file.path.text(), DownloadOutcome::kDiffers);  // it appeared while the content came
      return std::nullopt;
    }
    for (std::uint64_t n = 1;; ++n) {
      const std::string name = copy_name(file.path.name(), n);
      const Status copied = temporary.publish_as(name, TemporaryFile::IfExists::kFail);
      if (!copied && copied.error().code() == ErrorCode::kAlreadyExists) continue;
      ATTACHE_TRY(copied);
      const std::string parent(file.path.parent());
      ATTACHE_ASSIGN(RelativePath written, RelativePath::parse(parent.empty() ? name : parent + "/" + name));
      note(file, written.text(), DownloadOutcome::kCopied);
      return written;
    }
  }

  void note(const PlannedFile& file, const std::string& path, DownloadOutcome outcome) {
    progress_.add(1, 0);
    const std::lock_guard lock(mutex_);
    report_.files.push_back({path, outcome, manifest_[file.entry].size, file.entry});
  }

  const Manifest& manifest_;
  const RootDirectory& root_;
  ObjectStore& store_;
  const DownloadOptions& options_;
  ProgressReporter& progress_;
  std::mutex mutex_;
  DownloadReport& report_;
};

}  // namespace

Result<DownloadReport> download_manifest(const Manifest& manifest, ObjectStore& store, const DownloadOptions& options,
                                         std::stop_token stop) {
  ATTACHE_ASSIGN(const std::vector<PlannedContent> contents, plan_contents(manifest));
  ATTACHE_ASSIGN(const RootDirectory root, RootDirectory::open_or_create(options.destination));

  ATTACHE_TRY(survey(manifest, contents, root, options, stop));

  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  for (const PlannedContent& content : contents) {
    files += content.files.size();
    bytes += content.size * content.files.size();
  }
  ProgressReporter progress(options.progress);
  progress.set_totals(files, bytes);
  const std::vector<std::size_t> order = largest_first(contents);
  DownloadReport report;
  Downloader downloader(manifest, root, store, options, progress, report);
  std::atomic<std::size_t> next = 0;
  WorkerGroup group(workers_for(options.workers, contents.size()), stop,
                    [&](unsigned, std::stop_token inner) -> Status {
                      for (std::size_t i = next++; i < order.size(); i = next++) {
                        if (inner.stop_requested()) return cancelled();
                        ATTACHE_TRY(downloader.restore(contents[order[i]], inner));
                      }
                      return {};
                    });
  ATTACHE_TRY(group.join());
  progress.finish();
  std::sort(report.files.begin(), report.files.end(),
            [](const DownloadedFile& a, const DownloadedFile& b) { return a.entry < b.entry; });
  return report;
}

}  // namespace attache
