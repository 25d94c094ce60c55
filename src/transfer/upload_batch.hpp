#pragma once

#include <attache/base/result.hpp>
#include <attache/hash/digest.hpp>
#include <attache/store/object_batch.hpp>
#include <attache/transfer/upload.hpp>

#include "content_source.hpp"
#include "upload_context.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace attache {

/// A content to be sent by run(), and what is known of it.
struct UploadItem {
  Digest hash;
  std::uint64_t size = 0;
  std::uint32_t number = 0;  ///< the supply's own
  Presence presence = Presence::kUnknown;
  bool expected = false;                   ///< by the check cache
  std::shared_ptr<const void> owner{};     ///< of `bytes`
  std::span<const std::byte> bytes{};      ///< the content, if it is in memory
  std::optional<std::int64_t> mtime_us{};  ///< PutOptions::mtime_us
};

/// Where the items of one thread's batch come from and go to. Called on that thread.
class UploadSupply {
 public:
  virtual ~UploadSupply() = default;
  /// May wait.
  virtual std::optional<UploadItem> next() = 0;
  /// Opens the file of an item that is not in memory.
  virtual Status open(const UploadItem& item, ContentSource& source) = 0;
  /// The store said that it does not have the object, or not with this size.
  virtual void missing(const UploadItem& item) = 0;
  virtual void settled(const UploadItem& item, UploadOutcome outcome) = 0;
};

/// One thread's share of the small contents:
///
///   next() ──► known absent, or another size there ────────────────► PUT ──► settled
///          ──► unknown: conditional PUT ──► stored ────────────────────────► settled
///                                       └─► exists ──► HEAD ─► size right ─► settled
///          ──► unknown: HEAD ──► there, size right ─────────┘   └► PUT ────► settled
///                            └─► absent, or another size ─────────► PUT ───► settled
///
/// What goes wrong with a file is noted among the faults, and the rest goes on; an error of the store ends it.
class UploadBatch final : public ObjectBatch {
 public:
  UploadBatch(UploadContext& context, UploadSupply& supply) : context_(context), supply_(supply) {}

  Status run(const std::stop_token& stop);

  std::optional<ObjectTask> next() override;
  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override;

 private:
  enum class Step : std::uint8_t { kHead, kConditionalPut, kPut };
  struct Slot {
    UploadItem item;
    Step step = Step::kHead;
    bool replaces = false;   ///< an object of another size
    bool was_asked = false;  ///< and counted
    ContentSource file;
    std::optional<MemorySource> memory;
  };

  std::optional<ObjectTask> task_of(std::size_t number);
  std::optional<std::size_t> take();
  void release(std::size_t number);
  void put_next(std::size_t number, Step step);
  void head_done(std::size_t number, const Result<std::optional<ObjectInfo>>& result);
  void put_done(std::size_t number, const Result<std::optional<ObjectInfo>>& result);
  void settle(std::size_t number, UploadOutcome outcome);
  void fail_with(const Error& error);

  UploadContext& context_;
  UploadSupply& supply_;
  std::deque<Slot> slots_;
  std::vector<std::size_t> free_;
  std::deque<std::size_t> ready_;  // to be carried on
  bool has_more_ = true;
  std::optional<Error> error_;
  std::stop_source inner_;
};

}  // namespace attache
