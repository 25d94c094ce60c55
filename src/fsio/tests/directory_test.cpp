#include <attache/fsio/directory.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace attache {
namespace {

std::map<std::string, FileKind> listing(Directory& directory) {
  std::map<std::string, FileKind> result;
  const auto entries = directory.entries();
  for (const auto& entry : entries.value()) result.emplace(entry.name, entry.kind);
  return result;
}

TEST(Directory, ListsNamesWithTheirOwnKinds) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f").directory("d").symlink("d", "l").fifo("p").socket("s").file("\xff\n").file(".h");
  auto directory = Directory::open(dir.path());
  ASSERT_TRUE(directory);
  const std::map<std::string, FileKind> expected{
      {"f", FileKind::kRegular}, {"d", FileKind::kDirectory},    {"l", FileKind::kSymlink}, {"p", FileKind::kOther},
      {"s", FileKind::kOther},   {"\xff\n", FileKind::kRegular}, {".h", FileKind::kRegular}};
  EXPECT_EQ(listing(*directory), expected);
  EXPECT_EQ(listing(*directory), expected) << "the second listing";
}

TEST(Directory, GivesTheStatusOfWhatANameLeadsTo) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path())
      .file("f", "123")
      .symlink("f", "to-file")
      .symlink(".", "to-dir")
      .symlink("nowhere", "dangling")
      .symlink("loop", "loop")
      .symlink("f/x", "below-file");
  const auto directory = Directory::open(dir.path());
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->status("to-file")->value().size, 3U);
  EXPECT_EQ(directory->status("to-dir")->value().inode, directory->status()->inode);
  for (const char* name : {"dangling", "loop", "below-file", "missing"}) {
    const auto status = directory->status(name);
    ASSERT_TRUE(status) << name;
    EXPECT_FALSE(*status) << name;
  }
}

TEST(Directory, ReachesWhatLiesBeyondTheLengthOfAPath) {
  const TemporaryDirectory dir;
  std::string deep;
  for (int i = 0; i < 60; ++i) deep += std::string(200, static_cast<char>('a' + i % 26)) + "/";
  TreeBuilder(dir.path()).file(deep + "f", "found");
  deep.pop_back();
  ASSERT_GT(deep.size(), 3 * 4096U - 300);
  const auto top = Directory::open(dir.path());
  ASSERT_TRUE(top);
  auto directory = top->open_directory(deep);
  ASSERT_TRUE(directory) << directory.error().message();
  EXPECT_EQ(listing(*directory), (std::map<std::string, FileKind>{{"f", FileKind::kRegular}}));
  auto file = directory->open_for_reading("f");
  ASSERT_TRUE(file);
  std::string content(5, ' ');
  EXPECT_EQ(file->read(std::as_writable_bytes(std::span(content))), 5U);
  EXPECT_EQ(content, "found");
  EXPECT_EQ(top->open_directory(deep + "/missing").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(top->open_directory(std::string(5000, 'x')).error().code(), ErrorCode::kInvalidArgument);
}

TEST(Directory, OpensItselfByTheEmptyPath) {
  const TemporaryDirectory dir;
  const auto directory = Directory::open(dir.path());
  ASSERT_TRUE(directory);
  const auto same = directory->open_directory("");
  ASSERT_TRUE(same);
  EXPECT_EQ(same->status()->inode, directory->status()->inode);
  EXPECT_EQ(same->path(), dir.path());
}

TEST(Directory, SaysWhatIsWrong) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f").directory("closed").fifo("p").mode("closed", 0);
  EXPECT_EQ(Directory::open(dir / "missing").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Directory::open(dir / "f").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Directory::open(dir / "p").error().code(), ErrorCode::kNotFound);
  const auto directory = Directory::open(dir.path());
  ASSERT_TRUE(directory);
  EXPECT_EQ(directory->open_for_reading("p").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(run_unprivileged(dir.path(),
                             [&] {
                               const auto closed = directory->open_directory("closed");
                               return closed ? std::string("opened") : closed.error().message();
                             }),
            "cannot open the directory '" + (dir / "closed") + "': Permission denied");
}

}  // namespace
}  // namespace attache
