#include <attache/base/text.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/upload.hpp>

#include "content_plan.hpp"
#include "content_source.hpp"
#include "source_tree.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <span>

namespace attache {

std::string_view to_string(UploadOutcome outcome) {
  switch (outcome) {
    case UploadOutcome::kSent:
      return "sent";
    case UploadOutcome::kPresent:
      return "present";
    case UploadOutcome::kResent:
      return "resent";
  }
  return "unknown";
}

namespace {

/// At most this many offenders are named in one message; the rest are counted.
constexpr std::size_t kNamedOffenders = 20;

/// Looks at every file before the first byte is sent: a missing file or another size is found at 2 us a file, and all
/// of them are reported at once instead of one per run.
Status check_sources(const std::vector<PlannedContent>& contents, const SourceTree& root, std::stop_token stop) {
  std::size_t offenders = 0;
  std::string list;
  ErrorCode code = ErrorCode::kNotFound;
  const auto blame = [&](ErrorCode why_code, const RelativePath& path, const std::string& why) {
    if (offenders == 0) code = why_code;
    if (offenders++ < kNamedOffenders) list += "\n  " + printable(path.text()) + ": " + why;
  };
  for (const PlannedContent& content : contents) {
    for (const PlannedFile& file : content.files) {
      if (stop.stop_requested()) return cancelled();
      const auto status = root.status(file.path);
      if (!status) {
        blame(status.error().code(), file.path, status.error().message());
      } else if (!*status) {
        blame(ErrorCode::kNotFound, file.path, "does not exist");
      } else if ((*status)->kind != FileKind::kRegular) {
        blame(ErrorCode::kSourceChanged, file.path, "is not a regular file any more");
      } else if ((*status)->size != content.size) {
        blame(ErrorCode::kSourceChanged, file.path,
              "has " + std::to_string((*status)->size) + " bytes, the manifest says " + std::to_string(content.size));
      }
    }
  }
  if (offenders == 0) return {};
  if (offenders > kNamedOffenders) list += "\n  and " + std::to_string(offenders - kNamedOffenders) + " more";
  return fail(code,
              std::to_string(offenders) + (offenders == 1 ? " file" : " files") + " below '" + printable(root.path()) +
                  "' cannot be uploaded:" + list,
              "nothing was sent; restore the files, or take a new snapshot and upload that");
}

class Uploader {
 public:
  Uploader(const SourceTree& root, ObjectStore& store, ProgressReporter& progress)
      : root_(root), store_(store), progress_(progress) {}

  Result<UploadOutcome> upload(const PlannedContent& content, std::stop_token stop) {
    const std::string key = data_key(content.hash);
    ATTACHE_ASSIGN(const auto present, store_.head(key, stop));
    if (present && present->size == content.size) return UploadOutcome::kPresent;

    const RelativePath& path = content.files.front().path;
    ATTACHE_ASSIGN(File file, root_.open_for_reading(path));
    ContentSource source(std::move(file), content.hash, content.size,
                         [this](std::size_t bytes) { progress_.add(0, bytes); });
    ATTACHE_TRY(store_.put(key, source, PutOptions{}, stop));
    return present ? UploadOutcome::kResent : UploadOutcome::kSent;
  }

 private:
  const SourceTree& root_;
  ObjectStore& store_;
  ProgressReporter& progress_;
};

void count(UploadReport& report, UploadOutcome outcome, std::uint64_t size) {
  switch (outcome) {
    case UploadOutcome::kResent:
      ++report.objects_resent;
      [[fallthrough]];
    case UploadOutcome::kSent:
      ++report.objects_sent;
      report.bytes_sent += size;
      break;
    case UploadOutcome::kPresent:
      ++report.objects_present;
      report.bytes_present += size;
      break;
  }
}

Status publish_manifest(const Manifest& manifest, ObjectStore& store, const UploadOptions& options,
                        std::stop_token stop) {
  // The order is the promise: whoever can see the manifest can get everything it names, also after a power failure.
  ATTACHE_TRY(store.make_durable(stop));
  if (!options.manifest_key) return {};
  ATTACHE_ASSIGN(const std::string document, encode_v2023(manifest));
  MemorySource source(std::as_bytes(std::span(document)));
  PutOptions put;
  put.metadata = options.manifest_metadata;
  ATTACHE_TRY(store.put(*options.manifest_key, source, put, stop));
  return store.make_durable(stop);
}

}  // namespace

Result<UploadReport> upload_manifest(const Manifest& manifest, ObjectStore& store, const UploadOptions& options,
                                     std::stop_token stop) {
  ATTACHE_ASSIGN(const std::vector<PlannedContent> contents, plan_contents(manifest));
  ATTACHE_ASSIGN(const SourceTree root, SourceTree::open(options.root));
  ATTACHE_TRY(check_sources(contents, root, stop));

  UploadReport report;
  std::uint64_t unique_bytes = 0;
  for (const PlannedContent& content : contents) {
    report.files += content.files.size();
    report.bytes += content.size * content.files.size();
    unique_bytes += content.size;
  }
  report.duplicates = report.files - contents.size();

  const std::vector<std::size_t> order = largest_first(contents);

  ProgressReporter progress(options.progress);
  progress.set_totals(contents.size(), unique_bytes);
  Uploader uploader(root, store, progress);
  std::atomic<std::size_t> next = 0;
  std::mutex report_mutex;
  WorkerGroup group(workers_for(options.workers, contents.size()), stop,
                    [&](unsigned, std::stop_token inner) -> Status {
                      for (std::size_t i = next++; i < order.size(); i = next++) {
                        if (inner.stop_requested()) return cancelled();
                        const PlannedContent& content = contents[order[i]];
                        ATTACHE_ASSIGN(const UploadOutcome outcome, uploader.upload(content, inner));
                        progress.add(1, outcome == UploadOutcome::kPresent ? content.size : 0);
                        const std::lock_guard lock(report_mutex);
                        count(report, outcome, content.size);
                      }
                      return {};
                    });
  ATTACHE_TRY(group.join());
  ATTACHE_TRY(publish_manifest(manifest, store, options, stop));
  progress.finish();
  return report;
}

}  // namespace attache
