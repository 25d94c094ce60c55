#pragma once

#include <attache/base/error.hpp>
#include <attache/exec/progress_reporter.hpp>
#include <attache/store/object_store.hpp>
#include <attache/transfer/upload.hpp>

#include "existence.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace attache {

/// Files that could not be what their manifest says: they are told together, at the end. Thread-safe.
class SourceFaults {
 public:
  void add(const Error& error);
  bool any() const;
  /// Of those there are. `root` and `what` complete the message. What to do is `state`, and what the first of them says
  /// or, of files that are gone or other than they were, `remedy`.
  Error to_error(const std::string& root, const std::string& what, const std::string& state,
                 const std::string& remedy) const;

 private:
  mutable std::mutex mutex_;
  std::size_t count_ = 0;
  std::optional<ErrorCode> code_;  // of the first
  std::string remedy_;             // of the first
  std::string list_;
};

/// Passes everything on, and counts what need not be sent again. Thread-safe.
class CountedResumption final : public PutResumption {
 public:
  /// `inner` may be null, and outlives this.
  explicit CountedResumption(PutResumption* inner) : inner_(inner) {}

  /// For the options of a put.
  PutResumption* get() { return inner_ == nullptr ? nullptr : this; }
  std::uint64_t bytes() const { return bytes_; }

  std::optional<UnfinishedPut> unfinished(std::string_view key) override { return inner_->unfinished(key); }
  Status begun(std::string_view key, const UnfinishedPut& put) override { return inner_->begun(key, put); }
  void ended(std::string_view key, const UnfinishedPut& put) override { inner_->ended(key, put); }
  void reused(std::string_view key, std::uint64_t bytes) override {
    bytes_ += bytes;
    inner_->reused(key, bytes);
  }

 private:
  PutResumption* inner_;
  std::atomic<std::uint64_t> bytes_{0};
};

/// What all threads of an upload share. The references outlive it.
struct UploadContext {
  ObjectStore& store;
  const UploadOptions& options;
  ProgressReporter& progress;
  RequestTally tally{};
  Existence existence{store, options, tally};
  SourceFaults faults{};
  CountedResumption resumption{options.resumption};
  /// Contents that were asked for by themselves, and those of them that were there.
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> there{0};

  void count_answer(bool was_there) {
    ++asked;
    if (was_there) ++there;
  }
};

/// Threads that run small contents.
unsigned small_workers(const UploadOptions& options, const ObjectStore& store);

}  // namespace attache
