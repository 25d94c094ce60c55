#include "presence.hpp"

#include <attache/exec/worker_group.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/object_batch.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace attache {

namespace {

constexpr std::string_view kDataPrefix = "Data/";
constexpr std::string_view kDigits = "0123456789abcdef";
/// Objects that a page of a listing must save to be worth it (verify.hpp).
constexpr std::size_t kObjectsPerPage = 24;

/// Objects by key, a HEAD each.
class HeadBatch final : public ObjectBatch {
 public:
  HeadBatch(std::span<const NeededContent> contents, std::span<const std::size_t> numbers, bool legacy,
            std::vector<FoundObject>& presence, ProgressReporter& progress)
      : contents_(contents), numbers_(numbers), legacy_(legacy), presence_(presence), progress_(progress) {}

  std::optional<ObjectTask> next() override {
    if (error_ || at_ == numbers_.size()) return std::nullopt;
    const std::size_t number = numbers_[at_++];
    const Digest& hash = contents_[number].hash;
    return ObjectTask{
        .kind = ObjectTask::Kind::kHead, .key = legacy_ ? legacy_data_key(hash) : data_key(hash), .number = number};
  }

  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    FoundObject& presence = presence_[task.number];
    if (!result) {
      const ErrorCode code = result.error().code();
      if (code == ErrorCode::kIo) {
        presence.kind = FoundObject::Kind::kUnreadable;
      } else if (!error_ || error_->code() == ErrorCode::kCancelled) {
        error_ = std::move(result).error();
      }
    } else if (*result) {
      presence = {FoundObject::Kind::kPresent, legacy_, (*result)->size};
    }
    if (legacy_ || presence.kind != FoundObject::Kind::kAbsent) progress_.add(1, contents_[task.number].size);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  const std::span<const NeededContent> contents_;
  const std::span<const std::size_t> numbers_;
  const bool legacy_;
  std::vector<FoundObject>& presence_;
  ProgressReporter& progress_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
};

class Finder {
 public:
  Finder(std::span<const NeededContent> contents, ObjectStore& store, ProgressReporter& progress, std::stop_token stop)
      : contents_(contents), store_(store), progress_(progress), stop_(std::move(stop)), presence_(contents.size()) {}

  Result<FoundObjects> run(ContentLookup lookup) {
    std::size_t known = 0;  // the contents before this one are known from a listing
    if (lookup == ContentLookup::kAutomatic && store_.is_service() && contents_.size() > kObjectsPerPage) {
      ATTACHE_ASSIGN(known, look_at_first_page());
    } else if (lookup == ContentLookup::kList) {
      ATTACHE_TRY(list_all());
      known = contents_.size();
    }
    if (known < contents_.size()) ATTACHE_TRY(head_from(known));
    return FoundObjects{std::move(presence_), requests_, listed_};
  }

 private:
  /// How many contents are known afterwards: all of them if it was better to list on.
  Result<std::size_t> look_at_first_page() {
    ++requests_;
    ATTACHE_ASSIGN(const ListPage page, store_.list(kDataPrefix, {}, stop_));
    note(page);
    std::size_t known = contents_.size();
    if (page.more) {
      // How far the page reaches; a key that is no content's says nothing.
      std::optional<Digest> last;
      for (const ObjectInfo& object : page.objects) {
        if (const std::optional<DataKey> key = parse_data_key(object.key)) last = key->hash;
      }
      if (!last) return std::size_t{0};
      known = static_cast<std::size_t>(
          std::lower_bound(contents_.begin(), contents_.end(), *last,
                           [](const NeededContent& content, const Digest& hash) { return content.hash < hash; }) -
          contents_.begin());
      if (listing_is_better(estimated_pages(*last), contents_.size() - known)) {
        ATTACHE_TRY(list_all());
        return contents_.size();
      }
    }
    listed_ = true;
    for (std::size_t i = 0; i < known; ++i) progress_.add(1, contents_[i].size);
    return known;
  }

  /// Sixteen parts of the hashes, side by side.
  Status list_all() {
    listed_ = true;
    std::atomic<std::size_t> part{0};
    WorkerGroup group(kDigits.size(), stop_, [&](unsigned /*worker*/, const std::stop_token& stop) -> Status {
      for (;;) {
        const std::size_t mine = part++;
        if (mine >= kDigits.size()) return {};
        ATTACHE_TRY(list_part(std::string(kDataPrefix) + kDigits[mine], stop));
      }
    });
    ATTACHE_TRY(group.join());
    for (const NeededContent& content : contents_) progress_.add(1, content.size);
    return {};
  }

  Status list_part(const std::string& prefix, const std::stop_token& stop) {
    ListOptions options;
    for (;;) {
      ++requests_;
      ATTACHE_ASSIGN(const ListPage page, store_.list(prefix, options, stop));
      note(page);
      if (!page.more) return {};
      options.start_after = page.last();
    }
  }

  /// From several threads at a time, of different hashes.
  void note(const ListPage& page) {
    for (const ObjectInfo& object : page.objects) {
      const std::optional<DataKey> key = parse_data_key(object.key);
      if (!key) continue;
      const std::size_t index = find_content(contents_, key->hash);
      if (index == contents_.size()) continue;
      FoundObject& presence = presence_[index];
      // The key of today counts, whichever comes first.
      if (presence.kind == FoundObject::Kind::kPresent && key->legacy) continue;
      presence = {FoundObject::Kind::kPresent, key->legacy, object.size};
    }
  }

  Status head_from(std::size_t first) {
    std::vector<std::size_t> numbers;
    numbers.reserve(contents_.size() - first);
    for (std::size_t i = first; i < contents_.size(); ++i) {
      if (presence_[i].kind == FoundObject::Kind::kAbsent || presence_[i].legacy) numbers.push_back(i);
    }
    ATTACHE_TRY(head(numbers, false));
    std::erase_if(numbers, [&](std::size_t i) { return presence_[i].kind != FoundObject::Kind::kAbsent; });
    return head(numbers, true);
  }

  Status head(const std::vector<std::size_t>& numbers, bool legacy) {
    if (numbers.empty()) return {};
    requests_ += numbers.size();
    HeadBatch batch(contents_, numbers, legacy, presence_, progress_);
    Status status = store_.run(batch, stop_);
    if (batch.error()) return fail(*batch.error());
    return status;
  }

  const std::span<const NeededContent> contents_;
  ObjectStore& store_;
  ProgressReporter& progress_;
  const std::stop_token stop_;
  std::vector<FoundObject> presence_;
  std::atomic<std::uint64_t> requests_{0};
  bool listed_ = false;
};

}  // namespace

double estimated_pages(const Digest& last_of_first_page) {
  double reached = 0;
  double weight = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    weight /= 256;
    reached += weight * last_of_first_page.bytes()[i];
  }
  return 1 / std::max(reached, 1e-12);
}

bool listing_is_better(double pages, std::uint64_t objects) {
  return static_cast<double>(kObjectsPerPage) * pages <= static_cast<double>(objects);
}

Result<FoundObjects> find_presence(std::span<const NeededContent> contents, ObjectStore& store, ContentLookup lookup,
                                   ProgressReporter& progress, const std::stop_token& stop) {
  return Finder(contents, store, progress, stop).run(lookup);
}

}  // namespace attache
