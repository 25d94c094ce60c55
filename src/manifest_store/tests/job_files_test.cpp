#include <attache/manifest_store/job_files.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class JobFilesTest : public ::testing::Test {
 protected:
  JobFilesTest() {
    files.add("/r1", r1);
    files.add("/r2", r2);
  }
  std::vector<std::string> paths(const std::string& root) {
    const std::vector<RootFiles> groups = files.by_root().value();
    for (const RootFiles& group : groups) {
      if (group.root == root) return paths_in(group.files);
    }
    return {"no such root"};
  }

  Manifest r1 = manifest_of({"a.txt", "s/b.txt"});
  Manifest r2 = manifest_of({"a.txt", "s/b.txt", "c.txt"});
  JobFiles files{{PathFormat::kPosix, "/cwd"}};
};

TEST_F(JobFilesTest, AreGroupedByRoot) {
  const Manifest more = manifest_of({"a.txt", "d"}, "2");
  files.add("/r1", more);
  EXPECT_THAT(files.roots(), ElementsAre("/r1", "/r2"));
  EXPECT_THAT(paths("/r1"), ElementsAre("a.txt", "s/b.txt", "a.txt", "d")) << "all entries stay";
  EXPECT_EQ(files.by_root().value()[0].files.total_size(), 4U);
  EXPECT_EQ(r1.size(), 2U) << "BUG-40: no manifest is changed";
}

TEST_F(JobFilesTest, GoWhereTheirRootIsSent) {
  ASSERT_TRUE(files.set_root_path("/r1", "new/x/.."));
  EXPECT_THAT(files.roots(), ElementsAre("/cwd/new", "/r2"));
  EXPECT_THAT(paths("/cwd/new"), ElementsAre("a.txt", "s/b.txt"));
  ASSERT_TRUE(files.set_root_path("/cwd/new", "/n2"));
  EXPECT_THAT(files.roots(), ElementsAre("/n2", "/r2"));
  ASSERT_TRUE(files.set_root_path("/n2", "/n2/"));
  EXPECT_THAT(files.roots(), ElementsAre("/n2", "/r2"));
}

TEST_F(JobFilesTest, NameTheRootsThereAre) {
  ASSERT_TRUE(files.set_root_path("/r1", "/n1"));
  const Status refused = files.set_root_path("/r1", "/n2");
  ASSERT_FALSE(refused) << "the old name is gone";
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().remedy(), HasSubstr("'/n1', '/r2'"));
}

TEST_F(JobFilesTest, AreRenamedWhereGroupsMeet) {
  ASSERT_TRUE(files.set_root_path("/r1", "/r2"));
  EXPECT_THAT(files.roots(), ElementsAre("/r2"));
  EXPECT_THAT(paths("/r2"), ElementsAre("a.txt", "s/b.txt", "c.txt", "_r1_a.txt", "s/_r1_b.txt"))
      << "BUG-21: also below a directory";
}

TEST_F(JobFilesTest, AreRenamedInTheOrderInWhichTheyWereSent) {
  ASSERT_TRUE(files.set_root_path("/r2", "/x"));
  ASSERT_TRUE(files.set_root_path("/r1", "/x"));
  EXPECT_THAT(paths("/x"), ElementsAre("a.txt", "s/b.txt", "c.txt", "_r1_a.txt", "s/_r1_b.txt"));
}

TEST_F(JobFilesTest, AreRenamedToNamesThatNobodyHas) {
  const Manifest taken = manifest_of({"_r1_a.txt"});
  files.add("/r2", taken);
  ASSERT_TRUE(files.set_root_path("/r1", "/r2"));
  EXPECT_THAT(paths("/r2"), ElementsAre("a.txt", "s/b.txt", "c.txt", "_r1_a.txt", "_r1_a (1).txt", "s/_r1_b.txt"));
}

TEST_F(JobFilesTest, AreRenamedToNamesThatNobodyOfTheirOwnHas) {
  const Manifest own = manifest_of({"_r1_a.txt", "s/_r1_b.txt", "s/_r1_b (1).txt"});
  files.add("/r1", own);
  ASSERT_TRUE(files.set_root_path("/r1", "/r2"));
  EXPECT_THAT(paths("/r2"), ElementsAre("a.txt", "s/b.txt", "c.txt", "_r1_a (1).txt", "s/_r1_b (2).txt", "_r1_a.txt",
                                        "s/_r1_b.txt", "s/_r1_b (1).txt"));
}

TEST_F(JobFilesTest, AreRenamedToOneNameEach) {
  const Manifest resident = manifest_of({"a (1).txt", "_r1_a.txt"});
  files.add("/r2", resident);
  const Manifest own = manifest_of({"a (1).txt", "a.txt"}, "2");
  files.add("/r1", own);
  ASSERT_TRUE(files.set_root_path("/r1", "/r2"));
  EXPECT_THAT(paths("/r2"), ElementsAre("a.txt", "s/b.txt", "c.txt", "a (1).txt", "_r1_a.txt", "_r1_a (1).txt",
                                        "s/_r1_b.txt", "_r1_a (1) (1).txt", "_r1_a (1).txt"))
      << "and one file, in two manifests of a root, to one name";
}

TEST_F(JobFilesTest, KeepTheirNamesWithinOneGroup) {
  const Manifest again = manifest_of({"a.txt", "x"}, "2");
  files.add("/r1", again);
  const Manifest other = manifest_of({"y"});
  files.add("/r3", other);
  ASSERT_TRUE(files.set_root_path("/r1", "/r3"));
  EXPECT_THAT(paths("/r3"), ElementsAre("y", "a.txt", "s/b.txt", "a.txt", "x"));
}

TEST_F(JobFilesTest, StayTogetherWhenTheResidentGoesElsewhere) {
  ASSERT_TRUE(files.set_root_path("/r1", "/r2"));
  ASSERT_TRUE(files.set_root_path("/r2", "/z")) << "that is where /r1 was sent to";
  EXPECT_THAT(files.roots(), ElementsAre("/z", "/r2"));
  EXPECT_THAT(paths("/z"), ElementsAre("a.txt", "s/b.txt"));
}

TEST_F(JobFilesTest, GoOnWithTheRootThatTheyWereSentTo) {
  ASSERT_TRUE(files.set_root_path("/r2", "/r1"));
  ASSERT_TRUE(files.set_root_path("/r1", "/x"));
  EXPECT_THAT(files.roots(), ElementsAre("/x"));
  EXPECT_THAT(paths("/x"), ElementsAre("a.txt", "s/b.txt", "_r2_a.txt", "s/_r2_b.txt", "c.txt"));
}

TEST_F(JobFilesTest, AreFilteredWhereTheyGo) {
  ASSERT_TRUE(files.set_root_path("/r1", "/new"));
  files.include({"/new/*", "c.txt"});
  EXPECT_THAT(files.by_root().value().size(), 2U);
  files.include({"s/"});
  EXPECT_THAT(files.by_root().value().size(), 1U) << "groups of filters must all match";
  EXPECT_THAT(paths("/new"), ElementsAre("s/b.txt"));
  files.include({""});
  EXPECT_THAT(files.by_root().value(), IsEmpty());
}

TEST_F(JobFilesTest, ReportFiltersThatAreNoText) {
  files.include({"\xFF"});
  EXPECT_FALSE(files.by_root());
}

TEST(FilesInDirectory, AreThoseOfAllRoots) {
  const Manifest one = manifest_of({"in/a", "in/b/c", "inside/x", "in"});
  const Manifest two = manifest_of({"in/a", "out/z"});
  const std::vector<RootedManifest> rooted{{"/r1", &one}, {"/r2", &two}};
  EXPECT_THAT(paths_in(files_in_directory(rooted, "in").value()), ElementsAre("in/a", "in/b/c", "in/a"));
  EXPECT_THAT(paths_in(files_in_directory(rooted, "in/b/").value()), ElementsAre("in/b/c"));
  EXPECT_THAT(paths_in(files_in_directory(rooted, "none").value()), IsEmpty());
  EXPECT_FALSE(files_in_directory(rooted, "../x"));
}

}  // namespace
}  // namespace attache::testing
