#include <attache/fsio/root_directory.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace attache {
namespace {

using IfExists = TemporaryFile::IfExists;

RelativePath relative(std::string_view text) {
  return RelativePath::parse(text).value();
}

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// Every case runs by the kernel's resolution and by the walk.
class RootDirectoryTest : public testing::TestWithParam<PathResolution> {
 protected:
  RootDirectoryTest() : builder_(make_top(dir_)) {}

  static std::string make_top(const TemporaryDirectory& dir) {
    TreeBuilder(dir.path()).directory("root").file("outside/secret", "secret").file("root2/secret", "secret");
    return dir / "root";
  }

  RootDirectory root() const { return RootDirectory::open(builder_.root(), GetParam()).value(); }

  std::string write(std::string_view path, std::string_view content) const {
    const RootDirectory opened = root();
    if (const Status status = opened.create_parents(relative(path)); !status) {
      return std::string(to_string(status.error().code()));
    }
    auto file = opened.create_temporary(relative(path));
    if (!file) return std::string(to_string(file.error().code()));
    Status status = file->write(bytes(content));
    if (status) status = file->publish(IfExists::kReplace);
    return status ? "ok" : std::string(to_string(status.error().code()));
  }

  std::string read(std::string_view path) const {
    auto file = root().open_for_reading(relative(path));
    if (!file) return std::string(to_string(file.error().code()));
    std::string content(100, ' ');
    content.resize(file->read(std::as_writable_bytes(std::span(content))).value());
    return content;
  }

  std::string kind(std::string_view path) const {
    const auto status = root().stat(relative(path));
    if (!status) return std::string(to_string(status.error().code()));
    if (!*status) return "nothing";
    switch ((*status)->kind) {
      case FileKind::kRegular:
        return "file";
      case FileKind::kDirectory:
        return "directory";
      case FileKind::kSymlink:
        return "link";
      case FileKind::kOther:
        return "other";
    }
    return "";
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_;
};

TEST_P(RootDirectoryTest, ReadsAndWritesBelowItself) {
  EXPECT_EQ(write("a/b/c", "content"), "ok");
  EXPECT_EQ(read("a/b/c"), "content");
  EXPECT_EQ(kind("a/b/c"), "file");
  EXPECT_EQ(kind("a/b"), "directory");
  EXPECT_EQ(kind("a/x"), "nothing");
  EXPECT_EQ(kind("x/y/z"), "nothing");
  EXPECT_EQ(kind("a/b/c/d"), "nothing");
  EXPECT_EQ(read("a/x"), "not-found");
  EXPECT_EQ(read("a/b"), "invalid-argument");
}

TEST_P(RootDirectoryTest, FollowsLinksThatStayInside) {
  builder_.file("real/sub/f", "inside")
      .symlink("real", "relative")
      .symlink("../real/./sub", "real/up")
      .symlink(builder_.root() + "/real/sub", "absolute")
      .symlink(builder_.root() + "//./real//sub/", "messy")
      .symlink(builder_.root() + "/relative/sub/../sub", "absolute-over-link")
      .symlink(builder_.root(), "top")
      .symlink(builder_.root() + "/", "top-slash")
      .symlink("real/sub/f", "to-file")
      .symlink(builder_.root() + "/to-file", "to-link")
      .symlink("real/..", "real-up")
      .symlink(".", "here");
  for (const char* path :
       {"relative/sub/f", "real/up/f", "absolute/f", "messy/f", "absolute-over-link/f", "top/real/sub/f",
        "top-slash/real/sub/f", "to-file", "to-link", "real-up/real/sub/f", "here/here/relative/up/f"}) {
    EXPECT_EQ(read(path), "inside") << path;
    EXPECT_EQ(kind(path), "file") << path;
  }
  EXPECT_EQ(kind("absolute"), "directory");
  EXPECT_EQ(write("relative/new/g", "new"), "ok");
  EXPECT_EQ(write("absolute/h", "abs"), "ok");
  EXPECT_EQ(read("real/new/g"), "new");
  EXPECT_EQ(read("real/sub/h"), "abs");
  EXPECT_TRUE(std::filesystem::is_symlink(builder_.root() + "/relative"));
}

TEST_P(RootDirectoryTest, RefusesLinksThatLeave) {
  builder_.directory("real")
      .symlink("../outside", "relative")
      .symlink("..", "parent")
      .symlink("../root/real", "out-and-in")
      .symlink("real/../../outside", "deep")
      .symlink(dir_ / "outside", "absolute")
      .symlink(dir_ / "root2", "longer-name")
      .symlink(builder_.root() + "/../outside", "absolute-up")
      .symlink(builder_.root() + "/real/../..", "absolute-up-later")
      .symlink("/", "slash")
      .symlink("../outside/secret", "file")
      .symlink(dir_ / "outside/secret", "absolute-file")
      .symlink("../outside/missing", "dangling-outside");
  for (const char* path : {"relative/secret", "parent/outside/secret", "out-and-in/x", "deep/secret", "absolute/secret",
                           "longer-name/secret", "absolute-up/secret", "absolute-up-later/outside/secret",
                           "slash/etc/passwd", "file", "absolute-file", "dangling-outside"}) {
    EXPECT_EQ(read(path), "outside-root") << path;
    EXPECT_EQ(kind(path), "outside-root") << path;
  }
  for (const char* path : {"relative/f", "parent/f", "absolute/f", "absolute/a/b", "slash/tmp/attache-f", "deep/f"}) {
    EXPECT_EQ(write(path, "evil"), "outside-root") << path;
    EXPECT_EQ(root().remove_file(relative(path)).error().code(), ErrorCode::kOutsideRoot) << path;
  }
  EXPECT_EQ(root().remove_file(relative("relative/secret")).error().code(), ErrorCode::kOutsideRoot);
  EXPECT_TRUE(std::filesystem::exists(dir_ / "outside/secret"));
  const auto refused = root().open_for_reading(relative("relative/secret"));
  EXPECT_EQ(refused.error().message(), "cannot open '" + builder_.root() +
                                           "/relative/secret': a symbolic link in it leads outside '" +
                                           builder_.root() + "'");
}

TEST_P(RootDirectoryTest, ReplacesAFinalLinkThatLeavesInsteadOfFollowingIt) {
  builder_.symlink("../outside/secret", "file");
  EXPECT_EQ(write("file", "mine"), "ok");
  EXPECT_EQ(read("file"), "mine");
  EXPECT_EQ(std::filesystem::file_size(dir_ / "outside/secret"), 6U);
}

TEST_P(RootDirectoryTest, KnowsDanglingLinksAndLoops) {
  builder_.symlink("missing", "dangling")
      .symlink("loop-b", "loop-a")
      .symlink("loop-a", "loop-b")
      .symlink("self/x", "self")
      .file("f")
      .symlink("f/x", "below-file");
  EXPECT_EQ(kind("dangling"), "nothing");
  EXPECT_EQ(kind("dangling/x"), "nothing");
  EXPECT_EQ(kind("below-file"), "nothing");
  EXPECT_EQ(read("dangling"), "not-found");
  EXPECT_EQ(write("dangling/x", "y"), "not-found") << "the directory that a link names is not created";
  EXPECT_EQ(kind("missing"), "nothing");
  for (const char* path : {"loop-a", "loop-a/x", "self"}) {
    EXPECT_EQ(kind(path), "io") << path;
    EXPECT_EQ(read(path), "io") << path;
  }
  EXPECT_EQ(write("dangling", "replaced"), "ok");
  EXPECT_EQ(read("dangling"), "replaced");
}

TEST_P(RootDirectoryTest, FollowsFortyLinksAndNotMore) {
  builder_.file("f", "end").symlink("f", "l1");
  for (int i = 2; i <= 41; ++i) builder_.symlink("l" + std::to_string(i - 1), "l" + std::to_string(i));
  EXPECT_EQ(read("l40"), "end");
  EXPECT_EQ(read("l41"), "io");
}

TEST_P(RootDirectoryTest, RefusesAFileWhereADirectoryIsNeeded) {
  builder_.file("f", "x").symlink("f", "l").symlink("f/", "slash");
  EXPECT_EQ(write("f/x", "y"), "not-found");
  EXPECT_EQ(write("l/x", "y"), "not-found");
  EXPECT_EQ(kind("slash"), "nothing");
  EXPECT_NE(root().create_parents(relative("f/x/y")).error().remedy().find("directory is needed"), std::string::npos);
}

TEST_P(RootDirectoryTest, OpensNoSpecialFiles) {
  builder_.fifo("p").socket("s").directory("d");
  EXPECT_EQ(read("p"), "invalid-argument");
  EXPECT_EQ(read("s"), "invalid-argument");
  EXPECT_EQ(read("d"), "invalid-argument");
  EXPECT_EQ(kind("p"), "other");
  EXPECT_EQ(kind("s"), "other");
}

TEST_P(RootDirectoryTest, RemovesLinksAndFilesAndIsContentWithAbsence) {
  builder_.file("d/f").symlink("../outside/secret", "d/l").symlink("d", "to-d").directory("d/sub");
  EXPECT_TRUE(root().remove_file(relative("d/l")));
  EXPECT_TRUE(root().remove_file(relative("to-d/f")));
  EXPECT_TRUE(root().remove_file(relative("d/f")));
  EXPECT_TRUE(root().remove_file(relative("x/y/z")));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "outside/secret"));
  EXPECT_FALSE(std::filesystem::exists(builder_.root() + "/d/f"));
  EXPECT_FALSE(root().remove_file(relative("d/sub")));
}

TEST_P(RootDirectoryTest, ListsDirectories) {
  builder_.file("d/f").symlink("d", "l").symlink("../outside", "out");
  const auto entries = root().entries(relative("l"));
  ASSERT_TRUE(entries && *entries);
  ASSERT_EQ((*entries)->size(), 1U);
  EXPECT_EQ((*entries)->front().name, "f");
  EXPECT_FALSE(root().entries(relative("missing")).value());
  EXPECT_EQ(root().entries(relative("out")).error().code(), ErrorCode::kOutsideRoot);
  EXPECT_FALSE(root().entries(relative("d/f")));
}

TEST_P(RootDirectoryTest, WorksBeyondTheLengthOfAPath) {
  std::string deep;
  for (int i = 0; i < 30; ++i) deep += std::string(200, 'd') + "/";
  EXPECT_EQ(write(deep + "f", "deep"), "ok");
  EXPECT_EQ(read(deep + "f"), "deep");
  EXPECT_EQ(kind(deep + "g"), "nothing");
  EXPECT_EQ(write(std::string(255, 'n'), "long"), "ok");
  EXPECT_EQ(write(std::string(256, 'n') + "/x", "long"), "invalid-argument");
  EXPECT_EQ(kind(std::string(256, 'n')), "invalid-argument");
  // A path that is short enough itself, with a link in it that makes it too long.
  builder_.symlink(std::string(200, 'd') + "/" + std::string(200, 'd'), "short");
  EXPECT_EQ(read("short/" + deep.substr(std::size_t{2} * 201) + "f"), "deep");
}

TEST_P(RootDirectoryTest, WritesNamesThatAreNotUtf8) {
  EXPECT_EQ(write("d\xed\xb3\xbf/n\xed\xb2\x80", "x"), "ok");
  EXPECT_TRUE(std::filesystem::exists(builder_.root() + "/d\xff/n\x80"));
  EXPECT_EQ(write("\xed\xa0\x80", "x"), "invalid-argument");
}

TEST_P(RootDirectoryTest, NeedsOnlySearchPermissionOnTheWay) {
  builder_.file("closed/sub/f", "x").mode("closed", 0311);
  builder_.file("shut/f", "x").mode("shut", 0600);
  EXPECT_EQ(
      run_unprivileged(dir_.path(),
                       [&] { return read("closed/sub/f") + " " + write("closed/sub/g", "y") + " " + read("shut/f"); }),
      "x ok permission-denied");
}

TEST_P(RootDirectoryTest, CreatesItselfIfAsked) {
  EXPECT_EQ(RootDirectory::open(dir_ / "n/e/w", GetParam()).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(RootDirectory::open_or_create(dir_ / "n/e/w", GetParam()));
  EXPECT_TRUE(std::filesystem::is_directory(dir_ / "n/e/w"));
  EXPECT_TRUE(RootDirectory::open_or_create(dir_ / "n/e/w/", GetParam()));
  EXPECT_FALSE(RootDirectory::open_or_create(dir_ / "outside/secret/x", GetParam()));
  EXPECT_FALSE(RootDirectory::open(dir_ / "outside/secret", GetParam()));
}

TEST_P(RootDirectoryTest, FollowsAbsoluteLinksAlsoIfItWasOpenedThroughALink) {
  builder_.file("real/f", "inside").symlink(builder_.root() + "/real", "absolute");
  TreeBuilder(dir_.path()).symlink("root", "alias");
  const auto alias = RootDirectory::open(dir_ / "alias", GetParam());
  ASSERT_TRUE(alias);
  EXPECT_TRUE(alias->stat(relative("absolute/f")).value());
  EXPECT_EQ(alias->path(), dir_ / "alias");
}

TEST_P(RootDirectoryTest, StaysWithTheDirectoryItOpened) {
  const RootDirectory opened = root();
  std::filesystem::rename(builder_.root(), dir_ / "moved");
  std::filesystem::create_directory_symlink("outside", builder_.root());
  ASSERT_TRUE(opened.create_parents(relative("a/f")));
  auto file = opened.create_temporary(relative("a/f"));
  ASSERT_TRUE(file && file->publish(IfExists::kFail));
  EXPECT_TRUE(std::filesystem::exists(dir_ / "moved/a/f"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "outside/a"));
}

INSTANTIATE_TEST_SUITE_P(Both, RootDirectoryTest, testing::Values(PathResolution::kFastest, PathResolution::kWalk),
                         [](const auto& value) {
                           return value.param == PathResolution::kFastest ? std::string("Fastest")
                                                                          : std::string("Walk");
                         });

}  // namespace
}  // namespace attache
