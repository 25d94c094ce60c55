#include <attache/manifest_store/manifest_places.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace attache {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(ManifestPlaces, AreThoseOfTheIncumbent) {
  const JobScope step{"farm-1", "queue-1", "job-1", "step-1"};
  const JobScope task{"farm-1", "queue-1", "job-1", "step-1", "task-1"};
  EXPECT_EQ(input_folder("farm-1", "queue-1", "guid").value(), "farm-1/queue-1/Inputs/guid");
  EXPECT_EQ(output_folder(task, "sessionaction-x-1", 1710000000.1).value(),
            "farm-1/queue-1/job-1/step-1/task-1/2024-03-09T16:00:00.099999Z_sessionaction-x-1");
  EXPECT_EQ(output_folder(step, "sessionaction-x-1", 0).value(),
            "farm-1/queue-1/job-1/step-1/1970-01-01T00:00:00.000000Z_sessionaction-x-1");
  EXPECT_EQ(outputs_prefix({"farm-1", "queue-1", "job-1"}).value(), "Manifests/farm-1/queue-1/job-1/");
  EXPECT_EQ(outputs_prefix(step).value(), "Manifests/farm-1/queue-1/job-1/step-1/");
  EXPECT_EQ(outputs_prefix(task).value(), "Manifests/farm-1/queue-1/job-1/step-1/task-1/");
  EXPECT_EQ(inputs_prefix("farm-1", "queue-1").value(), "Manifests/farm-1/queue-1/Inputs/");
}

TEST(ManifestPlaces, RefuseIdsThatAreNoComponent) {
  for (const std::string& id : std::vector<std::string>{"", ".", "..", "a/b", "a\nb"}) {
    const auto refused = [&](const JobScope& scope, std::string_view named) {
      const auto prefix = outputs_prefix(scope);
      ASSERT_FALSE(prefix) << id;
      EXPECT_EQ(prefix.error().code(), ErrorCode::kInvalidArgument);
      EXPECT_THAT(prefix.error().message(), HasSubstr(named));
    };
    refused({id, "q", "j"}, "farm");
    refused({"f", id, "j"}, "queue");
    refused({"f", "q", id}, "job");
    if (!id.empty()) refused({"f", "q", "j", id}, "step");
    if (!id.empty()) refused({"f", "q", "j", "s", id}, "task");
    EXPECT_FALSE(input_folder("f", "q", id));
    EXPECT_FALSE(output_folder({"f", "q", "j", "s"}, id, 0));
    EXPECT_FALSE(inputs_prefix("f", id));
  }
}

TEST(ManifestPlaces, RefuseATaskWithoutStep) {
  EXPECT_THAT(outputs_prefix({"f", "q", "j", "", "t"}).error().message(), HasSubstr("step"));
  EXPECT_THAT(output_folder({"f", "q", "j"}, "x", 0).error().message(), HasSubstr("step"));
}

TEST(ManifestPlaces, RefuseTimesThatHaveNoText) {
  EXPECT_FALSE(output_folder({"f", "q", "j", "s"}, "x", 1e300));
}

TEST(ManifestPlaces, MakeGuidsThatDiffer) {
  std::set<std::string> guids;
  for (int i = 0; i < 100; ++i) {
    const std::string guid = random_guid();
    EXPECT_THAT(guid, MatchesRegex("[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"));
    guids.insert(guid);
  }
  EXPECT_EQ(guids.size(), 100U);
}

}  // namespace
}  // namespace attache
