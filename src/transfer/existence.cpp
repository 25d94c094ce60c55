#include "existence.hpp"

#include <attache/cache/sampling_check.hpp>
#include <attache/exec/worker_group.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/object_batch.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace attache {

namespace {

constexpr std::string_view kFolder = "Data/";
constexpr std::string_view kSuffix = ".xxh128";

/// The content that a key is of.
std::optional<Digest> digest_of_key(std::string_view key) {
  if (!key.starts_with(kFolder) || !key.ends_with(kSuffix)) return std::nullopt;
  key.remove_prefix(kFolder.size());
  key.remove_suffix(std::min(kSuffix.size(), key.size()));
  return Digest::parse(key);
}

Presence presence_of(std::uint64_t found, std::uint64_t wanted) {
  return found == wanted ? Presence::kThere : Presence::kOther;
}

/// HEADs of a few contents, in one batch.
class HeadBatch final : public ObjectBatch {
 public:
  explicit HeadBatch(std::span<const std::string> keys) : keys_(keys), found_(keys.size(), fail(cancelled().value())) {}

  std::optional<ObjectTask> next() override {
    if (next_ == keys_.size()) return std::nullopt;
    ObjectTask task;
    task.key = keys_[next_];
    task.number = next_++;
    return task;
  }
  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    found_[task.number] = std::move(result);
  }
  const Result<std::optional<ObjectInfo>>& found(std::size_t index) const { return found_[index]; }

 private:
  std::span<const std::string> keys_;
  std::size_t next_ = 0;
  std::vector<Result<std::optional<ObjectInfo>>> found_;
};

}  // namespace

FirstAsk first_ask(std::uint64_t size, bool expected, std::uint64_t asked, std::uint64_t there) {
  // Until so many are known, few bytes are risked.
  constexpr std::uint64_t kEnough = 32;
  constexpr std::uint64_t kMostUndecided = 64 * kKiB;
  constexpr std::uint64_t kMost = 1 * kMiB;
  constexpr std::uint64_t kRare = 14;
  if (expected || size > kMost) return FirstAsk::kHead;
  if (asked < kEnough) return size <= kMostUndecided ? FirstAsk::kConditionalPut : FirstAsk::kHead;
  return there * kRare < asked ? FirstAsk::kConditionalPut : FirstAsk::kHead;
}

bool is_worth_listing(double objects, std::size_t contents) {
  constexpr double kMostPerContent = 60;
  return objects <= kMostPerContent * static_cast<double>(contents);
}

std::optional<double> share_up_to(std::string_view key) {
  if (!key.starts_with(kFolder)) return std::nullopt;
  key.remove_prefix(kFolder.size());
  constexpr std::size_t kDigits = 8;
  if (key.size() < kDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : key.substr(0, kDigits)) {
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = value * 16 + static_cast<std::uint64_t>(is_digit ? c - '0' : c - 'a' + 10);
  }
  return static_cast<double>(value + 1) / std::pow(16.0, kDigits);
}

UploadRequests RequestTally::requests() const {
  return {
      .lists = lists.load(), .heads = heads.load(), .puts = puts.load(), .parts = parts.load(), .large = large.load()};
}

// --- the check cache -------------------------------------------------------------------------------------------------

std::string Existence::cache_key(const Digest& hash) const {
  return options_.key_prefix.empty() ? data_key(hash) : options_.key_prefix + "/" + data_key(hash);
}

void Existence::record(const Digest& hash) {
  if (options_.check_cache != nullptr) options_.check_cache->record(options_.bucket, cache_key(hash));
}

void Existence::drop(std::span<const Digest> hashes) {
  if (options_.check_cache == nullptr || hashes.empty()) return;
  std::vector<std::string> keys;
  keys.reserve(hashes.size());
  for (const Digest& hash : hashes) keys.push_back(cache_key(hash));
  options_.check_cache->drop(options_.bucket, keys);
}

void Existence::expect(std::span<const Digest> hashes, std::span<std::uint8_t> expected) {
  std::ranges::fill(expected, std::uint8_t{0});
  if (options_.check_cache == nullptr || options_.check == CheckCacheUse::kForce) return;
  // In portions: keys are texts.
  constexpr std::size_t kPortion = 1024;
  std::vector<std::string> keys;
  std::vector<std::optional<AssumedPresent>> found;
  for (std::size_t begin = 0; begin < hashes.size(); begin += kPortion) {
    const auto part = hashes.subspan(begin, std::min(kPortion, hashes.size() - begin));
    keys.clear();
    for (const Digest& hash : part) keys.push_back(cache_key(hash));
    found.assign(keys.size(), std::nullopt);
    options_.check_cache->look_up(options_.bucket, keys, found);
    for (std::size_t i = 0; i < found.size(); ++i) expected[begin + i] = found[i] ? 1 : 0;
  }
}

Status Existence::trust(std::span<const UploadContent> contents, ExistenceFacts& facts, const std::stop_token& stop) {
  std::vector<std::string> keys;
  std::unordered_map<std::string, std::uint32_t> content_of;
  for (std::uint32_t i = 0; i < contents.size(); ++i) {
    if (facts.expected[i] == 0) continue;
    keys.push_back(cache_key(contents[i].hash));
    content_of.emplace(keys.back(), i);
  }
  SampleOptions sample_options;
  sample_options.seed = options_.sample_seed;
  const std::vector<std::string> sample = choose_sample(*options_.check_cache, options_.bucket, keys, sample_options);
  std::vector<std::string> objects;
  objects.reserve(sample.size());
  for (const std::string& key : sample) objects.push_back(data_key(contents[content_of.at(key)].hash));
  HeadBatch heads(objects);
  tally_.heads += objects.size();
  ATTACHE_TRY(store_.run(heads, stop));
  std::size_t next = 0;
  const SampleResult result = judge_sample(sample, [&](const std::string& key) {
    const Result<std::optional<ObjectInfo>>& found = heads.found(next++);
    if (!found) return SampledPresence::kUnknown;
    const bool is_right = *found && (*found)->size == contents[content_of.at(key)].size;
    return is_right ? SampledPresence::kThere : SampledPresence::kMissing;
  });
  if (!result.missing.empty()) options_.check_cache->drop(options_.bucket, result.missing);
  facts.trust_refused = result.verdict != SampleVerdict::kHolds;
  if (facts.trust_refused) return {};
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (facts.expected[i] != 0) facts.presence[i] = Presence::kAssumed;
  }
  // Those of the sample are more than assumed.
  for (const std::string& key : sample) facts.presence[content_of.at(key)] = Presence::kThere;
  return {};
}

// --- listing ---------------------------------------------------------------------------------------------------------

Result<std::optional<ListPage>> Existence::list(const std::string& after, const std::stop_token& stop) {
  ++tally_.lists;
  Result<ListPage> page = store_.list(kFolder, {.start_after = after}, stop);
  if (page) return *std::move(page);
  // Who may not list may still ask.
  const ErrorCode code = page.error().code();
  if (code != ErrorCode::kPermissionDenied && code != ErrorCode::kUnsupported && code != ErrorCode::kNotFound) {
    return fail(std::move(page).error());
  }
  is_refused_ = true;
  return std::nullopt;
}

Status Existence::look(const std::stop_token& stop) {
  if (has_looked_) return {};
  const std::lock_guard lock(mutex_);
  if (has_looked_ || !may_list()) return {};
  ATTACHE_ASSIGN(const std::optional<ListPage> page, list({}, stop));
  if (!page) return {};
  for (const ObjectInfo& object : page->objects) {
    if (const auto hash = digest_of_key(object.key)) first_page_.push_back({*hash, object.size});
  }
  is_whole_store_ = !page->more;
  first_page_end_ = page->last();
  if (is_whole_store_) {
    objects_ = static_cast<double>(page->objects.size());
  } else if (const auto share = share_up_to(first_page_end_)) {
    objects_ = static_cast<double>(page->objects.size()) / *share;
  }
  has_looked_ = true;
  return {};
}

Presence Existence::seen(const Digest& hash, std::uint64_t size) const {
  if (!has_looked_) return Presence::kUnknown;
  const auto found = std::lower_bound(first_page_.begin(), first_page_.end(), hash,
                                      [](const Listed& listed, const Digest& h) { return listed.hash < h; });
  if (found != first_page_.end() && found->hash == hash) return presence_of(found->size, size);
  return is_whole_store_ || data_key(hash) <= first_page_end_ ? Presence::kAbsent : Presence::kUnknown;
}

Status Existence::list_all(std::span<const UploadContent> contents, ExistenceFacts& facts, std::size_t unknown,
                           const std::stop_token& stop) {
  std::vector<Wanted> wanted;
  wanted.reserve(unknown);
  for (std::uint32_t i = 0; i < contents.size(); ++i) {
    if (facts.presence[i] == Presence::kUnknown) wanted.push_back({contents[i].hash, i});
  }
  std::ranges::sort(wanted, {}, &Wanted::hash);
  // Pages follow each other; several parts of the keys are listed side by side. Hashes are spread evenly.
  constexpr std::size_t kFirstDigits = 16;
  constexpr std::size_t kPagesPerRange = 4;
  const auto pages = static_cast<std::size_t>(*objects_ / 1000.0) + 1;
  const std::size_t ranges = pages >= 2 * kPagesPerRange ? kFirstDigits : 1;
  const auto workers = static_cast<unsigned>(std::min(ranges, pages / kPagesPerRange + 1));
  constexpr std::string_view kDigits = "0123456789abcdefg";  // the last is behind all of them
  const auto list_range = [&](std::size_t range, const std::stop_token& inner) -> Status {
    std::string after;
    std::string end(kFolder);
    if (ranges > 1) {
      after = std::string(kFolder) + kDigits[range];
      end += kDigits[range + 1];
    } else {
      end += kDigits.back();
    }
    after = std::max(after, first_page_end_);
    while (after < end) {
      ATTACHE_ASSIGN(const std::optional<ListPage> page, list(after, inner));
      if (!page) return {};
      for (const ObjectInfo& object : page->objects) {
        const auto hash = digest_of_key(object.key);
        if (!hash) continue;
        const auto found = std::ranges::lower_bound(wanted, *hash, {}, &Wanted::hash);
        if (found == wanted.end() || found->hash != *hash) continue;
        facts.presence[found->content] = presence_of(object.size, contents[found->content].size);
      }
      if (!page->more) break;
      after = page->last();
    }
    return {};
  };
  std::atomic<std::size_t> next{0};
  WorkerGroup group(workers, stop, [&](unsigned, const std::stop_token& inner) -> Status {
    for (std::size_t range = next++; range < ranges; range = next++) ATTACHE_TRY(list_range(range, inner));
    return {};
  });
  ATTACHE_TRY(group.join());
  if (is_refused_) return {};
  for (const Wanted& content : wanted) {
    if (facts.presence[content.content] == Presence::kUnknown) facts.presence[content.content] = Presence::kAbsent;
  }
  return {};
}

Result<ExistenceFacts> Existence::survey(std::span<const UploadContent> contents, std::span<const std::uint8_t> left,
                                         const std::stop_token& stop) {
  ExistenceFacts facts;
  facts.presence.assign(contents.size(), Presence::kUnknown);
  if (!store_.is_service()) return facts;
  if (options_.check_cache != nullptr) {
    facts.expected.assign(contents.size(), 0);
    std::vector<Digest> hashes;
    hashes.reserve(contents.size());
    for (const UploadContent& content : contents) hashes.push_back(content.hash);
    expect(hashes, facts.expected);
    for (std::size_t i = 0; i < contents.size(); ++i) {
      if (left[i] == 0) facts.expected[i] = 0;
    }
    if (options_.check == CheckCacheUse::kTrust) ATTACHE_TRY(trust(contents, facts, stop));
  }
  const auto is_unknown = [&](std::size_t i) { return left[i] != 0 && facts.presence[i] == Presence::kUnknown; };
  std::size_t unknown = 0;
  for (std::size_t i = 0; i < contents.size(); ++i) unknown += is_unknown(i) ? 1 : 0;
  if (unknown < std::max<std::size_t>(options_.list_from, 1) && !has_looked_) return facts;
  if (!may_list() || unknown == 0) return facts;
  ATTACHE_TRY(look(stop));
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (!is_unknown(i)) continue;
    facts.presence[i] = seen(contents[i].hash, contents[i].size);
    if (facts.presence[i] != Presence::kUnknown) --unknown;
  }
  if (unknown == 0 || !may_list() || !objects_ || !is_worth_listing(*objects_, unknown)) return facts;
  ATTACHE_TRY(list_all(contents, facts, unknown, stop));
  return facts;
}

}  // namespace attache
