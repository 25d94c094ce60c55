#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/object_batch.hpp>

#include "content_fetcher.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <utility>

namespace attache {

namespace {

/// The first failure, and a token that says to everybody that there was one.
class Failure {
 public:
  explicit Failure(const std::stop_token& outer) : forward_(outer, [this] { source_.request_stop(); }) {}

  void set(Error error) {
    if (!error_) error_ = std::move(error);
    source_.request_stop();
  }
  const std::optional<Error>& error() const { return error_; }
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::optional<Error> error_;
  std::stop_source source_;
  std::stop_callback<std::function<void()>> forward_;  // last: it uses `source_`
};

/// An object of a small content, on its way: checked in memory, then written to all its files.
class SmallSink final : public ObjectSink {
 public:
  SmallSink(DownloadContext& context, std::uint32_t content, std::stop_token stop)
      : context_(context), content_(content), stop_(std::move(stop)) {}

  std::uint32_t content() const { return content_; }
  std::string key() const {
    const Digest& hash = planned().hash;
    return is_legacy_ ? legacy_data_key(hash) : data_key(hash);
  }
  bool is_legacy() const { return is_legacy_; }
  /// Next time, the object without a suffix: objects that old versions of the incumbent stored have none.
  void use_legacy_key() { is_legacy_ = true; }

  Status begin(const ObjectInfo& info) override {
    buffer_.clear();
    is_delivered_ = false;
    if (info.size == planned().size) return {};
    // Refused before a byte is written: a wrong size needs no transfer to be known.
    return damaged("it has " + std::to_string(info.size) + " bytes, the manifest says " +
                   std::to_string(planned().size));
  }

  Status write(std::span<const std::byte> data) override {
    const std::uint64_t size = planned().size;
    if (data.size() > size - buffer_.size()) {
      return damaged("more than the " + std::to_string(size) + " bytes that the manifest says came");
    }
    if (buffer_.empty() && data.size() == size) return deliver(data);  // mostly: it is not copied
    buffer_.reserve(static_cast<std::size_t>(size));
    buffer_.insert(buffer_.end(), data.begin(), data.end());
    return buffer_.size() == size ? deliver(buffer_) : Status();
  }

  /// After the store said that all came.
  Status finish() {
    if (is_delivered_) return {};
    if (planned().size == 0) return deliver({});
    return damaged("only " + std::to_string(buffer_.size()) + " of " + std::to_string(planned().size) + " bytes came");
  }

 private:
  const PlannedDownloadContent& planned() const { return context_.plan.contents[content_]; }

  tl::unexpected<Error> damaged(const std::string& how) const {
    return fail(context_.damaged(context_.store.uri(key()), how));
  }

  Status deliver(std::span<const std::byte> data) {
    const Digest actual = xxh128(data);
    if (actual != planned().hash) {
      return damaged("its bytes have hash " + actual.to_hex() + " instead of " + planned().hash.to_hex());
    }
    is_delivered_ = true;
    ATTACHE_TRY(deliver_bytes(context_, planned(), data, ContentOrigin::kStore, stop_));
    context_.objects_fetched.fetch_add(1, std::memory_order_relaxed);
    context_.bytes_fetched.fetch_add(data.size(), std::memory_order_relaxed);
    if (context_.cache != nullptr) context_.cache->keep(actual, data, stop_);
    return {};
  }

  DownloadContext& context_;
  const std::uint32_t content_;
  const std::stop_token stop_;
  bool is_legacy_ = false;
  bool is_delivered_ = false;
  std::vector<std::byte> buffer_;
};

class SmallBatch final : public ObjectBatch {
 public:
  SmallBatch(DownloadContext& context, const std::function<std::uint32_t()>& take, Failure& failure)
      : context_(context), take_(take), failure_(failure) {}

  bool has_more() const { return !again_.empty(); }

  std::optional<ObjectTask> next() override {
    if (!again_.empty()) {
      const std::size_t slot = again_.front();
      again_.pop_front();
      return task_of(slot);
    }
    while (!failure_.token().stop_requested()) {
      const std::uint32_t content = take_();
      if (content == kNoIndex) return std::nullopt;
      const Result<bool> delivered = deliver_from_near(content);
      if (!delivered) {
        failure_.set(delivered.error());
        return std::nullopt;
      }
      if (!*delivered) return task_of(make_slot(content));
    }
    return std::nullopt;
  }

  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    SmallSink& sink = *slots_[task.number];
    if (!result) {
      failure_.set(std::move(result).error());
    } else if (*result) {
      if (Status finished = sink.finish(); !finished) failure_.set(std::move(finished).error());
    } else if (!sink.is_legacy()) {
      sink.use_legacy_key();
      again_.push_back(task.number);
      return;
    } else {
      const PlannedDownloadContent& content = context_.plan.contents[sink.content()];
      failure_.set(context_.missing(content.hash, context_.next_to_write(content.first)));
    }
    slots_[task.number].reset();
    free_.push_back(task.number);
  }

 private:
  std::size_t make_slot(std::uint32_t content) {
    auto sink = std::make_unique<SmallSink>(context_, content, failure_.token());
    if (free_.empty()) {
      slots_.push_back(std::move(sink));
      return slots_.size() - 1;
    }
    const std::size_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = std::move(sink);
    return slot;
  }

  ObjectTask task_of(std::size_t slot) {
    ObjectTask task;
    task.kind = ObjectTask::Kind::kGet;
    task.key = slots_[slot]->key();
    task.number = slot;
    task.sink = slots_[slot].get();
    task.expected_size = context_.plan.contents[slots_[slot]->content()].size;
    task.get.if_size = task.expected_size;
    task.get.metadata = false;
    return task;
  }

  /// From a file of the destination, or from the object cache. False: the store has to be asked.
  Result<bool> deliver_from_near(std::uint32_t index) {
    const PlannedDownloadContent& content = context_.plan.contents[index];
    if (const std::uint32_t present = context_.present_file(content); present != kNoIndex) {
      const PlannedDownloadFile& file = context_.plan.files[present];
      const auto written = context_.survey.written_as.find(present);
      const std::string& name = written == context_.survey.written_as.end() ? file.name : written->second;
      ATTACHE_ASSIGN(const RelativePath path, RelativePath::parse(context_.plan.path_of(file.directory, name)));
      const Result<File> opened = context_.tree.root().open_for_reading(path);
      if (opened && read_whole(*opened, content)) {
        ATTACHE_TRY(deliver_bytes(context_, content, buffer_, ContentOrigin::kLocal, failure_.token()));
        context_.bytes_copied.fetch_add(content.size, std::memory_order_relaxed);
        return true;
      }
    }
    if (context_.cache == nullptr) return false;
    const std::optional<File> cached = context_.cache->find(content.hash, content.size);
    if (!cached) return false;
    if (!read_whole(*cached, content)) {
      context_.cache->drop(content.hash);
      return false;
    }
    ATTACHE_TRY(deliver_bytes(context_, content, buffer_, ContentOrigin::kCache, failure_.token()));
    context_.bytes_from_cache.fetch_add(content.size, std::memory_order_relaxed);
    return true;
  }

  /// Into buffer_; false if it is not that content.
  bool read_whole(const File& file, const PlannedDownloadContent& content) {
    if (file.opened_status().size != content.size) return false;
    buffer_.resize(static_cast<std::size_t>(content.size));
    const Result<std::size_t> count = file.read_at(buffer_, 0);
    return count && *count == buffer_.size() && xxh128(buffer_) == content.hash;
  }

  DownloadContext& context_;
  const std::function<std::uint32_t()>& take_;
  Failure& failure_;
  std::vector<std::unique_ptr<SmallSink>> slots_;  // by ObjectTask::number
  std::vector<std::size_t> free_;
  std::deque<std::size_t> again_;  // to be asked for without a suffix
  std::vector<std::byte> buffer_;
};

}  // namespace

Status fetch_small(DownloadContext& context, const std::function<std::uint32_t()>& take, const std::stop_token& stop) {
  Failure failure(stop);
  SmallBatch batch(context, take, failure);
  do {
    const Status ran = context.store.run(batch, failure.token());
    if (failure.error()) return fail(*failure.error());
    ATTACHE_TRY(ran);
  } while (batch.has_more());
  return {};
}

}  // namespace attache
