#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/scan/path_facts.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class PathFactsOnDisk : public testing::Test {
 protected:
  PathFactsOnDisk() : root_(std::filesystem::canonical(dir_.path()).string()) {}

  std::string path(const std::string& name) const { return root_ + "/" + name; }
  void file(const std::string& name, const std::string& content = "x") const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name)) << content;
  }
  void link(const std::string& target, const std::string& name) const {
    std::filesystem::create_symlink(target, path(name));
  }

  TemporaryDirectory dir_;
  std::string root_;
  std::unique_ptr<DiskPathFacts> facts_ = *DiskPathFacts::open();
};

TEST_F(PathFactsOnDisk, SaysWhatAPathLeadsTo) {
  file("d/f", "12345");
  link("d/f", "to_file");
  link("d", "to_dir");
  link("nowhere", "dangling");
  link("circle", "circle");
  EXPECT_EQ(facts_->status(path("d/f"))->kind, PathKind::kFile);
  EXPECT_EQ(facts_->status(path("to_file"))->size, 5U);
  EXPECT_EQ(facts_->status(path("to_dir"))->kind, PathKind::kDirectory);
  EXPECT_EQ(facts_->status("/dev/null")->kind, PathKind::kOther);
  for (const char* name : {"dangling", "circle", "none", "d/f/x"}) {
    EXPECT_EQ(facts_->status(path(name))->kind, PathKind::kMissing) << name;
  }
  EXPECT_EQ(facts_->status(path("\xED\xA0\x80"))->kind, PathKind::kMissing) << "no file here can have this name";
}

TEST_F(PathFactsOnDisk, ResolvesLinksAsFarAsThePathExists) {
  file("real/in/f");
  link("real", "a");
  link("a/in", "b");
  link(path("b"), "absolute");
  link("nowhere/else", "dangling");
  link("../" + root_.substr(root_.rfind('/') + 1) + "/real/./in/..", "up");
  EXPECT_EQ(facts_->resolved(path("b/f")), path("real/in/f"));
  EXPECT_EQ(facts_->resolved(path("absolute/new/x")), path("real/in/new/x"));
  EXPECT_EQ(facts_->resolved(path("dangling/x")), path("nowhere/else/x"));
  EXPECT_EQ(facts_->resolved(path("up/in")), path("real/in"));
  EXPECT_EQ(facts_->resolved("/"), "/");
}

TEST_F(PathFactsOnDisk, ALinkInACircleStaysAsItIs) {
  link("y", "x");
  link("x", "y");
  EXPECT_EQ(facts_->resolved(path("x/f")), path("x/f"));
}

TEST_F(PathFactsOnDisk, ADirectoryStandsForAllFilesBelowIt) {
  file("in/a");
  file("in/.hidden/.b");
  std::filesystem::create_directories(path("in/empty/deep"));
  std::filesystem::create_directories(path("hollow/deep"));
  link("a", "in/to_file");
  link(".hidden", "in/to_dir");
  link("nowhere", "in/dangling");
  const auto expanded = expand_directories_on_disk({path("in"), path("hollow"), path("none"), path("in/a")}, false, {});
  ASSERT_TRUE(expanded) << expanded.error().to_string();
  EXPECT_THAT(expanded->files,
              UnorderedElementsAre(path("in/a"), path("in/.hidden/.b"), path("in/to_file"), path("in/dangling")));
  EXPECT_THAT(expanded->references, ElementsAre(path("hollow"), path("none"), path("in/a")));
  EXPECT_THAT(expanded->missing, ElementsAre(path("none"), path("in/a")));
}

TEST_F(PathFactsOnDisk, MissingDirectoriesAreListedIfTheyMustExist) {
  const auto expanded = expand_directories_on_disk({path("n1"), root_, path("n2")}, true, {});
  ASSERT_FALSE(expanded);
  EXPECT_EQ(expanded.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(expanded.error().message(), HasSubstr("'" + path("n1") + "', '" + path("n2") + "'"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(expand_directories_on_disk({root_}, false, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache
