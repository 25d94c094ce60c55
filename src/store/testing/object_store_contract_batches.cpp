#include <attache/store/object_batch.hpp>

#include "object_store_contract.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

// The contract of ObjectStore::run().

namespace attache::testing {

namespace {

class ListedBatch final : public ObjectBatch {
 public:
  std::size_t add(ObjectTask task) {
    task.number = tasks_.size();
    tasks_.push_back(std::move(task));
    return tasks_.back().number;
  }
  void on_done(std::function<void()> callback) { on_done_ = std::move(callback); }

  std::optional<ObjectTask> next() override {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    if (taken == tasks_.size()) return std::nullopt;
    return tasks_[taken++];
  }
  void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) override {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    EXPECT_TRUE(results.emplace(task.number, std::move(result)).second) << "ended twice: " << task.key;
    if (on_done_) on_done_();
  }
  /// "absent", a size, or an error's code.
  std::string outcome(std::size_t number) const {
    const auto found = results.find(number);
    if (found == results.end()) return "never ended";
    if (!found->second) return std::string(to_string(found->second.error().code()));
    return *found->second ? std::to_string((*found->second)->size) : "absent";
  }

  std::size_t taken = 0;
  std::map<std::size_t, Result<std::optional<ObjectInfo>>> results;

 private:
  std::vector<ObjectTask> tasks_;
  std::function<void()> on_done_;
  std::thread::id thread_ = std::this_thread::get_id();
};

}  // namespace

void ObjectStoreContract::link_batches() {}

TEST_P(ObjectStoreContract, RunsABatchOfEverything) {
  const std::string large = noise(9'000'000);
  ASSERT_TRUE(put("old", "content"));
  ListedBatch batch;
  ScriptedSource small("small");
  ScriptedSource empty("");
  ScriptedSource big(large);
  ScriptedSource liar("not what was promised");
  liar.fails_to_verify();
  CollectingSink sink;
  CollectingSink wrong_size;
  CollectingSink nobody;
  CollectingSink full;
  full.fails_after(1);
  CollectingSink part;
  using Kind = ObjectTask::Kind;
  const auto small_put = batch.add({.kind = Kind::kPut, .key = "a/small", .source = &small});
  const auto empty_put = batch.add({.kind = Kind::kPut, .key = "a/empty", .source = &empty});
  const auto big_put = batch.add({.kind = Kind::kPut, .key = "a/big", .source = &big});
  const auto lie = batch.add({.kind = Kind::kPut, .key = "a/lie", .source = &liar});
  const auto head = batch.add({.kind = Kind::kHead, .key = "old"});
  const auto absent_head = batch.add({.kind = Kind::kHead, .key = "absent"});
  const auto get = batch.add({.kind = Kind::kGet, .key = "old", .sink = &sink, .expected_size = 7});
  const auto other = batch.add({.kind = Kind::kGet, .key = "old", .sink = &wrong_size, .expected_size = 3});
  const auto absent_get = batch.add({.kind = Kind::kGet, .key = "absent", .sink = &nobody, .expected_size = 7});
  const auto failing = batch.add({.kind = Kind::kGet, .key = "old", .sink = &full, .expected_size = 7});
  const auto ranged =
      batch.add({.kind = Kind::kGet, .key = "old", .sink = &part, .get = {.offset = 3, .length = 2, .if_match = {}}});
  const auto bad_key = batch.add({.kind = Kind::kHead, .key = "a//b"});
  ASSERT_TRUE(store().run(batch, {}));
  EXPECT_EQ(batch.outcome(small_put), "5");
  EXPECT_EQ(batch.outcome(empty_put), "0");
  EXPECT_EQ(batch.outcome(big_put), "9000000");
  EXPECT_EQ(batch.outcome(lie), to_string(ErrorCode::kIntegrity));
  EXPECT_EQ(batch.outcome(head), "7");
  EXPECT_EQ(batch.outcome(absent_head), "absent");
  EXPECT_EQ(batch.outcome(get), "7");
  EXPECT_EQ(sink.content, "content");
  EXPECT_EQ(batch.outcome(other), "7") << "a wrong expectation costs time only";
  EXPECT_EQ(wrong_size.content, "content");
  EXPECT_EQ(batch.outcome(absent_get), "absent");
  EXPECT_EQ(nobody.begins, 0);
  EXPECT_NE(batch.outcome(failing), "7");
  EXPECT_EQ(batch.outcome(ranged), "7");
  EXPECT_EQ(part.content, "te");
  EXPECT_EQ(batch.outcome(bad_key), to_string(ErrorCode::kInvalidArgument));
  EXPECT_EQ(content("a/small"), "small");
  EXPECT_EQ(content("a/empty"), "");
  EXPECT_EQ(content("a/big"), large);
  EXPECT_EQ(content("a/lie"), "<absent>");
}

TEST_P(ObjectStoreContract, ReadsNothingOfAnObjectOfAnotherSizeThanItMustHave) {
  ASSERT_TRUE(put("small", "content"));
  ASSERT_TRUE(put("empty", ""));
  ASSERT_TRUE(put("large", noise(9'000'000)));
  struct Case {
    const char* key;
    std::uint64_t has;
    std::uint64_t must_have;
  };
  const std::vector<Case> cases = {{"small", 7, 7},
                                   {"small", 7, 6},
                                   {"small", 7, 8},
                                   {"small", 7, 0},
                                   {"empty", 0, 0},
                                   {"empty", 0, 3},
                                   {"large", 9'000'000, 9'000'000},
                                   {"large", 9'000'000, 8'999'999},
                                   {"large", 9'000'000, 10'000'000},
                                   {"large", 9'000'000, 5},
                                   {"small", 7, 9'000'000}};
  ListedBatch batch;
  std::vector<CollectingSink> sinks(cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    batch.add({.kind = ObjectTask::Kind::kGet,
               .key = cases[i].key,
               .sink = &sinks[i],
               .get = {.if_size = cases[i].must_have}});
  }
  ASSERT_TRUE(store().run(batch, {}));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(std::string(cases[i].key) + " of " + std::to_string(cases[i].must_have));
    CollectingSink sink;
    const auto info = store().get(cases[i].key, sink, {.if_size = cases[i].must_have}, {});
    const bool is_right = cases[i].has == cases[i].must_have;
    EXPECT_EQ(info ? "ok" : std::string(to_string(info.error().code())), is_right ? "ok" : "integrity");
    EXPECT_EQ(batch.outcome(i), is_right ? std::to_string(cases[i].has) : "integrity");
    for (const CollectingSink* const each : {&sink, &sinks[i]}) {
      EXPECT_EQ(each->begins, 1) << "it is told the size";
      EXPECT_EQ(each->info.size, cases[i].has);
      EXPECT_EQ(each->content.size(), is_right ? cases[i].has : 0U);
    }
  }
  CollectingSink nobody;
  EXPECT_FALSE(store().get("absent", nobody, {.if_size = 7}, {}).value());
}

TEST_P(ObjectStoreContract, RunsABatchOfMoreThanGoesAtATime) {
  constexpr std::size_t kObjects = 700;
  std::vector<std::unique_ptr<ScriptedSource>> sources;
  ListedBatch puts;
  for (std::size_t i = 0; i < kObjects; ++i) {
    sources.push_back(std::make_unique<ScriptedSource>(noise(100 + i, static_cast<std::uint32_t>(i))));
    puts.add({.kind = ObjectTask::Kind::kPut, .key = "many/" + std::to_string(i), .source = sources.back().get()});
  }
  ASSERT_TRUE(store().run(puts, {}));
  std::vector<CollectingSink> sinks(kObjects);
  ListedBatch gets;
  for (std::size_t i = 0; i < kObjects; ++i) {
    gets.add({.kind = ObjectTask::Kind::kGet,
              .key = "many/" + std::to_string(i),
              .sink = &sinks[i],
              .expected_size = 100 + i});
  }
  ASSERT_TRUE(store().run(gets, {}));
  EXPECT_EQ(gets.results.size(), kObjects);
  for (std::size_t i = 0; i < kObjects; ++i) {
    ASSERT_EQ(puts.outcome(i), std::to_string(100 + i));
    ASSERT_EQ(sinks[i].content, noise(100 + i, static_cast<std::uint32_t>(i)));
  }
}

TEST_P(ObjectStoreContract, EndsEveryTaskOfACancelledBatch) {
  ASSERT_TRUE(put("old", "content"));
  std::stop_source stop;
  ListedBatch batch;
  std::vector<CollectingSink> sinks(1000);
  for (CollectingSink& sink : sinks) {
    batch.add({.kind = ObjectTask::Kind::kGet, .key = "old", .sink = &sink, .expected_size = 7});
  }
  batch.on_done([&] {
    if (batch.results.size() == 10) stop.request_stop();
  });
  const Status status = store().run(batch, stop.get_token());
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(batch.results.size(), batch.taken);
  EXPECT_LT(batch.taken, sinks.size());
}

}  // namespace attache::testing
