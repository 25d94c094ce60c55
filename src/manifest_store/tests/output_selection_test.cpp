#include <attache/manifest_store/output_selection.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string kJob = "Manifests/farm-1/queue-1/job-1/";
const std::string kTime1 = "2024-01-01T00:00:00.000000Z_sessionaction-a-1";
const std::string kTime2 = "2024-01-02T00:00:00.000000Z_sessionaction-a-2";

std::vector<ListedManifest> listing(std::vector<std::pair<std::string, std::optional<std::int64_t>>> keys) {
  std::vector<ListedManifest> all;
  for (auto& [key, time] : keys) all.push_back({kJob + key, 1, time});
  return all;
}

std::vector<std::size_t> latest(const std::vector<ListedManifest>& all, LatestBy by = LatestBy::kName) {
  return select_latest_outputs(all, kJob, by).indexes;
}

TEST(OutputKeys, AreTakenApart) {
  const std::string key = kJob + "step-1/task-1/" + kTime1 + "/h_output";
  const OutputKey parsed = parse_output_key(key, kJob).value();
  EXPECT_EQ(parsed.step, "step-1");
  EXPECT_EQ(parsed.task, "task-1");
  EXPECT_EQ(parsed.folder, kTime1);
  EXPECT_EQ(parsed.session_action, "sessionaction-a-1");
  EXPECT_EQ(parsed.name, "h_output");
  const std::string chunked = kJob + "step-1/" + kTime1 + "/h_output";
  EXPECT_EQ(parse_output_key(chunked, kJob)->task, "");
  EXPECT_EQ(parse_output_key(chunked, kJob)->folder, kTime1);
  EXPECT_EQ(parse_output_key(kJob + "step-1/t/h_output", kJob)->session_action, "");
}

TEST(OutputKeys, AreOnlyThoseBelowAStepOfTheJob) {
  for (const std::string key : {"step-1/h_output", "step-1", "", "foo/bar/h_output", "xstep-1/x/h_output",
                                "step-1/task-1/x/h_input", "step-1/output/h_input", "step-1/task-1/h"}) {
    EXPECT_FALSE(parse_output_key(kJob + key, kJob)) << key;
  }
  EXPECT_FALSE(parse_output_key("Manifests/farm-1/queue-1/job-2/step-1/x/h_output", kJob));
  EXPECT_FALSE(parse_output_key("step-1/task-1/x/h_output", kJob));
}

TEST(LatestOutputs, AreThoseOfTheGreatestFolderOfEachTask) {
  const auto all = listing({{"step-1/task-1/" + kTime1 + "/a_output", 1},
                            {"step-1/task-1/" + kTime2 + "/a_output", 2},
                            {"step-1/task-1/" + kTime2 + "/b_output", 2},
                            {"step-1/task-2/" + kTime1 + "/a_output", 3},
                            {"step-2/task-1/" + kTime1 + "/a_output", 3}});
  EXPECT_THAT(latest(all), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(select_outputs(all, kJob).indexes, ElementsAre(0, 1, 2, 3, 4));
}

TEST(LatestOutputs, AreAllOfStepsThatRunInChunksAndThoseComeFirst) {
  const auto all = listing({{"step-1/task-1/" + kTime1 + "/a_output", 1},
                            {"step-2/" + kTime1 + "/a_output", 2},
                            {"step-2/" + kTime2 + "/a_output", 2}});
  EXPECT_THAT(latest(all), ElementsAre(1, 2, 0));
}

TEST(LatestOutputs, KeepTheTasksOfAStepTogether) {
  const auto all = listing({{"step-1/task-1/" + kTime2 + "/a_output", 1},
                            {"step-1/task-2/" + kTime1 + "/a_output", 1},
                            {"step-1/task-1/" + kTime2 + "/b_output", 1}});
  EXPECT_THAT(latest(all), ElementsAre(0, 2, 1));
}

TEST(LatestOutputs, PassOverObjectsInTheFolderOfATask) {
  const auto all = listing({{"step-1/task-1/" + kTime1 + "/a_output", 1}, {"step-1/task-1/z_output", 1}});
  EXPECT_THAT(latest(all), ElementsAre(0));
  EXPECT_THAT(latest(all, LatestBy::kModified), ElementsAre(0));
  EXPECT_THAT(select_outputs(all, kJob).indexes, ElementsAre(0, 1));
}

TEST(LatestOutputs, CanGoByTheStoresTime) {
  const auto all = listing({{"step-1/task-1/" + kTime1 + "/a_output", 20},
                            {"step-1/task-1/" + kTime1 + "/b_output", 5},
                            {"step-1/task-1/" + kTime2 + "/a_output", 10}});
  EXPECT_THAT(latest(all), ElementsAre(2));
  EXPECT_THAT(latest(all, LatestBy::kModified), ElementsAre(0, 1)) << "the whole folder";
}

TEST(LatestOutputs, SayWhereNameAndTimeDisagree) {
  const auto all = listing({{"step-1/task-1/" + kTime1 + "/a_output", 20},
                            {"step-1/task-1/" + kTime2 + "/a_output", 10},
                            {"step-1/task-2/" + kTime1 + "/a_output", 10},
                            {"step-1/task-2/" + kTime2 + "/a_output", 20}});
  for (const LatestBy by : {LatestBy::kName, LatestBy::kModified}) {
    const auto disagreements = select_latest_outputs(all, kJob, by).disagreements;
    ASSERT_EQ(disagreements.size(), 1U);
    EXPECT_EQ(disagreements[0].step, "step-1");
    EXPECT_EQ(disagreements[0].task, "task-1");
    EXPECT_EQ(disagreements[0].by_name, kTime2);
    EXPECT_EQ(disagreements[0].by_modified, kTime1);
  }
}

TEST(LatestOutputs, DoNotDisagreeWhereTimesAreEqualOrUnknown) {
  // A store of whole seconds, listed with the greater name first.
  EXPECT_THAT(select_latest_outputs(listing({{"step-1/task-1/" + kTime2 + "/a_output", 10},
                                             {"step-1/task-1/" + kTime1 + "/a_output", 10}}),
                                    kJob, LatestBy::kName)
                  .disagreements,
              IsEmpty());
  EXPECT_THAT(select_latest_outputs(listing({{"step-1/task-1/" + kTime2 + "/a_output", {}},
                                             {"step-1/task-1/" + kTime1 + "/a_output", {}}}),
                                    kJob, LatestBy::kName)
                  .disagreements,
              IsEmpty());
}

TEST(SessionActions, AreComparedWhole) {
  const auto all = listing({{"step-1/task-1/" + kTime1 + "/a_output", 1},
                            {"step-1/task-1/" + kTime1 + "2/a_output", 1},
                            {"step-1/task-1/" + kTime1 + "/h_input", 1},
                            {"step-1/2024_x" + kTime1 + "/a_output", 1},
                            {"step-1/" + kTime1 + "/a_output", 1}});
  EXPECT_THAT(select_session_action(all, kJob, "sessionaction-a-1"), ElementsAre(0, 4));
  EXPECT_THAT(select_session_action(all, kJob, ""), IsEmpty());
  EXPECT_THAT(select_session_action(all, kJob, "a-1"), IsEmpty());
}

}  // namespace
}  // namespace attache
