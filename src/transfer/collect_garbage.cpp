#include <attache/exec/progress_reporter.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/transfer/collect_garbage.hpp>

#include "needed_contents.hpp"
#include "stoppable_sort.hpp"
#include "store_manifests.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace attache {

namespace {

/// Between two looks at the manifests: some ten requests to remove them, a second or two.
constexpr std::size_t kRemovedBetweenLooks = 10'000;

/// Hashes that manifests name.
class NamedHashes {
 public:
  void add(const AnyManifest& manifest) {
    append_hashes(manifest, hashes_);
    sorted_ = false;
  }
  /// After the last add() and before the next question.
  Status sort(const std::stop_token& stop) {
    if (sorted_) return {};
    if (!stoppable_sort(hashes_, stop)) return cancelled();
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
    sorted_ = true;
    return {};
  }
  bool contains(const Digest& hash) const { return std::binary_search(hashes_.begin(), hashes_.end(), hash); }
  std::size_t size() const { return hashes_.size(); }

 private:
  std::vector<Digest> hashes_;  // those of a million files are appended in 20 ms
  bool sorted_ = true;
};

struct Garbage {
  Digest hash;
  std::uint64_t size = 0;
  bool legacy = false;

  std::string key() const { return legacy ? legacy_data_key(hash) : data_key(hash); }
};

class Collector {
 public:
  Collector(ObjectStore& store, const GarbageOptions& options, std::stop_token stop)
      : store_(store),
        options_(options),
        stop_(std::move(stop)),
        manifests_(store, options.chunk_size),
        progress_(options.progress) {}

  Result<GarbageReport> run() {
    for (const AnyManifest& manifest : options_.manifests) {
      if (stop_.stop_requested()) return cancelled();
      named_.add(manifest);
    }
    if (options_.all_manifests) ATTACHE_TRY(look());
    if (options_.manifests.empty() && manifests_.count() == 0) {
      return fail(ErrorCode::kInvalidArgument,
                  options_.all_manifests ? "there is no manifest below Manifests/: everything would be garbage"
                                         : "no manifest was given: everything would be garbage",
                  "check the store's prefix, or name the manifests whose content is to be kept");
    }
    ATTACHE_TRY(named_.sort(stop_));
    report_.hashes = named_.size();
    ATTACHE_TRY(list());
    if (options_.remove) ATTACHE_TRY(remove());
    report_.store_manifests = manifests_.count();
    progress_.finish();
    return std::move(report_);
  }

 private:
  Status look() {
    return manifests_.read_new([this](const AnyManifest& manifest) { named_.add(manifest); }, stop_);
  }

  Status list() {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(options_.clock().time_since_epoch());
    newest_us_ = (now - std::chrono::duration_cast<std::chrono::microseconds>(options_.min_age)).count();
    ListOptions list;
    for (;;) {
      ATTACHE_ASSIGN(const ListPage page, store_.list("Data/", list, stop_));
      for (const ObjectInfo& object : page.objects) sort_out(object);
      progress_.add(page.objects.size(), 0);
      if (!page.more) return {};
      list.start_after = page.last();
    }
  }

  void sort_out(const ObjectInfo& object) {
    const std::optional<DataKey> key = parse_data_key(object.key);
    if (!key) return report_.foreign.add(object.size);
    if (named_.contains(key->hash)) return report_.named.add(object.size);
    if (!object.last_modified_us || *object.last_modified_us > newest_us_) return report_.young.add(object.size);
    report_.garbage.add(object.size);
    if (options_.garbage) options_.garbage(object);
    if (options_.remove) garbage_.push_back({key->hash, object.size, key->legacy});
  }

  Status remove() {
    for (std::size_t at = 0; at < garbage_.size(); at += kRemovedBetweenLooks) {
      if (options_.all_manifests) ATTACHE_TRY(look());
      ATTACHE_TRY(named_.sort(stop_));
      std::vector<std::string> keys;
      std::vector<Garbage> removed;
      for (std::size_t i = at; i < std::min(garbage_.size(), at + kRemovedBetweenLooks); ++i) {
        if (named_.contains(garbage_[i].hash)) {
          report_.saved.add(garbage_[i].size);
        } else {
          keys.push_back(garbage_[i].key());
          removed.push_back(garbage_[i]);
        }
      }
      ATTACHE_ASSIGN(std::vector<KeyFailure> failures, store_.remove_all(keys, stop_));
      std::vector<std::string> failed;
      failed.reserve(failures.size());
      for (const KeyFailure& failure : failures) failed.push_back(failure.key);
      std::sort(failed.begin(), failed.end());
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (!std::binary_search(failed.begin(), failed.end(), keys[i])) report_.removed.add(removed[i].size);
      }
      std::move(failures.begin(), failures.end(), std::back_inserter(report_.failures));
    }
    return {};
  }

  ObjectStore& store_;
  const GarbageOptions& options_;
  const std::stop_token stop_;
  StoreManifests manifests_;
  ProgressReporter progress_;
  NamedHashes named_;
  std::int64_t newest_us_ = 0;
  std::vector<Garbage> garbage_;
  GarbageReport report_;
};

}  // namespace

Result<GarbageReport> collect_garbage(ObjectStore& store, const GarbageOptions& options, const std::stop_token& stop) {
  return Collector(store, options, stop).run();
}

}  // namespace attache
