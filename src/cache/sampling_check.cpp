#include <attache/cache/sampling_check.hpp>

#include <algorithm>
#include <numeric>
#include <random>

namespace attache {

SampleResult judge_sample(std::span<const std::string> keys,
                          const std::function<SampledPresence(const std::string& key)>& ask) {
  SampleResult result;
  for (const std::string& key : keys) {
    ++result.asked;
    switch (ask(key)) {
      case SampledPresence::kThere:
        continue;
      case SampledPresence::kMissing:
        result.verdict = SampleVerdict::kBroken;
        result.missing.push_back(key);
        return result;
      case SampledPresence::kUnknown:
        result.verdict = SampleVerdict::kUndecided;
        return result;
    }
  }
  return result;
}

std::vector<std::string> choose_sample(CheckCache& cache, std::string_view bucket, std::span<const std::string> keys,
                                       const SampleOptions& options) {
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(options.seed));
  std::vector<std::string> sample;
  // In portions: of a million keys that are all known, 30 are enough.
  std::vector<std::string> portion;
  std::vector<std::optional<AssumedPresent>> found;
  for (std::size_t next = 0; next < order.size() && sample.size() < options.most;) {
    portion.clear();
    for (; next < order.size() && portion.size() < 4 * options.most; ++next) portion.push_back(keys[order[next]]);
    found.assign(portion.size(), std::nullopt);
    cache.look_up(bucket, portion, found);
    for (std::size_t i = 0; i < portion.size() && sample.size() < options.most; ++i) {
      if (found[i]) sample.push_back(std::move(portion[i]));
    }
  }
  return sample;
}

SampleResult check_sample(CheckCache& cache, std::string_view bucket, std::span<const std::string> keys,
                          const SampleOptions& options,
                          const std::function<SampledPresence(const std::string& key)>& ask) {
  SampleResult result = judge_sample(choose_sample(cache, bucket, keys, options), ask);
  if (!result.missing.empty()) cache.drop(bucket, result.missing);
  return result;
}

}  // namespace attache
