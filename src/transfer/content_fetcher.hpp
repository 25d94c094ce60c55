#pragma once

#include <attache/exec/progress_reporter.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/download.hpp>

#include "content_check.hpp"
#include "destination_tree.hpp"
#include "download_journal.hpp"
#include "download_plan.hpp"
#include "download_survey.hpp"
#include "file_delivery.hpp"
#include "object_cache.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace attache {

/// What the threads of a download share. Everything outlives them.
struct DownloadContext {
  const DownloadPlan& plan;
  const DownloadSurvey& survey;
  const DownloadOptions& options;
  ObjectStore& store;
  DestinationTree& tree;
  DownloadJournal& journal;
  FileDelivery& delivery;
  ObjectCache* cache;  ///< or null
  ProgressReporter& progress;

  // Results.
  std::mutex mutex{};
  std::vector<DownloadedFile> files{};  // guarded by mutex
  std::atomic<std::uint64_t> objects_fetched{0};
  std::atomic<std::uint64_t> bytes_fetched{0};
  std::atomic<std::uint64_t> bytes_from_cache{0};
  std::atomic<std::uint64_t> bytes_copied{0};
  std::atomic<std::uint64_t> bytes_resumed{0};
  std::atomic<std::uint64_t> files_written{0};
  std::atomic<std::uint64_t> parts_kept{0};  ///< temporary files that the next run can go on with

  /// The first file of a content, from `file` on, that is to be written; kNoIndex if there is none.
  std::uint32_t next_to_write(std::uint32_t file) const;
  /// A file of the content that is there; kNoIndex if there is none.
  std::uint32_t present_file(const PlannedDownloadContent& content) const;
  /// It has got its name.
  void note(std::uint32_t file, FileDelivery::Published published, ContentOrigin origin);

  Error missing(const Digest& hash, std::uint32_t file) const;
  Error damaged(const std::string& uri, const std::string& how) const;
};

/// Writes verified bytes to all files of a content that are to be written. They may be very many (one content is that
/// of every empty file): kCancelled between two of them.
Status deliver_bytes(DownloadContext& context, const PlannedDownloadContent& content, std::span<const std::byte> data,
                     ContentOrigin origin, const std::stop_token& stop);

/// One worker's share of the small contents, by ObjectStore::run(). `take` gives the next content, kNoIndex at the end.
Status fetch_small(DownloadContext& context, const std::function<std::uint32_t()>& take, const std::stop_token& stop);

/// One large content: fetched in order into a temporary file, part by part; from there to all its files.
Status fetch_large(DownloadContext& context, const PlannedDownloadContent& content, const std::stop_token& stop);

}  // namespace attache
