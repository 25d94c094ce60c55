#include <attache/manifest_store/find_manifests.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/store/testing/fake_s3.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FindManifests : public ::testing::Test {
 protected:
  void add(const std::string& key) { store_text(*store, "Manifests/farm-1/queue-1/" + key, "x"); }
  std::vector<std::string> outputs(const OutputQuery& query) {
    const auto found = find_outputs(*store, query, {}, {});
    if (!found) return {found.error().to_string()};
    std::vector<std::string> keys;
    for (const ListedManifest& manifest : found->manifests) {
      keys.push_back(manifest.key.substr(std::string("Manifests/farm-1/queue-1/").size()));
    }
    return keys;
  }
  static JobScope scope(const std::string& step = "", const std::string& task = "") {
    return {"farm-1", "queue-1", "job-1", step, task};
  }

  std::unique_ptr<ObjectStore> store = make_memory_store();
};

TEST_F(FindManifests, FindsTheLatestOutputsOfAScope) {
  add("job-1/step-1/task-1/1_sessionaction-a-1/h_output");
  add("job-1/step-1/task-1/2_sessionaction-a-2/h_output");
  add("job-1/step-1/task-10/1_sessionaction-b-1/h_output");
  add("job-1/step-2/1_sessionaction-c-1/h_output");
  add("job-1/step-2/2_sessionaction-c-2/h_output");
  add("job-12/step-1/1_sessionaction-d-1/h_output");
  add("Inputs/g/h_input");
  EXPECT_THAT(outputs({.scope = scope()}),
              ElementsAre("job-1/step-2/1_sessionaction-c-1/h_output", "job-1/step-2/2_sessionaction-c-2/h_output",
                          "job-1/step-1/task-1/2_sessionaction-a-2/h_output",
                          "job-1/step-1/task-10/1_sessionaction-b-1/h_output"));
  EXPECT_THAT(outputs({.scope = scope("step-1")}), ElementsAre("job-1/step-1/task-1/2_sessionaction-a-2/h_output",
                                                               "job-1/step-1/task-10/1_sessionaction-b-1/h_output"));
  EXPECT_THAT(outputs({.scope = scope("step-1", "task-1")}),
              ElementsAre("job-1/step-1/task-1/2_sessionaction-a-2/h_output"));
  EXPECT_EQ(outputs({.scope = scope(), .latest_per_task = false}).size(), 5U);
  EXPECT_THAT(outputs({.scope = {"farm-1", "queue-1", "job-3"}}), IsEmpty());
}

TEST_F(FindManifests, LooksForASessionActionInItsTaskAndThenInItsStep) {
  add("job-1/step-1/task-1/1_sessionaction-a-1/h_output");
  add("job-1/step-1/1_sessionaction-b-1/h_output");
  add("job-1/step-1/1_sessionaction-b-12/h_output");
  EXPECT_THAT(outputs({.scope = scope("step-1", "task-1"), .session_action_id = "sessionaction-a-1"}),
              ElementsAre("job-1/step-1/task-1/1_sessionaction-a-1/h_output"));
  EXPECT_THAT(outputs({.scope = scope("step-1", "task-1"), .session_action_id = "sessionaction-b-1"}),
              ElementsAre("job-1/step-1/1_sessionaction-b-1/h_output"));
  EXPECT_THAT(outputs({.scope = scope(), .session_action_id = "sessionaction-a-1"}),
              ElementsAre("job-1/step-1/task-1/1_sessionaction-a-1/h_output"))
      << "also without its step and task";
  EXPECT_THAT(outputs({.scope = scope("step-1", "task-1"), .session_action_id = "sessionaction-c-1"}), IsEmpty());
}

TEST_F(FindManifests, RefusesScopesThatMakeNoSense) {
  EXPECT_EQ(find_outputs(*store, {.scope = scope("", "task-1")}, {}, {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(find_outputs(*store, {.scope = {"", "q", "j"}}, {}, {}).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(FindManifests, TakesARequestForEachThousandKeys) {
  FakeS3 s3;
  for (int i = 0; i < 2'500; ++i) {
    s3.add("root/Manifests/farm-1/queue-1/job-1/step-1/task-" + std::to_string(i) + "/1_s/h_output", "x");
  }
  store = s3.store();
  EXPECT_EQ(outputs({.scope = scope()}).size(), 2'500U);
  EXPECT_EQ(s3.transport().requests().size(), 3U);
}

TEST_F(FindManifests, EndsAtItsLimit) {
  for (int i = 0; i < 11; ++i) add("job-1/step-1/" + std::to_string(i) + "_s/h_output");
  FetchLimits limits;
  limits.listed_keys = 11;
  EXPECT_TRUE(find_outputs(*store, {.scope = scope()}, limits, {}));
  limits.listed_keys = 10;
  EXPECT_EQ(find_outputs(*store, {.scope = scope()}, limits, {}).error().code(), ErrorCode::kInvalidManifest);
}

TEST_F(FindManifests, FindsInputsByTheirName) {
  add("Inputs/g1/abc_input");
  add("Inputs/g2/abc_input");
  add("Inputs/g3/abcd_input");
  add("job-1/step-1/1_s/abc_output");
  const auto found = [&](std::string_view name) {
    return find_inputs_by_name(*store, "farm-1", "queue-1", name, {}, {}).value().size();
  };
  EXPECT_EQ(found("abc"), 2U);
  EXPECT_EQ(found("abc_input"), 2U);
  EXPECT_EQ(found("ab"), 0U);
  EXPECT_FALSE(find_inputs_by_name(*store, "farm-1", "queue-1", "", {}, {}));
  EXPECT_FALSE(find_inputs_by_name(*store, "farm-1", "queue-1", "g1/abc_input", {}, {}));
}

TEST_F(FindManifests, EndsWhenItIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(find_outputs(*store, {.scope = scope()}, {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache::testing
