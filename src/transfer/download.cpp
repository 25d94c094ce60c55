#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/fsio/file.hpp>
#include <attache/transfer/download.hpp>

#include "content_fetcher.hpp"
#include "tree_changes.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <unordered_map>
#include <utility>

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

std::string_view to_string(ContentOrigin origin) {
  switch (origin) {
    case ContentOrigin::kNone:
      return "none";
    case ContentOrigin::kStore:
      return "store";
    case ContentOrigin::kCache:
      return "cache";
    case ContentOrigin::kLocal:
      return "local";
  }
  return "unknown";
}

namespace {

/// Contents that a worker takes at a time: neighbours, which mostly are in one directory, whose lock two workers would
/// otherwise fight for.
constexpr std::size_t kTakenAtOnce = 16;

/// Fewer small contents are soon done by one worker.
constexpr std::size_t kFilesForABatch = 128;
constexpr std::size_t kMostBatches = 8;

/// The contents to fetch, shared by the workers.
class FetchQueue {
 public:
  FetchQueue(const DownloadContext& context, std::uint64_t small_bytes) {
    for (std::uint32_t i = 0; i < context.plan.contents.size(); ++i) {
      const PlannedDownloadContent& content = context.plan.contents[i];
      if (context.next_to_write(content.first) == kNoIndex) continue;
      const bool is_small = content.chunks.empty() && content.size <= small_bytes;
      (is_small ? small_ : large_).push_back(i);
    }
    // One that started last would leave the other workers idle for its whole length. Small ones stay in the order of
    // the manifest, directory by directory.
    std::stable_sort(large_.begin(), large_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return context.plan.contents[a].size > context.plan.contents[b].size;
    });
  }

  std::size_t small() const { return small_.size(); }
  std::size_t large() const { return large_.size(); }
  bool is_empty() const { return small_.empty() && large_.empty(); }
  bool has_small() const { return next_small_.load(std::memory_order_relaxed) < small_.size(); }

  std::uint32_t take_large() {
    const std::size_t index = next_large_.fetch_add(1, std::memory_order_relaxed);
    return index < large_.size() ? large_[index] : kNoIndex;
  }

  /// A worker's own hand into the small ones.
  class SmallCursor {
   public:
    explicit SmallCursor(FetchQueue& queue) : queue_(queue) {}
    std::uint32_t take() {
      if (next_ == end_) {
        next_ = queue_.next_small_.fetch_add(kTakenAtOnce, std::memory_order_relaxed);
        next_ = std::min(next_, queue_.small_.size());
        end_ = std::min(next_ + kTakenAtOnce, queue_.small_.size());
      }
      return next_ < end_ ? queue_.small_[next_++] : kNoIndex;
    }

   private:
    FetchQueue& queue_;
    std::size_t next_ = 0;
    std::size_t end_ = 0;
  };

 private:
  std::vector<std::uint32_t> small_;
  std::vector<std::uint32_t> large_;
  std::atomic<std::size_t> next_small_{0};
  std::atomic<std::size_t> next_large_{0};
};

unsigned workers_for(const FetchQueue& queue, const DownloadOptions& options) {
  const unsigned large = std::max(options.large_at_once, 1U);
  std::size_t wanted = options.workers;
  if (wanted == 0) {
    // A batch has hundreds of requests in flight, so that few of them fill a line; what more of them are for is the
    // work with the answers.
    const auto batches =
        std::min<std::size_t>({queue.small() / kFilesForABatch + 1, WorkerGroup::default_size(), kMostBatches});
    wanted = (queue.small() == 0 ? 0 : batches) + std::min<std::size_t>(queue.large(), large);
  }
  return static_cast<unsigned>(
      std::clamp<std::size_t>(queue.small() + queue.large(), 1, std::max<std::size_t>(wanted, 1)));
}

Status fetch_all(DownloadContext& context, const std::stop_token& stop) {
  FetchQueue queue(context, context.options.small_bytes);
  if (queue.is_empty()) return {};
  const unsigned large_first = std::max(context.options.large_at_once, 1U);
  WorkerGroup group(workers_for(queue, context.options), stop,
                    [&](unsigned worker, const std::stop_token& inner) -> Status {
                      FetchQueue::SmallCursor cursor(queue);
                      const std::function<std::uint32_t()> take = [&cursor] { return cursor.take(); };
                      bool begins_large = worker < large_first;
                      for (;;) {
                        if (inner.stop_requested()) return cancelled();
                        if (!begins_large && queue.has_small()) {
                          ATTACHE_TRY(fetch_small(context, take, inner));
                          continue;
                        }
                        // What a worker has taken of the small ones it has also done.
                        const std::uint32_t large = queue.take_large();
                        if (large != kNoIndex) {
                          ATTACHE_TRY(fetch_large(context, context.plan.contents[large], inner));
                          continue;
                        }
                        if (!begins_large) return {};
                        begins_large = false;
                      }
                    });
  return group.join();
}

/// By its path, links followed.
bool is_still_there(const DownloadContext& context, const std::string& path, const PlannedDownloadFile& file) {
  const Result<RelativePath> parsed = RelativePath::parse(path);
  if (!parsed) return false;
  const Result<std::optional<FileStatus>> status = context.tree.root().stat(*parsed);
  return status && *status && looks_like(**status, context.plan, file);
}

/// Files that stay as they are.
Status note_present(DownloadContext& context, const DownloadReport& report, const std::stop_token& stop) {
  // What a link leads to may just have been deleted.
  const bool may_have_gone = context.survey.follows_links && !report.deleted.empty();
  constexpr std::uint32_t kStopInterval = 1024;
  for (std::uint32_t i = 0; i < context.plan.files.size(); ++i) {
    if (i % kStopInterval == 0 && stop.stop_requested()) return cancelled();
    if (context.survey.writes(i)) continue;
    const PlannedDownloadFile& file = context.plan.files[i];
    const auto written = context.survey.written_as.find(i);
    const std::uint64_t size = context.plan.contents[file.content].size;
    std::string path =
        context.plan.path_of(file.directory, written == context.survey.written_as.end() ? file.name : written->second);
    const bool is_present =
        context.survey.files[i] == FileState::kPresent && (!may_have_gone || is_still_there(context, path, file));
    context.files.push_back({.path = std::move(path),
                             .outcome = is_present ? DownloadOutcome::kPresent : DownloadOutcome::kDiffers,
                             .size = size,
                             .entry = file.entry});
    context.progress.skip(1, size);
  }
  return {};
}

/// The beginnings that this plan can go on with.
DownloadJournal::WantsPart wanted_parts(const DownloadContext& context) {
  auto wanted = std::make_shared<std::unordered_map<Digest, std::uint32_t>>();
  if (context.journal.has_taken_over()) {
    for (std::uint32_t i = 0; i < context.plan.contents.size(); ++i) {
      if (context.next_to_write(context.plan.contents[i].first) != kNoIndex) {
        wanted->try_emplace(context.plan.contents[i].hash, i);
      }
    }
  }
  return [wanted, &context](const Digest& hash, const std::string& directory) {
    const auto found = wanted->find(hash);
    if (found == wanted->end()) return false;
    const PlannedDownloadContent& content = context.plan.contents[found->second];
    if (content.chunks.empty() && content.size <= context.options.small_bytes) return false;
    for (std::uint32_t file = context.next_to_write(content.first); file != kNoIndex;
         file = context.next_to_write(context.plan.files[file].next)) {
      if (context.journal.native_path(context.plan.files[file].directory) == directory) return true;
    }
    return false;
  };
}

Status run_phases(DownloadContext& context, DownloadReport& report, const std::stop_token& stop) {
  ATTACHE_TRY(apply_deletions(context, report, stop));
  ATTACHE_TRY(make_directories(context, stop));
  ATTACHE_TRY(note_present(context, report, stop));
  ATTACHE_TRY(fetch_all(context, stop));
  ATTACHE_TRY(make_links(context, stop));
  return set_directory_permissions(context, stop);
}

/// What a full disk means here: the survey found enough space, so somebody else took it.
Error with_space(const Error& error, const DownloadContext& context) {
  if (error.code() != ErrorCode::kNoSpace) return error;
  const Result<std::uint64_t> available = free_space(context.options.destination);
  const Progress done = context.progress.progress();
  const std::uint64_t left = done.bytes_total - std::min(done.bytes_total, done.bytes_done + done.bytes_skipped);
  return Error(ErrorCode::kNoSpace,
               error.message() + "; " + human_size(left) + " were still to come, and " +
                   (available ? human_size(*available) : std::string("an unknown number of bytes")) + " are free",
               "free some space, then run the same command again: files that are complete stay");
}

Result<DownloadReport> run_download(const DownloadPlan& plan, ObjectStore& store, const DownloadOptions& options,
                                    const std::stop_token& stop) {
  DestinationTree tree(plan, options.destination, options.open_directories);
  ATTACHE_TRY(tree.open());
  ATTACHE_ASSIGN(const Digest digest, plan.digest(options.conflict, stop));
  DownloadJournal journal(plan, digest, options);
  journal.take_over();
  ATTACHE_ASSIGN(const DownloadSurvey survey, survey_destination(plan, tree, journal, options, stop));
  ATTACHE_TRY(tree.open_or_create());

  DownloadReport report;
  std::unique_ptr<ObjectCache> cache;
  if (!options.object_cache.empty()) {
    auto opened = ObjectCache::open(options.object_cache, options.object_cache_bytes, survey.bytes_to_write);
    if (opened) {
      cache = *std::move(opened);
    } else {
      report.warnings.push_back("the object cache is not used: " + opened.error().to_string());
    }
  }
  ProgressReporter progress(options.progress);
  std::uint64_t bytes = 0;
  for (const PlannedDownloadFile& file : plan.files) bytes += plan.contents[file.content].size;
  progress.set_totals(plan.files.size() + plan.links.size(), bytes);
  FileDelivery delivery(plan, tree, journal, options);
  DownloadContext context{plan, survey, options, store, tree, journal, delivery, cache.get(), progress};
  const bool is_anything_to_do =
      survey.files_to_write != 0 || !plan.links.empty() || !plan.deleted_files.empty() || journal.has_taken_over();
  if (is_anything_to_do) journal.begin(tree.root(), wanted_parts(context));

  const Status status = run_phases(context, report, stop);
  if (cache && cache->bytes_added() != 0) {
    if (const Status trimmed = cache->trim(stop); !trimmed) report.warnings.push_back(trimmed.error().to_string());
  }
  // Of a run that failed the next one needs to know only if there is something of it, or of those that it took over.
  journal.end(!status && (context.files_written.load() != 0 || context.parts_kept.load() != 0 ||
                          journal.has_dead_plans() || journal.holds_parts()));
  if (!status) return fail(with_space(status.error(), context));
  progress.finish();

  report.files = std::move(context.files);
  std::sort(report.files.begin(), report.files.end(),
            [](const DownloadedFile& a, const DownloadedFile& b) { return a.entry < b.entry; });
  report.objects_fetched = context.objects_fetched.load();
  report.bytes_fetched = context.bytes_fetched.load();
  report.bytes_from_cache = context.bytes_from_cache.load();
  report.bytes_copied = context.bytes_copied.load();
  report.bytes_resumed = context.bytes_resumed.load();
  report.directories_created = tree.directories_created();
  for (std::string& warning : journal.warnings()) report.warnings.push_back(std::move(warning));
  return report;
}

}  // namespace

Result<DownloadReport> download_manifest(const Manifest& manifest, ObjectStore& store, const DownloadOptions& options,
                                         std::stop_token stop) {
  ATTACHE_ASSIGN(const DownloadPlan plan, plan_download(manifest, options, stop));
  return run_download(plan, store, options, stop);
}

Result<DownloadReport> download_manifest(const TreeManifest& manifest, ObjectStore& store,
                                         const DownloadOptions& options, std::stop_token stop) {
  ATTACHE_ASSIGN(const DownloadPlan plan, plan_download(manifest, options, stop));
  return run_download(plan, store, options, stop);
}

}  // namespace attache
