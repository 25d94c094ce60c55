#include <attache/fsio/file.hpp>
#include <attache/fsio/root_directory.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

class TargetDirectoryTest : public testing::Test {
 protected:
  TargetDirectoryTest() : target_(RootDirectory::open(directory_.path()).value().target().value()) {}

  std::string text(const std::string& name) const { return read_file(directory_ / name, 1000).value(); }
  static std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

  TemporaryDirectory directory_;
  TargetDirectory target_;
};

TEST_F(TargetDirectoryTest, MakesAFileAndGivesItItsName) {
  auto file = target_.create_file("temporary");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->write(bytes("hello")), 0);
  EXPECT_EQ(file->set_mtime_us(-1'000'001), 0);
  EXPECT_EQ(file->close(), 0);
  EXPECT_EQ(target_.rename_if_free("temporary", "f"), 0);
  EXPECT_EQ(text("f"), "hello");
  FileStatus status;
  EXPECT_EQ(target_.status("f", status), 0);
  EXPECT_EQ(status.mtime_ns, -1'000'001'000);
  EXPECT_FALSE(fs::exists(directory_ / "temporary"));
}

TEST_F(TargetDirectoryTest, ReplacesOnlyWhenAsked) {
  TreeBuilder(directory_.path()).file("a", "new").file("b", "old").file("outside").symlink("outside", "l");
  EXPECT_EQ(target_.rename_if_free("a", "b"), EEXIST);
  EXPECT_EQ(target_.rename_if_free("a", "l"), EEXIST);
  EXPECT_EQ(text("b"), "old");
  EXPECT_EQ(target_.rename("a", "l"), 0);
  EXPECT_FALSE(fs::is_symlink(directory_ / "l"));
  EXPECT_EQ(text("l"), "new");
  EXPECT_EQ(text("outside"), "");
}

TEST_F(TargetDirectoryTest, FollowsNoLink) {
  TreeBuilder(directory_.path()).directory("d").file("f").symlink("d", "to_d").symlink("f", "to_f");
  EXPECT_FALSE(target_.open_directory("to_d"));
  EXPECT_FALSE(target_.open_file("to_f"));
  EXPECT_FALSE(target_.reopen_file("to_f"));
  EXPECT_EQ(target_.create_file("to_f").error(), EEXIST);
  EXPECT_TRUE(target_.open_directory("d"));
  FileStatus status;
  EXPECT_EQ(target_.status("to_f", status), 0);
  EXPECT_EQ(status.kind, FileKind::kSymlink);
}

TEST_F(TargetDirectoryTest, StaysInItsDirectoryWhateverTakesItsPlace) {
  TreeBuilder(directory_.path()).directory("d").directory("other");
  const auto inner = target_.open_directory("d");
  ASSERT_TRUE(inner);
  fs::rename(directory_ / "d", directory_ / "moved");
  fs::create_directory_symlink("other", directory_ / "d");
  EXPECT_TRUE(inner->create_file("f"));
  EXPECT_TRUE(fs::exists(directory_ / "moved/f"));
  EXPECT_TRUE(fs::is_empty(directory_ / "other"));
}

TEST_F(TargetDirectoryTest, TouchesTheNameItself) {
  TreeBuilder(directory_.path()).file("f").symlink("f", "l");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(240);
  fs::last_write_time(directory_ / "f", long_ago);
  EXPECT_EQ(target_.touch("l"), 0);
  EXPECT_LT(fs::last_write_time(directory_ / "f"), long_ago + std::chrono::hours(1));
  EXPECT_EQ(target_.touch("f"), 0);
  EXPECT_GT(fs::last_write_time(directory_ / "f"), long_ago + std::chrono::hours(1));
  EXPECT_EQ(target_.touch("absent"), ENOENT);
}

TEST_F(TargetDirectoryTest, GoesOnOnlyWithAFileThatCanBeItsOwn) {
  TreeBuilder(directory_.path()).file("part", "1234").file("twice").directory("d").fifo("fifo");
  fs::create_hard_link(directory_ / "twice", directory_ / "second");
  auto file = target_.reopen_file("part");
  ASSERT_TRUE(file);
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(file->read_at(buffer, 1).value(), 3U);
  EXPECT_EQ(file->set_size(2), 0);
  EXPECT_EQ(file->write(bytes("xyz")), 0);
  EXPECT_EQ(text("part"), "12xyz");
  EXPECT_EQ(target_.reopen_file("twice").error(), EINVAL);
  EXPECT_FALSE(target_.reopen_file("d"));
  EXPECT_FALSE(target_.reopen_file("fifo"));
  EXPECT_EQ(target_.reopen_file("absent").error(), ENOENT);
}

TEST_F(TargetDirectoryTest, ReservesSpaceWithoutChangingTheSize) {
  auto file = target_.create_file("f");
  EXPECT_EQ(file->reserve(1 << 20), 0);
  EXPECT_EQ(fs::file_size(directory_ / "f"), 0U);
  EXPECT_NE(file->reserve(std::uint64_t{1} << 61U), 0);
}

TEST_F(TargetDirectoryTest, RemovesFilesLinksAndEmptyDirectories) {
  TreeBuilder(directory_.path()).file("f").directory("d").file("full/f").symlink("f", "l");
  EXPECT_EQ(target_.remove_directory("full"), ENOTEMPTY);
  EXPECT_EQ(target_.remove_directory("d"), 0);
  EXPECT_EQ(target_.remove_file("l"), 0);
  EXPECT_THAT(target_.names().value(), UnorderedElementsAre("f", "full"));
  EXPECT_EQ(target_.remove_file("f"), 0);
  EXPECT_EQ(target_.remove_file("f"), ENOENT);
}

TEST_F(TargetDirectoryTest, MakesAndReadsLinks) {
  EXPECT_EQ(target_.make_link("../x", "l"), 0);
  EXPECT_EQ(target_.make_link("../x", "l"), EEXIST);
  std::string link;
  EXPECT_EQ(target_.read_link("l", link), 0);
  EXPECT_EQ(link, "../x");
}

TEST_F(TargetDirectoryTest, AddsModeBitsAndSetsTheGroup) {
  ASSERT_EQ(target_.make_directory("d"), 0);
  const auto inner = target_.open_directory("d");
  fs::permissions(directory_ / "d", fs::perms{0700});
  EXPECT_EQ(inner->add_mode(02020), 0);
  EXPECT_EQ(inner->set_group(::getegid()), 0);
  struct stat status {};
  ASSERT_EQ(::stat((directory_ / "d").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 02720U);
  EXPECT_GT(inner->free_space(), 0U);
}

TEST_F(TargetDirectoryTest, KnowsWhereXBelongs) {
  EXPECT_EQ(runnable_mode(0644), 0755U);
  EXPECT_EQ(runnable_mode(0640), 0750U);
  EXPECT_EQ(runnable_mode(0600), 0700U);
  EXPECT_EQ(runnable_mode(0222), 0222U);
}

TEST_F(TargetDirectoryTest, IsOpenedBelowARootThatIsNotLeft) {
  TreeBuilder(directory_.path())
      .directory("root/d")
      .directory("outside")
      .file("root/f")
      .symlink("../outside", "root/out");
  fs::create_directory_symlink("d", directory_ / "root/in");
  const auto root = RootDirectory::open(directory_ / "root").value();
  const auto open = [&](const char* path) { return root.target(RelativePath::parse(path).value()); };
  EXPECT_TRUE(open("d").value());
  EXPECT_TRUE(open("in").value());
  EXPECT_FALSE(open("absent").value());
  EXPECT_EQ(open("out").error().code(), ErrorCode::kOutsideRoot);
  EXPECT_EQ(open("f").error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(open("f/x").error().code(), ErrorCode::kAlreadyExists);
}

}  // namespace
}  // namespace attache
