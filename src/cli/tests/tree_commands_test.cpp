#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/any_manifest.hpp>

#include "program_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kTime = 1'600'000'000'000'000'000;

/// `attache manifest snapshot` and `diff --root`, of the tree `in` of the test's directory; manifests go to `out`.
class TreeCommands : public ProgramTest {
 protected:
  TreeCommands() {
    tree_.directory("in").directory("out");
    variables["HOME"] = dir_.path();
  }

  Outcome attache(std::vector<std::string> args) { return run_program("manifest", std::move(args)); }

  Outcome snapshot(std::vector<std::string> args) {
    std::vector<std::string> all{"snapshot", "--root", dir_ / "in", "-d", dir_ / "out"};
    all.insert(all.end(), args.begin(), args.end());
    return attache(all);
  }

  /// Takes a snapshot and gives the manifest's path.
  std::string taken(std::vector<std::string> args = {}) {
    const std::vector<std::string> before = manifests();
    const Outcome outcome = snapshot(std::move(args));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const std::string& path : manifests()) {
      if (std::find(before.begin(), before.end(), path) == before.end()) return path;
    }
    ADD_FAILURE() << "no manifest was written: " << outcome.out;
    return {};
  }

  std::vector<std::string> manifests() {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "out")) paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  static AnyManifest manifest_at(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return decode_manifest(std::string(std::istreambuf_iterator<char>(stream), {})).value();
  }

  static std::vector<std::string> paths_in(const AnyManifest& manifest) {
    std::vector<std::string> paths;
    if (const auto* flat = std::get_if<Manifest>(&manifest)) {
      for (const ManifestEntry& entry : *flat) paths.emplace_back(entry.path);
    } else {
      const TreeManifest& tree = *tree_of(manifest);
      for (std::size_t i = 0; i < tree.file_count(); ++i) {
        const FileEntry file = tree.file(i);
        paths.push_back((file.data.content == FileContent::kDeleted ? "-" : "") + tree.path_of(file));
      }
    }
    return paths;
  }

  TreeBuilder tree_{dir_.path()};
};

TEST_F(TreeCommands, WriteASnapshotOfEitherFormat) {
  tree_.file("in/a", "1").file("in/d/b", "22").symlink("a", "in/l").directory("in/empty").mode("in/a", 0755);
  const AnyManifest flat = manifest_at(taken());
  ASSERT_TRUE(std::holds_alternative<Manifest>(flat));
  EXPECT_THAT(paths_in(flat), ElementsAre("a", "d/b", "l"));
  const AnyManifest tree = manifest_at(taken({"--format", "v2025-12", "--chunk-size", "none"}));
  ASSERT_TRUE(std::holds_alternative<Snapshot>(tree));
  EXPECT_THAT(paths_in(tree), ElementsAre("a", "l", "d/b"));  // by directory
  const auto& snapshot = std::get<Snapshot>(tree);
  EXPECT_TRUE(snapshot.file(0).data.runnable);
  EXPECT_EQ(snapshot.file(1).data.link_target, "a");
  EXPECT_TRUE(snapshot.find_directory("empty"));
  EXPECT_THAT(paths_in(manifest_at(taken({"--format", "v2025-12", "--symlinks", "exclude-all"}))),
              ElementsAre("a", "d/b"));
}

TEST_F(TreeCommands, WriteOnlyWhatHasChangedSinceAManifest) {
  tree_.file_at("in/a", "1", kTime).file_at("in/b", "2", kTime).file_at("in/c", "3", kTime);
  for (const char* format : {"v2023-03-03", "v2025-12"}) {
    tree_.file_at("in/a", "1", kTime).file_at("in/b", "2", kTime).file_at("in/c", "3", kTime);
    std::filesystem::remove(dir_ / "in/new");
    const std::string parent = taken({"--format", format});
    Outcome outcome = snapshot({"--diff", parent, "--json"});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, Not(HasSubstr("\"manifest\"")));
    EXPECT_THAT(outcome.out, HasSubstr("\"files\":0"));

    // Another content with the time and size of before shows only when everything is read again.
    tree_.file_at("in/a", "x", kTime).file_at("in/b", "2", kTime + 5000).file_at("in/new", "4", kTime);
    std::filesystem::remove(dir_ / "in/c");
    const bool deletions = std::string(format) == "v2025-12";
    const AnyManifest fast = manifest_at(taken({"--diff", parent}));
    EXPECT_EQ(deletions, std::holds_alternative<SnapshotDiff>(fast));
    const AnyManifest thorough = manifest_at(taken({"--diff", parent, "--force-rehash"}));
    if (deletions) {
      EXPECT_THAT(paths_in(fast), ElementsAre("b", "-c", "new"));
      EXPECT_THAT(paths_in(thorough), ElementsAre("a", "b", "-c", "new"));
    } else {
      EXPECT_THAT(paths_in(fast), ElementsAre("b", "new"));
      EXPECT_THAT(paths_in(thorough), ElementsAre("a", "new"));  // by hash alone, as the incumbent
    }
  }
}

TEST_F(TreeCommands, MakeADiffOfTheLaterFormatFromAManifestOfTheEarlier) {
  tree_.file_at("in/a", "1", kTime);
  const std::string parent = taken();
  tree_.file_at("in/b", "2", kTime);
  const AnyManifest diff = manifest_at(taken({"--diff", parent, "--format", "v2025-12"}));
  EXPECT_THAT(paths_in(diff), ElementsAre("b"));
  EXPECT_EQ(tree_of(diff)->parent_hash(), manifest_hash(manifest_at(parent)).value());
  const Outcome outcome = snapshot({"--diff", taken({"--format", "v2025-12"}), "--format", "v2023-03-03"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("manifest convert"));
}

TEST_F(TreeCommands, RememberHashesInTheCache) {
  tree_.file_at("in/a", "1", kTime).file_at("in/b", "22", kTime);
  // Changed just now, as far as anybody can know: nothing is remembered of that.
  EXPECT_THAT(snapshot({"--json"}).out, HasSubstr("\"bytesHashed\":3,\"filesFromCache\":0"));
  EXPECT_TRUE(std::filesystem::exists(dir_ / ".deadline/cache/hash_cache.db"));
  EXPECT_THAT(snapshot({"--json", "--no-cache", "--cache-dir", dir_ / "other"}).out, HasSubstr("\"bytesHashed\":3"));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "other"));
  snapshot({"--cache-dir", dir_ / "other"});
  EXPECT_TRUE(std::filesystem::exists(dir_ / "other/hash_cache.db"));
}

TEST_F(TreeCommands, TakePatternsFromAConfiguration) {
  tree_.file("in/a", "1").file("in/b", "2").file("in/c.tmp", "3");
  const std::string config = R"({"include":["a","c*"],"exclude":["*.tmp"]})";
  EXPECT_THAT(paths_in(manifest_at(taken({"--include-exclude-config", config}))), ElementsAre("a"));
  std::ofstream(dir_ / "config.json") << config;
  EXPECT_THAT(paths_in(manifest_at(taken({"--include-exclude-config", dir_ / "config.json"}))), ElementsAre("a"));
  EXPECT_THAT(paths_in(manifest_at(taken({"--include-exclude-config", config, "-e", "a"}))), ElementsAre("b", "c.tmp"));
  EXPECT_EQ(snapshot({"--include-exclude-config", "[1]"}).status, 2);
}

TEST_F(TreeCommands, RefuseAPolicyThatIsNone) {
  const Outcome outcome = snapshot({"--symlinks", "some"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'some' is no policy for links"));
  EXPECT_THAT(outcome.err, HasSubstr("collapse-escaping"));
}

TEST_F(TreeCommands, SayWhatHasChangedInATree) {
  tree_.file_at("in/a", "1", kTime).file_at("in/b", "2", kTime).file_at("in/c", "3", kTime);
  const std::string flat = taken();
  const std::string tree = taken({"--format", "v2025-12"});
  tree_.file_at("in/a", "x", kTime).file_at("in/b", "2", kTime + 5000).file_at("in/d/new", "4", kTime);
  std::filesystem::remove(dir_ / "in/c");
  Outcome outcome = attache({"diff", "--root", dir_ / "in", "--manifest", flat, "--json"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "{\"new\":[\"d/new\"],\"modified\":[\"b\"],\"deleted\":[\"c\"]}\n");
  outcome = attache({"diff", "--root", dir_ / "in", "--manifest", flat, "--force-rehash", "--json"});
  EXPECT_EQ(outcome.out, "{\"new\":[\"d/new\"],\"modified\":[\"a\"],\"deleted\":[\"c\"]}\n");
  outcome = attache({"diff", "--root", dir_ / "in", "--manifest", tree, "--json"});
  EXPECT_EQ(outcome.out,
            "{\"new\":[\"d/new\"],\"modified\":[\"b\"],\"deleted\":[\"c\"],\"newDirectories\":[\"d\"],"
            "\"deletedDirectories\":[]}\n");
  outcome = attache({"diff", "--root", dir_ / "in", "--manifest", flat, "-e", "d/**"});
  EXPECT_EQ(outcome.out, "M  b\nD  c\nDifference: 0 files added, 1 modified, 1 deleted, 1 unchanged\n");
  outcome = attache({"diff", "--root", dir_ / "in", "--manifest", taken()});
  EXPECT_EQ(outcome.out, "Difference: none; 3 files unchanged\n");
}

TEST_F(TreeCommands, TakeOneFormOfDiffAtATime) {
  tree_.file("in/a", "1");
  const std::string manifest = taken();
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"diff", manifest, manifest, "--root", dir_ / "in", "--manifest", manifest},
           {"diff", manifest, manifest, "--root", dir_ / "in"},
           {"diff", manifest},
           {"diff"},
           {"diff", "--root", dir_ / "in"},
           {"diff", "--manifest", manifest}}) {
    const Outcome outcome = attache(args);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("diff PARENT CURRENT"));
    EXPECT_THAT(outcome.err, HasSubstr("--root DIRECTORY --manifest FILE"));
  }
  EXPECT_EQ(attache({"diff", "--root", dir_ / "in", "--manifest", manifest, "--list"}).status, 2);
}

TEST_F(TreeCommands, EndWithAStatusOfTheirOwnIfSomethingUnreadableWasSkipped) {
  tree_.file("in/a", "1").file("in/b", "2").mode("in/b", 0).file("in/d/c", "3").mode("in/d", 0);
  const std::string seen = run_unprivileged(dir_.path(), [&] {
    const Outcome refused = snapshot({"--no-cache"});
    const Outcome skipped = snapshot({"--no-cache", "--skip-unreadable", "--json"});
    return std::to_string(refused.status) + refused.err + "\n" + std::to_string(skipped.status) + skipped.out;
  });
  std::filesystem::permissions(dir_ / "in/d", std::filesystem::perms::owner_all);
  EXPECT_THAT(seen, testing::StartsWith("5"));
  EXPECT_THAT(seen, HasSubstr("'b' (Permission denied)"));
  EXPECT_THAT(seen, HasSubstr("'d' (Permission denied)"));
  EXPECT_THAT(seen, HasSubstr("\n11{"));
  EXPECT_THAT(seen, HasSubstr("{\"reason\":\"unreadable\",\"path\":\"b\"}"));
  EXPECT_THAT(seen, HasSubstr("{\"reason\":\"unreadable\",\"path\":\"d\"}"));
  EXPECT_THAT(seen, HasSubstr("\"files\":1"));
}

}  // namespace
}  // namespace attache
