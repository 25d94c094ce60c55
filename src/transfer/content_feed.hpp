#pragma once

#include <attache/base/result.hpp>
#include <attache/exec/bounded_queue.hpp>
#include <attache/hash/digest.hpp>
#include <attache/scan/content_tap.hpp>

#include "upload_context.hpp"
#include "upload_run.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <unordered_set>
#include <vector>

namespace attache {

/// Contents on their way from a scan that has just hashed them to the threads that send them:
///
///   scan thread: place() ──► block of memory ──► keep() ──► group ──► queue ──► sending thread: UploadBatch
///                            1 MiB, many files              by the directory    run_sender()
///
/// A group is handed over, not a file; a scan thread that finds the budget used up waits until something was sent, and
/// one that has nothing to read holds no memory. A
/// content is taken once; what the check cache expects in the store, or what seems to be there mostly, is left to the
/// stage that knows all contents (Existence::survey), and read again if it is missing after all. Thread-safe.
class ContentFeed final : public ContentTap {
 public:
  /// `context` must outlive it; `failed` fires when sending has failed, so that the scan ends.
  ContentFeed(UploadContext& context, std::stop_token failed);
  ~ContentFeed() override;

  std::unique_ptr<ContentCollector> collector() override;

  /// Sends what comes until close(); several threads may. What was settled is in `outcomes` of each.
  Status run_sender(EarlyOutcomes& outcomes, const std::stop_token& stop);
  /// Nothing more comes.
  void close() { queue_.close(); }

 private:
  class Collector;
  class Supply;
  struct Block;
  struct Item {
    Digest hash;
    std::span<const std::byte> bytes;
    std::int64_t mtime_us = 0;
  };
  struct Group {
    std::shared_ptr<const Block> block;
    std::vector<Item> items;
  };
  /// A block that has room for more files.
  struct Rest {
    std::shared_ptr<Block> block;
    std::size_t used = 0;
  };
  struct Claims {
    std::mutex mutex;
    std::unordered_set<Digest> taken;
  };

  bool claim(const Digest& hash);
  std::shared_ptr<Block> try_block(std::size_t bytes);
  std::shared_ptr<Block> wait_for_block(std::size_t bytes, const std::stop_token& stop);
  void give_back(std::size_t bytes, std::unique_ptr<std::byte[]> memory);
  std::shared_ptr<Block> make_block(std::size_t bytes);
  /// Leaves it for whoever comes next; gives it back if somebody waits for memory.
  void park(Rest rest);
  /// One with so much room; none if there is none.
  Rest take_parked(std::size_t bytes);

  UploadContext& context_;
  const std::stop_token failed_;
  const std::uint64_t budget_;
  std::array<Claims, 16> claims_;
  std::atomic<std::size_t> offered_{0};

  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::uint64_t used_ = 0;                            // guarded by mutex_
  unsigned waiting_ = 0;                              // guarded by mutex_: for memory
  std::vector<std::unique_ptr<std::byte[]>> idle_{};  // guarded by mutex_: blocks of the usual size

  // Last: blocks that are left give their memory back.
  std::vector<Rest> parked_;  // guarded by mutex_
  BoundedQueue<std::shared_ptr<Group>> queue_;
};

}  // namespace attache
