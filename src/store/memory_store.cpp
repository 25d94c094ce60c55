#include <attache/base/byte_size.hpp>
#include <attache/base/text.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/store/object_rules.hpp>

#include "source_reader.hpp"
#include "store_common.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

namespace attache {

namespace {

struct MemoryObject {
  ObjectInfo info;
  std::vector<std::byte> data;
};

/// Bytes between two looks at the stop token: at 1 GiB/s well below a millisecond each.
constexpr std::size_t kPiece = 256 * kKiB;

class MemoryStore final : public ObjectStore {
 public:
  explicit MemoryStore(const MemoryStoreOptions& options) : name_(options.name) {}

  std::string root_uri() const override { return name_; }

  Result<std::optional<ObjectInfo>> head(std::string_view key, std::stop_token stop) override {
    ATTACHE_TRY(check_object_key(key));
    if (stop.stop_requested()) return cancelled();
    const std::shared_ptr<const MemoryObject> object = find(key);
    return object ? std::optional(object->info) : std::nullopt;
  }

  Status put(std::string_view key, ObjectSource& source, const PutOptions& options, std::stop_token stop) override {
    ATTACHE_TRY(check_object_key(key));
    ATTACHE_TRY(check_object_metadata(key, options.metadata));
    ATTACHE_TRY(refuse_tags(options, uri(key)));
    if (stop.stop_requested()) return cancelled();
    if (options.only_if_absent && find(key)) return already_exists(key);

    SourceReader reader(source, uri(key));
    auto object = std::make_shared<MemoryObject>();
    // Grown by what really comes: a source that promises 2^60 bytes must not be believed.
    while (reader.remaining() > 0) {
      const std::size_t begin = object->data.size();
      object->data.resize(begin + static_cast<std::size_t>(std::min<std::uint64_t>(reader.remaining(), kPiece)));
      ATTACHE_TRY(reader.fill(std::span(object->data).subspan(begin), stop));
    }
    ATTACHE_TRY(reader.finish(stop));
    if (stop.stop_requested()) return cancelled();

    object->info.metadata = options.metadata;
    return publish(key, std::move(object), options.only_if_absent);
  }

  Result<std::optional<ObjectInfo>> get(std::string_view key, ObjectSink& sink, const GetOptions& options,
                                        std::stop_token stop) override {
    ATTACHE_TRY(check_object_key(key));
    if (stop.stop_requested()) return cancelled();
    const std::shared_ptr<const MemoryObject> object = find(key);
    if (!object) return std::nullopt;
    ATTACHE_TRY(check_version(object->info, options.if_match, uri(key)));
    ATTACHE_TRY(begin_sink(sink, object->info, options, uri(key)));
    const ObjectRange range = clip(options, object->info.size);
    for (std::uint64_t offset = range.begin; offset < range.end; offset += kPiece) {
      if (stop.stop_requested()) return cancelled();
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(range.end - offset, kPiece));
      ATTACHE_TRY(sink.write(std::span(object->data).subspan(static_cast<std::size_t>(offset), count)));
    }
    return object->info;
  }

  Result<ListPage> list(std::string_view prefix, const ListOptions& options, std::stop_token stop) override {
    ATTACHE_TRY(check_list_options(options));
    if (stop.stop_requested()) return cancelled();
    ListPage page;
    const std::lock_guard lock(mutex_);
    auto next = options.start_after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(options.start_after);
    while (next != objects_.end() && next->first.starts_with(prefix)) {
      const std::optional<std::string_view> common = common_prefix(next->first, prefix, options);
      if (!common || *common > options.start_after) {
        if (page.objects.size() + page.prefixes.size() == options.max_keys) {
          page.more = true;
          break;
        }
        if (common) {
          page.prefixes.emplace_back(*common);
        } else {
          page.objects.push_back(next->second->info);
          page.objects.back().metadata.clear();
        }
      }
      next = common ? objects_.lower_bound(behind(*common)) : std::next(next);
    }
    return page;
  }

  Result<bool> copy(std::string_view from, std::string_view to, const CopyOptions& options,
                    std::stop_token stop) override {
    ATTACHE_TRY(check_copy(from, to));
    if (stop.stop_requested()) return cancelled();
    const std::shared_ptr<const MemoryObject> source = find(from);
    if (!source) return false;
    ATTACHE_TRY(check_version(source->info, options.if_match, uri(from)));
    ATTACHE_TRY(publish(to, std::make_shared<MemoryObject>(*source), false));
    return true;
  }

  Status remove(std::string_view key, std::stop_token stop) override {
    ATTACHE_TRY(check_object_key(key));
    if (stop.stop_requested()) return cancelled();
    const std::lock_guard lock(mutex_);
    if (const auto existing = objects_.find(key); existing != objects_.end()) objects_.erase(existing);
    return {};
  }

  Result<std::vector<KeyFailure>> remove_all(std::span<const std::string> keys, std::stop_token stop) override {
    return remove_each(*this, keys, stop);
  }

  /// Nothing in memory survives a power failure; there is nothing that could be done about it.
  Status make_durable(std::stop_token stop) override {
    if (stop.stop_requested()) return cancelled();
    return {};
  }

 private:
  /// Puts data and metadata under a key.
  Status publish(std::string_view key, std::shared_ptr<MemoryObject> object, bool only_if_absent) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    object->info.key = key;
    object->info.size = object->data.size();
    object->info.last_modified_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    const std::lock_guard lock(mutex_);
    if (only_if_absent && objects_.contains(key)) return already_exists(key);
    object->info.etag = '"' + std::to_string(++versions_) + '"';
    objects_.insert_or_assign(std::string(key), std::move(object));
    return {};
  }

  /// The least text that is greater than all that start with `prefix`, which is UTF-8 and not empty: no byte of it is
  /// the greatest there is.
  static std::string behind(std::string_view prefix) {
    std::string text(prefix);
    text.back() = static_cast<char>(static_cast<unsigned char>(text.back()) + 1);
    return text;
  }

  std::shared_ptr<const MemoryObject> find(std::string_view key) const {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
  }

  tl::unexpected<Error> already_exists(std::string_view key) const { return object_exists(uri(key)); }

  const std::string name_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const MemoryObject>, std::less<>> objects_;  // guarded by mutex_
  std::uint64_t versions_ = 0;                                                       // guarded by mutex_
};

}  // namespace

std::unique_ptr<ObjectStore> make_memory_store(const MemoryStoreOptions& options) {
  return std::make_unique<MemoryStore>(options);
}

}  // namespace attache
