#include "fetch_and_hash.hpp"

#include <attache/base/byte_size.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/object_batch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace attache {

namespace {

/// As S3StoreOptions::multipart_threshold: from here on a store fetches ranges side by side, and blocks a batch.
constexpr std::uint64_t kLarge = 8 * kMiB;
constexpr unsigned kLargeAtATime = 2;

/// Hashes what comes. Ends the get as soon as the size is wrong.
class HashSink final : public ObjectSink {
 public:
  HashSink(std::uint64_t size, ProgressReporter& progress) : size_(size), progress_(progress) {}

  Status begin(const ObjectInfo& info) override {
    // A repeated get begins anew.
    restart();
    if (info.size != size_) return wrong_size(info.size);
    return {};
  }
  Status write(std::span<const std::byte> data) override {
    came_ += data.size();
    if (came_ > size_) return wrong_size(came_);
    progress_.add(0, data.size());
    hash_.update(data);
    return {};
  }

  void restart() {
    progress_.take_back(std::min(came_, size_));
    came_ = 0;
    hash_ = Xxh128Stream();
  }

  const std::optional<std::uint64_t>& other_size() const { return other_size_; }
  std::uint64_t came() const { return came_; }
  Digest hash() const { return hash_.digest(); }

 private:
  Status wrong_size(std::uint64_t size) {
    other_size_ = size;
    return fail(ErrorCode::kIntegrity, "the object has another size");
  }

  const std::uint64_t size_;
  ProgressReporter& progress_;
  std::optional<std::uint64_t> other_size_;
  std::uint64_t came_ = 0;
  Xxh128Stream hash_;
};

/// Takes numbers from a list, by any number of threads.
class SharedList {
 public:
  explicit SharedList(std::vector<std::size_t> numbers) : numbers_(std::move(numbers)) {}
  std::optional<std::size_t> take() {
    const std::size_t at = at_++;
    return at < numbers_.size() ? std::optional(numbers_[at]) : std::nullopt;
  }
  std::size_t size() const { return numbers_.size(); }

 private:
  const std::vector<std::size_t> numbers_;
  std::atomic<std::size_t> at_{0};
};

class Fetcher {
 public:
  Fetcher(std::span<const NeededContent> contents, ObjectStore& store, ProgressReporter& progress, bool legacy,
          std::vector<Fetched>& fetched)
      : contents_(contents), store_(store), progress_(progress), legacy_(legacy), fetched_(fetched) {}

  Status run(SharedList& small, SharedList& large, unsigned threads, const std::stop_token& stop) {
    const auto needed = [](std::size_t work, unsigned most) {
      return static_cast<unsigned>(std::min<std::size_t>(work, most));
    };
    const unsigned for_small = needed(small.size(), std::max(threads, 1U));
    const unsigned for_large = needed(large.size(), kLargeAtATime);
    if (for_small + for_large == 0) return {};
    WorkerGroup group(for_small + for_large, stop, [&](unsigned worker, const std::stop_token& stopped) -> Status {
      if (worker >= for_large) return run_small(small, stopped);
      ATTACHE_TRY(run_large(large, stopped));
      // Fewer threads may have been started than were asked for.
      return run_small(small, stopped);
    });
    return group.join();
  }

 private:
  class Batch final : public ObjectBatch {
   public:
    Batch(Fetcher& fetcher, SharedList& list) : fetcher_(fetcher), list_(list) {}

    std::optional<ObjectTask> next() override {
      if (error_) return std::nullopt;
      const std::optional<std::size_t> number = list_.take();
      if (!number) return std::nullopt;
      const NeededContent& content = fetcher_.contents_[*number];
      auto sink = std::make_unique<HashSink>(content.size, fetcher_.progress_);
      ObjectTask task{.kind = ObjectTask::Kind::kGet, .key = fetcher_.key_of(content), .number = *number};
      task.sink = sink.get();
      task.get = options_for(content);
      sinks_.emplace(*number, std::move(sink));
      return task;
    }

    void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
      const auto sink = sinks_.find(task.number);
      Status status = fetcher_.judge(task.number, *sink->second, std::move(result));
      sinks_.erase(sink);
      if (!status && (!error_ || error_->code() == ErrorCode::kCancelled)) error_ = std::move(status).error();
    }

    const std::optional<Error>& error() const { return error_; }

   private:
    Fetcher& fetcher_;
    SharedList& list_;
    std::unordered_map<std::size_t, std::unique_ptr<HashSink>> sinks_;
    std::optional<Error> error_;
  };

  /// An object of another size is wrong without being read; and were it read, a service's checksum, that of what was
  /// stored first perhaps, would be wrong before its size is seen to be.
  static GetOptions options_for(const NeededContent& content) { return {.if_size = content.size, .metadata = false}; }

  std::string key_of(const NeededContent& content) const {
    return legacy_ ? legacy_data_key(content.hash) : data_key(content.hash);
  }

  Status run_small(SharedList& list, const std::stop_token& stop) {
    Batch batch(*this, list);
    Status status = store_.run(batch, stop);
    if (batch.error()) return fail(*batch.error());
    return status;
  }

  Status run_large(SharedList& list, const std::stop_token& stop) {
    for (;;) {
      const std::optional<std::size_t> number = list.take();
      if (!number) return {};
      const NeededContent& content = contents_[*number];
      HashSink sink(content.size, progress_);
      ATTACHE_TRY(judge(*number, sink, store_.get(key_of(content), sink, options_for(content), stop)));
    }
  }

  /// An error by which nothing more can be said.
  Status judge(std::size_t number, HashSink& sink, Result<std::optional<ObjectInfo>> result) {
    const NeededContent& content = contents_[number];
    Fetched& fetched = fetched_[number];
    fetched.legacy = legacy_;
    if (sink.other_size()) {
      fetched.fault = ContentFault::kWrongSize;
      fetched.found_size = *sink.other_size();
    } else if (!result) {
      ATTACHE_TRY(note_failure(fetched, result.error()));
    } else if (!*result) {
      fetched.fault = ContentFault::kMissing;
      fetched.legacy = false;
      if (!legacy_) return {};  // not yet the last word
    } else if (sink.came() != content.size) {
      fetched.fault = ContentFault::kWrongSize;
      fetched.found_size = sink.came();
    } else if (const Digest hash = sink.hash(); hash != content.hash) {
      fetched.fault = ContentFault::kWrongContent;
      fetched.detail = "its bytes have the hash " + hash.to_hex();
    } else {
      fetched.good = true;
    }
    // All bytes count as done, whether they came or not: what is wrong is finished, too.
    const std::uint64_t counted = std::min(sink.came(), content.size);
    progress_.add(1, content.size - counted);
    return {};
  }

  static Status note_failure(Fetched& fetched, const Error& error) {
    switch (error.code()) {
      case ErrorCode::kIntegrity:
      case ErrorCode::kSourceChanged:
        fetched.fault = ContentFault::kWrongContent;
        break;
      case ErrorCode::kIo:
      case ErrorCode::kPermissionDenied:
        fetched.fault = ContentFault::kUnreadable;
        break;
      default:
        return fail(error);
    }
    fetched.detail = error.message();
    return {};
  }

  const std::span<const NeededContent> contents_;
  ObjectStore& store_;
  ProgressReporter& progress_;
  const bool legacy_;
  std::vector<Fetched>& fetched_;  // each element by one thread
};

}  // namespace

Result<FetchReport> fetch_and_hash(std::span<const NeededContent> contents, ObjectStore& store, unsigned threads,
                                   ProgressReporter& progress, const std::stop_token& stop) {
  FetchReport report;
  report.fetched.resize(contents.size());
  std::vector<std::size_t> numbers(contents.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  for (const bool legacy : {false, true}) {
    std::vector<std::size_t> small;
    std::vector<std::size_t> large;
    for (const std::size_t i : numbers) (contents[i].size < kLarge ? small : large).push_back(i);
    // The largest first: one that began last would be waited for alone.
    std::sort(large.begin(), large.end(),
              [&](std::size_t a, std::size_t b) { return contents[a].size > contents[b].size; });
    SharedList small_list(std::move(small));
    SharedList large_list(std::move(large));
    report.requests += numbers.size();
    Fetcher fetcher(contents, store, progress, legacy, report.fetched);
    ATTACHE_TRY(fetcher.run(small_list, large_list, threads, stop));
    std::erase_if(numbers, [&](std::size_t i) {
      return report.fetched[i].good || report.fetched[i].fault != ContentFault::kMissing;
    });
  }
  return report;
}

}  // namespace attache
