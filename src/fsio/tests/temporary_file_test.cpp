#include <attache/fsio/directory.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/temporary_file.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>

#include "platform.hpp"
#include "temporary_file_impl.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace attache {
namespace {

using IfExists = TemporaryFile::IfExists;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::vector<std::string> names(const std::string& path) {
  std::vector<std::string> result;
  const auto entries = Directory::open(path)->entries();
  for (const auto& entry : entries.value()) result.push_back(entry.name);
  std::sort(result.begin(), result.end());
  return result;
}

struct stat status_of(const std::string& path) {
  struct stat status {};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(TemporaryFile, AppearsUnderItsNameOnlyWhenPublished) {
  const TemporaryDirectory dir;
  auto file = TemporaryFile::create(dir / "f");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->write(bytes("hel")));
  ASSERT_TRUE(file->write(bytes("lo")));
  const auto before = names(dir.path());
  ASSERT_EQ(before.size(), 1U);
  EXPECT_TRUE(is_temporary_file_name(before[0])) << before[0];
  EXPECT_EQ(status_of(dir / before[0]).st_mode & 07777U, 0600U);
  ASSERT_TRUE(file->publish(IfExists::kFail));
  EXPECT_EQ(names(dir.path()), std::vector<std::string>{"f"});
  EXPECT_EQ(read_file(dir / "f", 100), "hello");
}

TEST(TemporaryFile, IsKnownByItsName) {
  EXPECT_TRUE(is_temporary_file_name(".attache-0123456789abcdef.tmp"));
  for (const char* other :
       {"", ".attache-.tmp", ".attache-0123456789abcde.tmp", ".attache-0123456789abcdeF.tmp",
        ".attache-0123456789abcdef0.tmp", "attache-0123456789abcdef.tmp", ".attache-0123456789abcdef",
        ".attache-0123456789abcdef.tmp~", "x.attache-0123456789abcdef.tmp"}) {
    EXPECT_FALSE(is_temporary_file_name(other)) << other;
  }
}

TEST(TemporaryFile, RemovesItselfUnlessPublished) {
  const TemporaryDirectory dir;
  {
    auto file = TemporaryFile::create(dir / "f");
    ASSERT_TRUE(file && file->write(bytes("x")));
    TemporaryFile moved = *std::move(file);
    EXPECT_EQ(names(dir.path()).size(), 1U);
  }
  EXPECT_TRUE(names(dir.path()).empty());
}

TEST(TemporaryFile, GetsTheModeOfANewFile) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("ordinary");
  ASSERT_TRUE(write_file(dir / "f", "x", IfExists::kFail));
  EXPECT_EQ(status_of(dir / "f").st_mode, status_of(dir / "ordinary").st_mode);
}

TEST(TemporaryFile, KeepsTimesToTheMicrosecond) {
  const TemporaryDirectory dir;
  for (const std::int64_t mtime : {std::int64_t{1'700'000'000'123'457}, std::int64_t{0}, std::int64_t{-1},
                                   std::int64_t{-1'234'567}, std::int64_t{1'000'000}}) {
    auto file = TemporaryFile::create(dir / "f");
    ASSERT_TRUE(file && file->write(bytes("content")));
    ASSERT_TRUE(file->set_mtime_us(mtime));
    ASSERT_TRUE(file->publish(IfExists::kReplace));
    const auto status = File::open_for_reading(dir / "f")->status();
    ASSERT_TRUE(status);
    EXPECT_EQ(status->mtime_ns, mtime * 1000);
  }
}

TEST(TemporaryFile, DoesNotReplaceUnaskedAndCanTryAnotherName) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f", "old").symlink("nowhere", "l");
  auto file = TemporaryFile::create(dir / "f");
  ASSERT_TRUE(file && file->write(bytes("new")));
  for (const char* name : {"f", "l"}) {
    const Status refused = file->publish_as(name, IfExists::kFail);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::kAlreadyExists);
    EXPECT_EQ(refused.error().message(), "'" + (dir / name) + "' exists already");
  }
  EXPECT_EQ(file->publish(IfExists::kFail).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read_file(dir / "f", 10), "old");
  ASSERT_TRUE(file->publish_as("f (1)", IfExists::kFail));
  EXPECT_EQ(read_file(dir / "f (1)", 10), "new");
  EXPECT_EQ(names(dir.path()), (std::vector<std::string>{"f", "f (1)", "l"}));
  EXPECT_EQ(file->publish(IfExists::kReplace).error().code(), ErrorCode::kInvalidArgument);
}

TEST(TemporaryFile, ReplacesALinkInsteadOfFollowingIt) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("target", "old").symlink("target", "l");
  ASSERT_TRUE(write_file(dir / "l", "new", IfExists::kReplace));
  EXPECT_EQ(read_file(dir / "target", 10), "old");
  EXPECT_TRUE(S_ISREG(status_of(dir / "l").st_mode));
}

TEST(TemporaryFile, SaysThatADirectoryIsInTheWay) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("d/x");
  const Status refused = write_file(dir / "d", "new", IfExists::kReplace);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find(dir / "d"), std::string::npos);
  EXPECT_EQ(names(dir.path()), std::vector<std::string>{"d"});
}

TEST(TemporaryFile, RefusesNamesThatAreNoFileNames) {
  const TemporaryDirectory dir;
  auto file = TemporaryFile::create(dir / "f");
  ASSERT_TRUE(file);
  for (const std::string_view name :
       {std::string_view(""), std::string_view("."), std::string_view(".."), std::string_view("a/b"),
        std::string_view("a\0b", 3), std::string_view("\xed\xa0\x80")}) {
    EXPECT_EQ(file->publish_as(name, IfExists::kReplace).error().code(), ErrorCode::kInvalidArgument) << name;
  }
  for (const char* path : {"", "/", "a/", "a/.."}) EXPECT_FALSE(TemporaryFile::create(path)) << path;
}

TEST(TemporaryFile, WorksForNamesOfTheGreatestLength) {
  const TemporaryDirectory dir;
  const std::string name(255, 'n');
  ASSERT_TRUE(write_file(dir / name, "x", IfExists::kFail));
  EXPECT_EQ(read_file(dir / name, 10), "x");
  EXPECT_EQ(write_file(dir / (name + "n"), "x", IfExists::kFail).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(names(dir.path()).size(), 1U);
}

TEST(TemporaryFile, ReservesSpaceWithoutChangingTheSize) {
  const TemporaryDirectory dir;
  auto file = TemporaryFile::create(dir / "f");
  ASSERT_TRUE(file);
  ASSERT_TRUE(file->reserve(0));
  ASSERT_TRUE(file->reserve(1 << 20));
  ASSERT_TRUE(file->write(bytes("abc")));
  ASSERT_TRUE(file->sync());
  ASSERT_TRUE(file->publish(IfExists::kFail));
  EXPECT_EQ(status_of(dir / "f").st_size, 3);
}

TEST(TemporaryFile, ShowsAFullDiskWhenSpaceIsReserved) {
  const TemporaryDirectory dir;
  auto file = TemporaryFile::create(dir / "f");
  ASSERT_TRUE(file);
  const Status refused = file->reserve(std::uint64_t{1} << 50U);
  if (refused) GTEST_SKIP() << "this file system gives 1 PiB, or has no reservation";
  EXPECT_TRUE(refused.error().code() == ErrorCode::kNoSpace || refused.error().code() == ErrorCode::kIo);
  EXPECT_NE(refused.error().message().find(dir / "f"), std::string::npos);
}

TEST(TemporaryFile, SaysThatTheDirectoryIsMissingOrClosed) {
  const TemporaryDirectory dir;
  EXPECT_EQ(TemporaryFile::create(dir / "missing/f").error().code(), ErrorCode::kNotFound);
  TreeBuilder(dir.path()).directory("d").mode("d", 0555);
  EXPECT_EQ(run_unprivileged(dir.path(),
                             [&] {
                               const auto file = TemporaryFile::create(dir / "d/f");
                               return file ? std::string("created") : std::string(to_string(file.error().code()));
                             }),
            "permission-denied");
}

TEST(TemporaryFile, IsPublishedInItsDirectoryEvenIfThatWasRenamed) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).directory("d");
  auto file = TemporaryFile::create(dir / "d/f");
  ASSERT_TRUE(file && file->write(bytes("x")));
  ASSERT_EQ(::rename((dir / "d").c_str(), (dir / "e").c_str()), 0);
  TreeBuilder(dir.path()).directory("d");
  ASSERT_TRUE(file->publish(IfExists::kFail));
  EXPECT_EQ(names(dir / "e"), std::vector<std::string>{"f"});
  EXPECT_TRUE(names(dir / "d").empty());
}

TEST(RenameByLink, IsExclusiveToo) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("a", "A").file("b", "B");
  const int descriptor = ::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  EXPECT_EQ(rename_by_link(descriptor, "a", "b"), EEXIST);
  EXPECT_EQ(platform::rename_no_replace(descriptor, "a", "b"), EEXIST);
  EXPECT_EQ(names(dir.path()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(rename_by_link(descriptor, "a", "c"), 0);
  EXPECT_EQ(names(dir.path()), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(read_file(dir / "c", 10), "A");
  EXPECT_EQ(rename_by_link(descriptor, "missing", "d"), ENOENT);
  ::close(descriptor);
}

TEST(CurrentUmask, IsWhatUmaskSays) {
  const mode_t value = ::umask(0);
  ::umask(value);
  EXPECT_EQ(platform::current_umask(), value);
}

}  // namespace
}  // namespace attache
