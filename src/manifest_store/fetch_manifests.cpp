#include <attache/base/text.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest_store/fetch_manifests.hpp>
#include <attache/store/object_batch.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>

namespace attache {

namespace {

std::string object_name(const ObjectStore& store, std::string_view key) {
  return "'" + printable(store.uri(key)) + "'";
}

/// Collects a document, and no more than it may have.
class DocumentSink final : public ObjectSink {
 public:
  explicit DocumentSink(std::uint64_t limit) : limit_(limit) {}

  Status begin(const ObjectInfo& info) override {
    text_.clear();
    if (info.size > limit_) return too_large(info.size);
    // What a server promises is not believed further than this.
    text_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(info.size, 16 * kMiB)));
    return {};
  }
  Status write(std::span<const std::byte> data) override {
    if (data.size() > limit_ - text_.size()) return too_large(text_.size() + data.size());
    text_.append(reinterpret_cast<const char*>(data.data()), data.size());  // NOLINT(*-reinterpret-cast)
    return {};
  }
  const std::string& text() const { return text_; }

 private:
  Status too_large(std::uint64_t size) const {
    return fail(ErrorCode::kInvalidManifest,
                "it has " + human_size(size) + ", and at most " + human_size(limit_) + " are taken for a manifest",
                "check that the key is that of a manifest");
  }

  std::uint64_t limit_;
  std::string text_;
};

Result<FetchedManifest> understand(const ObjectStore& store, const std::string& key, const ObjectInfo& info,
                                   const std::string& document) {
  auto manifest = decode_manifest(document);
  if (!manifest) {
    return fail(manifest.error().within("the object " + object_name(store, key) + " is not a usable manifest"));
  }
  auto origin = read_origin(info.metadata);
  if (!origin) return fail(origin.error().within("the manifest " + object_name(store, key) + " is not usable"));
  return FetchedManifest{
      key, *std::move(manifest), xxh128(document), document.size(), info.last_modified_us, *std::move(origin)};
}

/// A failure that says which object it was about.
Error about(const Error& error, const ObjectStore& store, std::string_view key) {
  const std::string uri = store.uri(key);
  if (error.code() == ErrorCode::kCancelled || error.message().find(printable(uri)) != std::string::npos) return error;
  return error.within("cannot fetch the manifest " + object_name(store, key));
}

class Fetching final : public ObjectBatch {
 public:
  Fetching(ObjectStore& store, std::span<const ListedManifest> manifests, const FetchOptions& options)
      : store_(store), manifests_(manifests), options_(options), results_(manifests.size()) {}

  std::optional<ObjectTask> next() override {
    if (failure_ || next_ == manifests_.size()) return std::nullopt;
    const ListedManifest& manifest = manifests_[next_];
    ObjectTask task;
    task.kind = ObjectTask::Kind::kGet;
    task.key = manifest.key;
    task.number = next_++;
    task.expected_size = manifest.size;
    if (free_sinks_.empty()) {
      sinks_.emplace_back(options_.limits.manifest_bytes);
      free_sinks_.push_back(&sinks_.back());
    }
    task.sink = free_sinks_.back();
    free_sinks_.pop_back();
    return task;
  }

  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    auto* const sink = static_cast<DocumentSink*>(task.sink);
    if (!failure_) {
      if (Status status = take(task, *sink, std::move(result)); !status) failure_ = std::move(status).error();
    }
    free_sinks_.push_back(sink);
  }

  const std::optional<Error>& failure() const { return failure_; }

  std::vector<FetchedManifest> results() {
    std::vector<FetchedManifest> all;
    all.reserve(results_.size());
    for (std::optional<FetchedManifest>& result : results_) all.push_back(*std::move(result));
    return all;
  }

 private:
  Status take(const ObjectTask& task, const DocumentSink& sink, Result<std::optional<ObjectInfo>> result) {
    if (!result) return fail(about(result.error(), store_, task.key));
    if (!*result) {
      return fail(ErrorCode::kNotFound, "there is no manifest " + object_name(store_, task.key),
                  "check the key, and the root prefix of the store");
    }
    bytes_ += sink.text().size();
    if (bytes_ > options_.limits.total_bytes) {
      return fail(ErrorCode::kInvalidManifest,
                  "the manifests below " + printable(store_.root_uri()) + " have more than " +
                      human_size(options_.limits.total_bytes),
                  "take the outputs of one step at a time");
    }
    ATTACHE_ASSIGN(results_[task.number], understand(store_, task.key, **result, sink.text()));
    if (options_.progress) options_.progress(++done_, manifests_.size());
    return {};
  }

  ObjectStore& store_;
  std::span<const ListedManifest> manifests_;
  const FetchOptions& options_;
  std::vector<std::optional<FetchedManifest>> results_;
  std::deque<DocumentSink> sinks_;  // as many as were ever under way at once; their memory is used again
  std::vector<DocumentSink*> free_sinks_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::uint64_t bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace

Result<FetchedManifest> fetch_manifest(ObjectStore& store, std::string_view key, const FetchOptions& options,
                                       std::stop_token stop) {
  DocumentSink sink(options.limits.manifest_bytes);
  auto got = store.get(key, sink, {}, std::move(stop));
  if (!got) return fail(about(got.error(), store, key));
  if (!*got) {
    return fail(ErrorCode::kNotFound, "there is no manifest " + object_name(store, key),
                "check the key, and the root prefix of the store");
  }
  return understand(store, std::string(key), **got, sink.text());
}

Result<std::vector<FetchedManifest>> fetch_manifests(ObjectStore& store, std::span<const ListedManifest> manifests,
                                                     const FetchOptions& options, std::stop_token stop) {
  Fetching batch(store, manifests, options);
  const Status ran = store.run(batch, std::move(stop));
  if (!ran) return fail(ran.error());
  if (batch.failure()) return fail(*batch.failure());
  return batch.results();
}

Status check_hash(const FetchedManifest& fetched, std::string_view stated_hash, const ObjectStore& store) {
  const std::optional<Digest> stated = Digest::parse(stated_hash);
  if (stated && *stated == fetched.hash) return {};
  return fail(ErrorCode::kIntegrity,
              "the manifest " + object_name(store, fetched.key) + " has the hash " + fetched.hash.to_hex() +
                  ", and the job's attachments state " + printable(stated_hash),
              "take the manifest that belongs to the job: this one was replaced or damaged");
}

}  // namespace attache
