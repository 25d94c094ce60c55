#include "presence.hpp"

#include <attache/store/cas_layout.hpp>
#include <attache/store/object_batch.hpp>

#include "list_contents.hpp"
#include "lookup_cost.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace attache {

namespace {

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
    if (lookup == ContentLookup::kAutomatic && store_.is_service() && contents_.size() > kContentsPerPageToVerify) {
      ATTACHE_ASSIGN(known, look_at_first_page());
    } else if (lookup == ContentLookup::kList) {
      ATTACHE_TRY(list_rest(std::numeric_limits<double>::infinity(), {}));
      known = contents_.size();
    }
    if (known < contents_.size()) ATTACHE_TRY(head_from(known));
    return FoundObjects{std::move(presence_), requests_, listed_};
  }

 private:
  /// How many contents are known afterwards: all of them if it was better to list on.
  Result<std::size_t> look_at_first_page() {
    ++requests_;
    ATTACHE_ASSIGN(const ListPage page, store_.list(kContentPrefix, {}, stop_));
    note(page);
    std::size_t known = contents_.size();
    if (page.more) {
      const std::optional<Digest> last = last_content(page);
      if (!last) return std::size_t{0};
      known = static_cast<std::size_t>(
          std::lower_bound(contents_.begin(), contents_.end(), *last,
                           [](const NeededContent& content, const Digest& hash) { return content.hash < hash; }) -
          contents_.begin());
      const double pages = estimated_pages(*last);
      if (listing_is_better(pages, contents_.size() - known, kContentsPerPageToVerify)) {
        ATTACHE_TRY(list_rest(pages, page.last()));
        return contents_.size();
      }
    }
    listed_ = true;
    for (std::size_t i = 0; i < known; ++i) progress_.add(1, contents_[i].size);
    return known;
  }

  /// All keys after that one.
  Status list_rest(double pages, const std::string& after) {
    listed_ = true;
    const ListContents list = [this](const std::string& prefix, const ListOptions& options,
                                     const std::stop_token& stop) -> Result<std::optional<ListPage>> {
      ++requests_;
      return store_.list(prefix, options, stop);
    };
    ATTACHE_TRY(list_contents(
        pages, after, list, [this](const ListPage& page) { note(page); }, stop_));
    for (const NeededContent& content : contents_) progress_.add(1, content.size);
    return {};
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

Result<FoundObjects> find_presence(std::span<const NeededContent> contents, ObjectStore& store, ContentLookup lookup,
                                   ProgressReporter& progress, const std::stop_token& stop) {
  return Finder(contents, store, progress, stop).run(lookup);
}

}  // namespace attache
