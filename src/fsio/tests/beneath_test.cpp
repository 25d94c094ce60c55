#include "beneath.hpp"

#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>

#include "platform.hpp"
#include "stat_posix.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <random>

namespace attache {
namespace {

Beneath make(const std::string& path, const std::string& real_path, PathResolution resolution) {
  return Beneath(Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), real_path, resolution);
}

// An errno value, or the inode that was reached, negated.
long long outcome(const Beneath& beneath, const std::string& path) {
  const auto opened = beneath.open(path, platform::lookup_flags());
  if (!opened) return opened.error();
  FileStatus status;
  EXPECT_EQ(read_status(opened->get(), status), 0);
  return -static_cast<long long>(status.inode);
}

TEST(Beneath, AsksTheKernelWhereItCan) {
  const TemporaryDirectory dir;
  EXPECT_FALSE(make(dir.path(), dir.path(), PathResolution::kWalk).uses_kernel());
  const int descriptor = ::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto probe = platform::open_beneath(descriptor, ".", O_RDONLY | O_CLOEXEC);
  ::close(descriptor);
  if (!probe || *probe < 0) GTEST_SKIP() << "this kernel or sandbox has no openat2";
  ::close(*probe);
  EXPECT_TRUE(make(dir.path(), dir.path(), PathResolution::kFastest).uses_kernel());
}

TEST(Beneath, FollowsNoAbsoluteLinkWithoutKnowingItsRealPath) {
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f").symlink(dir / "f", "absolute");
  EXPECT_EQ(outcome(make(dir.path(), "", PathResolution::kFastest), "absolute"), EXDEV);
  EXPECT_LT(outcome(make(dir.path(), dir.path(), PathResolution::kFastest), "absolute"), 0);
}

TEST(Beneath, FollowsAbsoluteLinksBelowTheRootOfAll) {
  const auto beneath = make("/", "/", PathResolution::kWalk);
  const TemporaryDirectory dir;
  TreeBuilder(dir.path()).file("f").symlink(dir / "f", "absolute");
  EXPECT_LT(outcome(beneath, (dir / "absolute").substr(1)), 0);
}

// Random trees of links: the kernel and the walk must agree wherever the kernel alone has an opinion.
TEST(Beneath, TheWalkAgreesWithTheKernelOnRandomLinks) {
  std::mt19937 random(20240607);
  const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
  int reached = 0;
  int refused = 0;
  for (int tree = 0; tree < 40; ++tree) {
    const TemporaryDirectory dir;
    TreeBuilder builder(dir.path());
    builder.file("r/a/b/c/f").file("r/a/g").directory("r/d/e").file("outside/f");
    const char* places[] = {"r/", "r/a/", "r/a/b/", "r/d/", "r/d/e/"};
    const char* parts[] = {"a", "b", "c",  "d",  "e",  "f",  "g",  "..", "..",
                           ".", "",  "l0", "l1", "l2", "l3", "l4", "l5", "x"};
    for (int link = 0; link < 6; ++link) {
      std::string target = parts[pick(18)];
      for (int more = pick(4); more > 0; --more) target += std::string("/") + parts[pick(18)];
      if (target.empty()) target = ".";
      if (target.front() == '/') target = "." + target;  // absolute ones differ on purpose
      builder.symlink(target, places[pick(5)] + ("l" + std::to_string(link)));
    }
    const auto kernel = make(dir / "r", "", PathResolution::kFastest);
    const auto walk = make(dir / "r", "", PathResolution::kWalk);
    if (!kernel.uses_kernel()) GTEST_SKIP() << "this kernel or sandbox has no openat2";
    for (int query = 0; query < 200; ++query) {
      std::string path = parts[pick(7)];
      for (int more = pick(4); more > 0; --more) path += std::string("/") + parts[11 + pick(7)];
      if (pick(2) == 0) path = "l" + std::to_string(pick(6)) + "/" + path;
      const long long expected = outcome(kernel, path);
      EXPECT_EQ(outcome(walk, path), expected) << path;
      ++(expected < 0 ? reached : refused);
    }
  }
  EXPECT_GT(reached, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace attache
