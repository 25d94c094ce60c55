#include "store_manifests.hpp"

#include <attache/base/text.hpp>
#include <attache/store/object_batch.hpp>

#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace attache {

namespace {

constexpr std::string_view kManifests = "Manifests/";

class TextSink final : public ObjectSink {
 public:
  Status begin(const ObjectInfo& /*info*/) override {
    text_.clear();
    return {};
  }
  Status write(std::span<const std::byte> data) override {
    const auto* const bytes = reinterpret_cast<const char*>(data.data());
    text_.append(bytes, data.size());
    return {};
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class ReadBatch final : public ObjectBatch {
 public:
  ReadBatch(const ObjectStore& store, const std::vector<ObjectInfo>& objects, std::uint64_t chunk_size,
            const std::function<void(const AnyManifest&)>& found)
      : store_(store), objects_(objects), found_(found) {
    options_.chunk_size = chunk_size;
  }

  std::optional<ObjectTask> next() override {
    if (error_ || at_ == objects_.size()) return std::nullopt;
    auto sink = std::make_unique<TextSink>();
    ObjectTask task{.kind = ObjectTask::Kind::kGet, .key = objects_[at_].key, .number = at_};
    task.sink = sink.get();
    task.expected_size = objects_[at_].size;
    sinks_.emplace(at_, std::move(sink));
    ++at_;
    return task;
  }

  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    const std::unique_ptr<TextSink> sink = std::move(sinks_.extract(task.number).mapped());
    if (!result) return fail_with(std::move(result).error());
    if (!*result || error_) return;
    const Result<AnyManifest> manifest = decode_manifest(sink->text(), options_);
    if (!manifest) {
      return fail_with(
          manifest.error().within("the object " + printable(store_.uri(task.key)) + " is not a usable manifest"));
    }
    found_(*manifest);
    ++read_;
  }

  const std::optional<Error>& error() const { return error_; }
  std::uint64_t read() const { return read_; }

 private:
  void fail_with(Error error) {
    if (!error_ || error_->code() == ErrorCode::kCancelled) error_ = std::move(error);
  }

  const ObjectStore& store_;
  const std::vector<ObjectInfo>& objects_;
  const std::function<void(const AnyManifest&)>& found_;
  DecodeOptions options_;
  std::size_t at_ = 0;
  std::unordered_map<std::size_t, std::unique_ptr<TextSink>> sinks_;
  std::optional<Error> error_;
  std::uint64_t read_ = 0;
};

}  // namespace

Status StoreManifests::read_new(const std::function<void(const AnyManifest&)>& found, const std::stop_token& stop) {
  std::vector<ObjectInfo> fresh;
  ListOptions options;
  for (;;) {
    ATTACHE_ASSIGN(const ListPage page, store_.list(kManifests, options, stop));
    for (const ObjectInfo& object : page.objects) {
      // Made by consoles for an empty folder: it names nothing, and no store could get it.
      if (object.size == 0 && object.key.ends_with('/')) continue;
      Version version{object.size, object.etag, object.last_modified_us.value_or(0)};
      const auto seen = seen_.find(object.key);
      if (seen != seen_.end() && seen->second == version) continue;
      seen_.insert_or_assign(object.key, std::move(version));
      fresh.push_back(object);
    }
    if (!page.more) break;
    options.start_after = page.last();
  }
  ReadBatch batch(store_, fresh, chunk_size_, found);
  Status status = store_.run(batch, stop);
  if (batch.error()) return fail(*batch.error());
  count_ += batch.read();
  return status;
}

}  // namespace attache
