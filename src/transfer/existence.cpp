#include "existence.hpp"

#include <attache/cache/sampling_check.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/object_batch.hpp>

#include "list_contents.hpp"

#include <algorithm>
#include <unordered_map>

namespace attache {

namespace {

/// The content that a key is of; the key of old versions does not count, as nothing is sent under it.
std::optional<Digest> digest_of_key(std::string_view key) {
  const std::optional<DataKey> parsed = parse_data_key(key);
  return parsed && !parsed->legacy ? std::optional(parsed->hash) : std::nullopt;
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

Result<std::optional<ListPage>> Existence::list(const std::string& prefix, const ListOptions& page,
                                                const std::stop_token& stop) {
  if (is_refused_) return std::nullopt;
  ++tally_.lists;
  Result<ListPage> listed = store_.list(prefix, page, stop);
  if (listed) return *std::move(listed);
  // Who may not list may still ask.
  const ErrorCode code = listed.error().code();
  if (code != ErrorCode::kPermissionDenied && code != ErrorCode::kUnsupported && code != ErrorCode::kNotFound) {
    return fail(std::move(listed).error());
  }
  is_refused_ = true;
  return std::nullopt;
}

Status Existence::look(const std::stop_token& stop) {
  if (has_looked_) return {};
  const std::lock_guard lock(mutex_);
  if (has_looked_ || !may_list()) return {};
  ATTACHE_ASSIGN(const std::optional<ListPage> page, list(std::string(kContentPrefix), {}, stop));
  if (!page) return {};
  for (const ObjectInfo& object : page->objects) {
    if (const auto hash = digest_of_key(object.key)) first_page_.push_back({*hash, object.size});
  }
  is_whole_store_ = !page->more;
  first_page_end_ = page->last();
  if (const auto last = is_whole_store_ ? std::nullopt : last_content(*page)) pages_ = estimated_pages(*last);
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
  const auto list_page = [this](const std::string& prefix, const ListOptions& page, const std::stop_token& inner) {
    return list(prefix, page, inner);
  };
  // Of different contents, whichever thread calls it.
  const auto take = [&](const ListPage& page) {
    for (const ObjectInfo& object : page.objects) {
      const auto hash = digest_of_key(object.key);
      if (!hash) continue;
      const auto found = std::ranges::lower_bound(wanted, *hash, {}, &Wanted::hash);
      if (found == wanted.end() || found->hash != *hash) continue;
      facts.presence[found->content] = presence_of(object.size, contents[found->content].size);
    }
  };
  ATTACHE_TRY(list_contents(*pages_, first_page_end_, list_page, take, stop));
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
  if (unknown == 0 || !may_list() || !pages_) return facts;
  if (!listing_is_better(*pages_, unknown, kContentsPerPageToUpload)) return facts;
  ATTACHE_TRY(list_all(contents, facts, unknown, stop));
  return facts;
}

}  // namespace attache
