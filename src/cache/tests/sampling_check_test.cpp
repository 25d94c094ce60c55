#include <attache/cache/sampling_check.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace attache {
namespace {

class SamplingCheckTest : public ::testing::Test {
 protected:
  std::vector<std::string> keys(int count) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) names.push_back("k" + std::to_string(i));
    return names;
  }
  bool knows(const std::string& key) {
    std::optional<AssumedPresent> found;
    cache_->look_up("b", {&key, 1}, {&found, 1});
    return found.has_value();
  }

  TemporaryDirectory dir_;
  std::unique_ptr<CheckCache> cache_ = CheckCache::open({.directory = dir_.path()});
};

SampledPresence there(const std::string&) {
  return SampledPresence::kThere;
}

TEST_F(SamplingCheckTest, HoldsIfAllAreThere) {
  const SampleResult result = judge_sample(keys(7), there);
  EXPECT_EQ(result.verdict, SampleVerdict::kHolds);
  EXPECT_EQ(result.asked, 7U);
  EXPECT_TRUE(result.missing.empty());
  EXPECT_EQ(judge_sample({}, there).verdict, SampleVerdict::kHolds);
}

TEST_F(SamplingCheckTest, BreaksAtTheFirstThatIsMissing) {
  const SampleResult result = judge_sample(keys(7), [](const std::string& key) {
    return key >= "k3" ? SampledPresence::kMissing : SampledPresence::kThere;
  });
  EXPECT_EQ(result.verdict, SampleVerdict::kBroken);
  EXPECT_EQ(result.asked, 4U);
  EXPECT_EQ(result.missing, std::vector<std::string>{"k3"});
}

TEST_F(SamplingCheckTest, AnErrorIsNoMissingObject) {
  for (const std::string& key : keys(5)) cache_->record("b", key);
  const SampleResult result =
      check_sample(*cache_, "b", keys(5), {}, [](const std::string&) { return SampledPresence::kUnknown; });
  EXPECT_EQ(result.verdict, SampleVerdict::kUndecided);
  EXPECT_EQ(result.asked, 1U);
  EXPECT_TRUE(result.missing.empty());
  for (const std::string& key : keys(5)) EXPECT_TRUE(knows(key));
}

TEST_F(SamplingCheckTest, DropsWhatIsMissingAndNothingElse) {
  for (const std::string& key : keys(20)) cache_->record("b", key);
  const SampleResult result = check_sample(*cache_, "b", keys(20), {.seed = 3}, [](const std::string& key) {
    return key == "k5" ? SampledPresence::kMissing : SampledPresence::kThere;
  });
  EXPECT_EQ(result.verdict, SampleVerdict::kBroken);
  EXPECT_EQ(result.missing, std::vector<std::string>{"k5"});
  for (const std::string& key : keys(20)) EXPECT_EQ(knows(key), key != "k5") << key;
}

TEST_F(SamplingCheckTest, AsksForAtMostThirtyAndOnlyForWhatTheCacheKnows) {
  for (const std::string& key : keys(1000)) cache_->record("b", key);
  std::vector<std::string> relied_on = keys(1000);
  for (int i = 0; i < 1000; ++i) relied_on.push_back("unknown" + std::to_string(i));
  std::set<std::string> asked;
  const SampleResult result = check_sample(*cache_, "b", relied_on, {.seed = 1}, [&](const std::string& key) {
    asked.insert(key);
    return SampledPresence::kThere;
  });
  EXPECT_EQ(result.asked, 30U);
  EXPECT_EQ(asked.size(), 30U);
  EXPECT_TRUE(std::all_of(asked.begin(), asked.end(), [](const std::string& key) { return key[0] == 'k'; }));
  EXPECT_TRUE(choose_sample(*cache_, "other bucket", relied_on, {}).empty());
}

TEST_F(SamplingCheckTest, EveryRunAsksForOthers) {
  for (const std::string& key : keys(1000)) cache_->record("b", key);
  EXPECT_NE(choose_sample(*cache_, "b", keys(1000), {.seed = 1}), choose_sample(*cache_, "b", keys(1000), {.seed = 2}));
  std::set<std::string> chosen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    for (std::string& key : choose_sample(*cache_, "b", keys(40), {.most = 5, .seed = seed}))
      chosen.insert(std::move(key));
  }
  EXPECT_EQ(chosen.size(), 40U) << "each has its chance";
}

}  // namespace
}  // namespace attache
