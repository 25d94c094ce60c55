#include <attache/manifest_store/absolute_paths.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AbsolutePaths, StayBelowTheRootWithoutMapping) {
  const Manifest manifest = manifest_of({"a", "b/c", "../x", "d/../e", "/abs", "/r/f"});
  const AbsolutePaths result = make_paths_absolute(manifest, "/r/", {}).value();
  EXPECT_THAT(paths_in(result.manifest), ElementsAre("/r/a", "/r/b/c", "/r/e", "/r/f"));
  EXPECT_THAT(result.unmapped, ElementsAre("/x", "/abs"));
  EXPECT_EQ(result.manifest[0].hash, manifest[0].hash);
}

TEST(AbsolutePaths, HaveNoPlaceWhereTheHostCannotHaveThem) {
  const std::string lone = "\xED\xA0\x80";  // half of a surrogate pair: of Windows, and of no byte on POSIX
  const std::string with_nul("a\0b", 3);
  EXPECT_THAT(make_paths_absolute(manifest_of({"a", lone, with_nul}), "/r", {}).value().unmapped,
              ElementsAre("/r/" + lone, "/r/" + with_nul));
}

TEST(AbsolutePaths, NeedAnAbsoluteRootWithoutMapping) {
  EXPECT_THAT(make_paths_absolute(manifest_of({"a"}), "C:\\r", {}).value().unmapped, ElementsAre("C:\\r/a"));
  EXPECT_THAT(make_paths_absolute(manifest_of({"a"}), "r", {}).value().unmapped, ElementsAre("r/a"));
}

TEST(AbsolutePaths, AreMappedByTheRuleThatCoversThem) {
  const std::vector<PathMappingRule> rules{{"windows", "c:\\R", "/local"}, {"windows", "D:\\", "/other"}};
  const PathMapper mapper = PathMapper::create(rules, PathFormat::kPosix).value();
  AbsolutePathsOptions options{PathFormat::kWindows, PathFormat::kPosix, &mapper};
  const AbsolutePaths result =
      make_paths_absolute(manifest_of({"a/b", "..\\..\\z", "D:\\y"}), "C:\\r", options).value();
  EXPECT_THAT(paths_in(result.manifest), ElementsAre("/local/a/b", "/other/y"));
  EXPECT_THAT(result.unmapped, ElementsAre("C:\\z"));
}

TEST(AbsolutePaths, AreAllUnmappedWithoutRules) {
  const PathMapper mapper = PathMapper::create({}, PathFormat::kPosix).value();
  EXPECT_THAT(make_paths_absolute(manifest_of({"a"}), "/r", {.mapper = &mapper}).value().unmapped, ElementsAre("/r/a"));
}

TEST(MergedAbsolutePaths, CountTheNewestAtTheFirstPlace) {
  const Manifest first = manifest_of({"/x"}, "1");
  const Manifest second = manifest_of({"/y", "/x"}, "2");
  const Manifest third = manifest_of({"/y"}, "3");
  const std::vector<Timed<Manifest>> timed{{&first, 2}, {&second, 1}, {&third, 3}};
  const Manifest merged = merge_absolute(timed, PathFormat::kPosix).value();
  EXPECT_THAT(paths_in(merged), ElementsAre("/y", "/x"));
  EXPECT_EQ(version_of(merged, "/y", {"1", "2", "3"}), "3");
  EXPECT_EQ(version_of(merged, "/x", {"1", "2", "3"}), "1");
}

TEST(MergedAbsolutePaths, KeepTheirOrderAtEqualTimes) {
  const Manifest first = manifest_of({"/x"}, "1");
  const Manifest second = manifest_of({"/x"}, "2");
  const std::vector<Timed<Manifest>> timed{{&first, 1}, {&second, 1}};
  EXPECT_EQ(version_of(merge_absolute(timed, PathFormat::kPosix).value(), "/x", {"1", "2"}), "2");
}

TEST(MergedAbsolutePaths, CompareAsTheHostDoes) {
  const Manifest manifest = manifest_of({"C:\\A", "c:/a", "C:\\b"});
  const std::vector<Timed<Manifest>> timed{{&manifest, 1}};
  EXPECT_THAT(paths_in(merge_absolute(timed, PathFormat::kWindows).value()), ElementsAre("c:/a", "C:\\b"));
  EXPECT_EQ(merge_absolute(timed, PathFormat::kPosix).value().size(), 3U);
  EXPECT_THAT(paths_in(merge_absolute({}, PathFormat::kPosix).value()), IsEmpty());
}

TEST(TaskIds, AreReadFromKeys) {
  EXPECT_EQ(task_id_of_key("p/Manifests/f/q/j/step-1/task-2/t_s/h_output"), "task-2");
  EXPECT_EQ(task_id_of_key("step-x/task-y/Manifests/f/q/j/step-1/task-2/t_s/h_output"), "task-2");
  EXPECT_EQ(task_id_of_key("step-a/task-b/x"), "task-b");
  EXPECT_EQ(task_id_of_key("p/Manifests/f/q/j/step-1/t_s/h_output"), std::nullopt);
  EXPECT_EQ(task_id_of_key("p/step-1/task-2"), std::nullopt);
  EXPECT_EQ(task_id_of_key("task-1/step-2/x"), std::nullopt);
  EXPECT_EQ(task_id_of_key("step-1/x/task-2/y"), std::nullopt);
  EXPECT_EQ(task_id_of_key("step-/task-2/y"), std::nullopt);
}

TEST(SessionIds, AreReadFromThoseOfActions) {
  const std::string hex(32, 'a');
  EXPECT_EQ(session_id_of("sessionaction-" + hex + "-12").value(), "session-" + hex);
  for (const std::string& id :
       std::vector<std::string>{"sessionaction-" + hex, "sessionaction-" + hex + "-", "sessionaction-" + hex + "-1x",
                                "sessionaction-" + hex.substr(1) + "-1", "sessionaction-" + hex + "a-1",
                                "session-" + hex, "sessionaction-" + std::string(32, 'A') + "-1", std::string()}) {
    EXPECT_EQ(session_id_of(id).error().code(), ErrorCode::kInvalidArgument) << id;
  }
}

}  // namespace
}  // namespace attache::testing
