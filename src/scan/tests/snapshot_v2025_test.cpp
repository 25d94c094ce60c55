#include <attache/base/text.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2025.hpp>
#include <attache/scan/snapshot.hpp>
#include <attache/scan/testing/describe.hpp>

#include "snapshot_impl.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <mutex>
#include <random>

namespace attache {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SnapshotV2025Test : public testing::Test {
 protected:
  RelativeTreeSnapshot snapshot(SnapshotOptions options = {}, FileHasher::Options hooks = {}) const {
    if (options.root.empty()) options.root = dir_.path();
    auto result = snapshot_tree_v2025(options, std::move(hooks), {});
    if (!result) {
      ADD_FAILURE() << result.error().to_string();
      return {};
    }
    // Whatever a scan makes can be written, and read.
    EXPECT_TRUE(decode_v2025(encode_v2025(result->manifest).value(), {.chunk_size = options.chunk_size}));
    return *std::move(result);
  }
  std::vector<std::string> lines(SnapshotOptions options = {}) const {
    return describe(snapshot(std::move(options)).manifest);
  }

  TemporaryDirectory dir_;
  TreeBuilder builder_{dir_.path()};
};

TEST_F(SnapshotV2025Test, HoldsDirectoriesHiddenFilesAndExecuteBits) {
  builder_.file(".hidden", "h").file("a", "12").directory("empty/in").file("run", "x").mode("run", 0754);
  builder_.file("d/group", "x").mode("d/group", 0610);
  const RelativeTreeSnapshot result = snapshot();
  EXPECT_THAT(describe(result.manifest),
              ElementsAre("d d", "d empty", "d empty/in", "f .hidden 1", "f a 2", "f d/group 1 x", "f run 1 x"));
  EXPECT_EQ(result.manifest.file(*result.manifest.find_file("a")).data.hash, xxh128("12"));
  EXPECT_THAT(result.omissions, IsEmpty());
  EXPECT_EQ(result.bytes_hashed, 5U);
}

TEST_F(SnapshotV2025Test, IsEmptyForAnEmptyTree) {
  EXPECT_THAT(lines(), IsEmpty());
  builder_.file("f").directory("d");
  EXPECT_THAT(lines({.include = {"*.none"}}), IsEmpty());
}

TEST_F(SnapshotV2025Test, ListsEmptyDirectoriesOnlyIfTheyAreWantedAndSelected) {
  builder_.file("d/f", "x").directory("d/empty").directory("other").file("x.tmp");
  EXPECT_THAT(lines({.empty_directories = false}), ElementsAre("d d", "f d/f 1", "f x.tmp 0"));
  EXPECT_THAT(lines({.include = {"d/**"}}), ElementsAre("d d", "d d/empty", "f d/f 1"));
  EXPECT_THAT(lines({.include = {"other"}}), ElementsAre("d other"));
  EXPECT_THAT(lines({.exclude = {"{other,*.tmp}"}}), ElementsAre("d d", "d d/empty", "f d/f 1"));
  EXPECT_THAT(lines({.exclude = {"d"}}), ElementsAre("d d", "d d/empty", "d other", "f d/f 1", "f x.tmp 0"))
      << "what is selected in it implies it";
}

TEST_F(SnapshotV2025Test, TreatsLinksAsEachPolicySays) {
  const TemporaryDirectory elsewhere;
  TreeBuilder(elsewhere.path()).file("f", "out").file("sub/g", "out").symlink("../f", "sub/up").symlink("g", "sub/in");
  builder_.file("d/f", "in").symlink("d/f", "in").symlink("d", "dir").symlink("missing", "dangling");
  builder_.symlink("../d/f", "d/up").symlink(elsewhere / "f", "out").symlink(elsewhere / "sub", "d/out-dir");
  builder_.symlink(dir_ / "d/f", "absolute");

  const auto collapsed = snapshot();
  EXPECT_THAT(describe(collapsed.manifest),
              ElementsAre("d d", "d d/out-dir", "l absolute -> d/f", "f d/f 2", "f d/out-dir/g 3",
                          "l d/out-dir/in -> d/out-dir/g", "f d/out-dir/up 3", "l d/up -> d/f", "l dangling -> missing",
                          "l dir -> d", "l in -> d/f", "f out 3"));
  EXPECT_THAT(collapsed.omissions, IsEmpty());

  const auto all = snapshot({.symlinks = SymlinkPolicy::kCollapseAll});
  EXPECT_THAT(describe(all.manifest),
              ElementsAre("d d", "d d/out-dir", "d dir", "d dir/out-dir", "f absolute 2", "f d/f 2", "f d/out-dir/g 3",
                          "f d/out-dir/in 3", "f d/out-dir/up 3", "f d/up 2", "f dir/f 2", "f dir/out-dir/g 3",
                          "f dir/out-dir/in 3", "f dir/out-dir/up 3", "f dir/up 2", "f in 2", "f out 3"));
  EXPECT_THAT(describe(all.omissions), ElementsAre("dangling-link dangling"));

  const std::vector<std::string> kept{
      "d d", "l absolute -> d/f", "f d/f 2", "l d/up -> d/f", "l dangling -> missing", "l dir -> d", "l in -> d/f"};
  const auto preserved = snapshot({.symlinks = SymlinkPolicy::kPreserve});
  EXPECT_EQ(describe(preserved.manifest), kept);
  EXPECT_THAT(describe(preserved.omissions), ElementsAre("escaping-link d/out-dir", "escaping-link out"));

  const auto inside = snapshot({.symlinks = SymlinkPolicy::kExcludeEscaping});
  EXPECT_EQ(describe(inside.manifest), kept);
  EXPECT_THAT(describe(inside.omissions), ElementsAre("excluded-link d/out-dir", "excluded-link out"));

  const auto none = snapshot({.symlinks = SymlinkPolicy::kExcludeAll});
  EXPECT_THAT(describe(none.manifest), ElementsAre("d d", "f d/f 2"));
  EXPECT_EQ(none.omissions.size(), 7U);
}

TEST_F(SnapshotV2025Test, IncludesWhatLinksLeadToWhateverThePatternsSay) {
  builder_.file("far/a", "a").file("far/b", "b").file("deep/x/y", "y").symlink("../deep", "far/to-deep");
  builder_.symlink("far", "l.link").symlink("far/a", "m.link").symlink("nowhere", "n.link").file("unasked");
  EXPECT_THAT(lines({.include = {"*.link"}, .symlinks = SymlinkPolicy::kTransitiveIncludeTargets}),
              ElementsAre("d deep", "d deep/x", "d far", "f deep/x/y 1", "f far/a 1", "f far/b 1",
                          "l far/to-deep -> deep", "l l.link -> far", "l m.link -> far/a", "l n.link -> nowhere"));
  EXPECT_THAT(lines({.include = {"*.link"}, .symlinks = SymlinkPolicy::kPreserve}),
              ElementsAre("l l.link -> far", "l m.link -> far/a", "l n.link -> nowhere"));
}

TEST_F(SnapshotV2025Test, EndsWhereLinksGoInCircles) {
  builder_.symlink("b", "a").symlink("a", "b").symlink(".", "self").symlink("..", "d/up").symlink("../d", "d/me");
  EXPECT_THAT(lines(), ElementsAre("d d", "l a -> b", "l b -> a", "l d/me -> d", "l d/up -> .", "l self -> ."));
  const auto followed = snapshot({.symlinks = SymlinkPolicy::kCollapseAll});
  EXPECT_THAT(describe(followed.manifest), ElementsAre("d d"));
  EXPECT_THAT(describe(followed.omissions),
              ElementsAre("dangling-link a", "dangling-link b", "link-loop d/me", "link-loop d/up", "link-loop self"));
  EXPECT_THAT(lines({.symlinks = SymlinkPolicy::kTransitiveIncludeTargets}),
              ElementsAre("d d", "l a -> b", "l b -> a", "l d/me -> d", "l d/up -> .", "l self -> ."));
}

TEST_F(SnapshotV2025Test, ReportsLinksThatAManifestCannotHold) {
  builder_.symlink("$9/z", "ambiguous").symlink("$dir/z", "fine").file("$dir/z", "x").symlink("C:/x", "drive");
  const auto result = snapshot();
  EXPECT_THAT(describe(result.manifest), ElementsAre("d $dir", "f $dir/z 1", "l fine -> $dir/z"));
  EXPECT_THAT(describe(result.omissions), ElementsAre("ambiguous-link ambiguous", "ambiguous-link drive"));
}

TEST_F(SnapshotV2025Test, ReportsSpecialFilesAndOpensNone) {
  builder_.fifo("pipe").socket("socket").file("f").symlink("pipe", "to-pipe");
  const auto result = snapshot({.symlinks = SymlinkPolicy::kCollapseAll});
  EXPECT_THAT(describe(result.manifest), ElementsAre("f f 0"));
  EXPECT_THAT(describe(result.omissions),
              ElementsAre("special-file pipe", "special-file socket", "special-file to-pipe"));
}

TEST_F(SnapshotV2025Test, KeepsNamesThatAreNotUtf8) {
  builder_.file("\xff/\x80").symlink("\xfe", "l").file("caf\xc3\xa9").file("cafe\xcc\x81").file("new\nline\x01");
  EXPECT_THAT(lines(), ElementsAre("d \xed\xb3\xbf", "f cafe\xcc\x81 0", "f caf\xc3\xa9 0", "l l -> \xed\xb3\xbe",
                                   "f new\nline\x01 0", "f \xed\xb3\xbf/\xed\xb2\x80 0"));
}

TEST_F(SnapshotV2025Test, HashesLargeFilesInChunks) {
  const std::string content = std::string(1000, 'a') + std::string(1000, 'b') + std::string(500, 'c');
  builder_.file("big", content).file("even", content.substr(0, 2000)).file("small", content.substr(0, 1000));
  for (const unsigned threads : {1U, 4U}) {
    const auto result = snapshot({.chunk_size = 1000, .threads = threads});
    EXPECT_THAT(describe(result.manifest), ElementsAre("f big 2500 *3", "f even 2000 *2", "f small 1000"));
    const auto chunks = result.manifest.file(0).data.chunks;
    EXPECT_THAT(
        std::vector<Digest>(chunks.begin(), chunks.end()),
        ElementsAre(xxh128(content.substr(0, 1000)), xxh128(content.substr(1000, 1000)), xxh128(content.substr(2000))));
    EXPECT_EQ(result.bytes_hashed, 5500U);
  }
  const auto whole = snapshot({.chunk_size = kWholeFile});
  EXPECT_EQ(whole.manifest.file(0).data.hash, xxh128(content));
}

TEST_F(SnapshotV2025Test, ReadsChunksAgainIfTheFileChangesMeanwhile) {
  builder_.file("big", std::string(5000, 'a'));
  int reads = 0;
  const std::string last(3000, 'b');
  const auto result = snapshot({.chunk_size = 1000, .threads = 1}, {.after_reading = [&] {
                                 if (++reads == 1) builder_.file("big", last);
                               }});
  EXPECT_THAT(describe(result.manifest), ElementsAre("f big 3000 *3"));
  EXPECT_EQ(result.manifest.file(0).data.chunks[2], xxh128(last.substr(2000)));

  // It shrinks to a size that has one hash, and the reverse.
  const std::string large(5000, 'c');
  const std::string small(10, 'd');
  for (const std::string* before : {&large, &small}) {
    const std::string& after = before == &large ? small : large;
    builder_.file("big", *before);
    reads = 0;
    const auto changed = snapshot({.chunk_size = 1000, .threads = 1}, {.after_reading = [&] {
                                    if (++reads == 1) builder_.file("big", after);
                                  }});
    EXPECT_EQ(changed.manifest.total_size(), after.size());
  }
}

TEST_F(SnapshotV2025Test, NamesAChunkedFileThatKeepsChanging) {
  builder_.file("d/big", std::string(5000, 'a'));
  std::size_t reads = 0;
  std::mutex writing;  // both threads read chunks of the file, and each calls this
  const auto result = snapshot_tree_v2025({.root = dir_.path(), .chunk_size = 1000, .threads = 2},
                                          {.after_reading =
                                               [&] {
                                                 const std::scoped_lock lock(writing);
                                                 builder_.file("d/big", std::string(5000 + ++reads, 'a'));
                                               }},
                                          {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::kSourceChanged);
  EXPECT_THAT(result.error().message(), testing::HasSubstr("'" + (dir_ / "d/big") + "' changes while it is read"));
}

TEST_F(SnapshotV2025Test, SkipsWhatCannotBeReadIfAsked) {
  builder_.file("good", "x").file("bad", "x").file("closed/f").file("shut/f", "x").symlink("closed/f", "link");
  builder_.mode("bad", 0).mode("closed", 0).mode("shut", 0444);
  const std::string report = run_unprivileged(dir_.path(), [&] {
    std::string text;
    const auto both = {snapshot_tree_v2025({.root = dir_.path(), .skip_unreadable = true}, {})};
    for (const auto& result : both) {
      if (!result) return result.error().to_string();
      for (const std::string& line : describe(result->manifest)) text += line + "; ";
      for (const std::string& line : describe(result->omissions)) text += line + "; ";
    }
    const auto v2023 = snapshot_tree({.root = dir_.path(), .skip_unreadable = true}, {});
    if (!v2023) return v2023.error().to_string();
    for (const std::string& line : describe(v2023->manifest)) text += line + "; ";
    for (const std::string& line : describe(v2023->omissions)) text += line + "; ";
    return text;
  });
  EXPECT_EQ(report,
            "d shut; f good 1; l link -> closed/f; unreadable bad; unreadable closed; unreadable shut/f; "
            "f good 1; unreadable bad; unreadable closed; unreadable link; unreadable shut/f; ");
}

TEST_F(SnapshotV2025Test, TakesAListOfFilesInsteadOfTheTree) {
  builder_.file("a/b/f", "1").file("a/g", "22").file("other").symlink("a/g", "l").symlink("a", "la").fifo("p");
  const auto result = snapshot(
      {.include = {"nothing"}, .files = {"a/b/f", dir_ / "a/g", "a/./g", "l", "gone", "la/b/f", "p", "gone/too"}});
  EXPECT_THAT(describe(result.manifest),
              ElementsAre("d a", "d a/b", "d la", "d la/b", "f a/b/f 1", "f a/g 2", "l l -> a/g", "f la/b/f 1"));
  EXPECT_THAT(describe(result.omissions), ElementsAre("missing gone", "missing gone/too", "special-file p"));

  const auto v2023 = snapshot_tree({.root = dir_.path(), .files = {"l", "a/g", "a/b/f"}}, {});
  ASSERT_TRUE(v2023);
  EXPECT_THAT(describe(v2023->manifest), ElementsAre("f a/b/f 1", "f a/g 2", "f l 2"));

  const auto outside = snapshot_tree_v2025({.root = dir_.path(), .files = {"../x"}}, {});
  EXPECT_EQ(outside.error().code(), ErrorCode::kOutsideRoot);
  const auto directory = snapshot_tree_v2025({.root = dir_.path(), .files = {"a/b"}}, {});
  EXPECT_EQ(directory.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(directory.error().message(), testing::HasSubstr("a/b' is a directory"));
}

TEST_F(SnapshotV2025Test, ReachesFilesBeyondTheLengthOfAPath) {
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += std::string(200, 'd') + "/";
  builder_.file(deep + std::string(255, 'n'), "deep").symlink("x", deep + "l");
  const auto result = snapshot();
  EXPECT_EQ(result.manifest.file_count(), 2U);
  EXPECT_TRUE(result.manifest.find_file(deep + std::string(255, 'n')));
}

TEST_F(SnapshotV2025Test, OrdersAnyTreeAsTheFormatDoes) {
  std::mt19937 random(11);
  const std::vector<std::string> parts{"a",    "a-", "a0", "\xee\x80\x80", "\xf0\x9f\x98\x80",
                                       "\xff", "b",  "A",  "\xc3\xa9",     "$"};
  for (int round = 0; round < 10; ++round) {
    const TemporaryDirectory dir;
    TreeBuilder builder(dir.path());
    std::vector<std::string> expected;
    for (int i = 0; i < 60; ++i) {
      std::string path;
      for (std::size_t depth = random() % 4; depth > 0; --depth) path += parts[random() % parts.size()] + "/";
      path += parts[random() % parts.size()] + "." + parts[random() % parts.size()];
      builder.file(path, "x");
      expected.push_back(from_posix_bytes(path));
    }
    std::sort(expected.begin(), expected.end(),
              [](const std::string& a, const std::string& b) { return compare_utf16(a, b) < 0; });
    expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
    const auto v2023 = snapshot_tree({.root = dir.path()}, {});
    ASSERT_TRUE(v2023);
    std::vector<std::string> got;
    for (const ManifestEntry entry : v2023->manifest) got.emplace_back(entry.path);
    EXPECT_EQ(got, expected);
    const auto v2025 = snapshot_tree_v2025({.root = dir.path()}, {});
    ASSERT_TRUE(v2025);
    std::vector<std::string> files;
    for (const std::string& line : describe(v2025->manifest)) {
      if (line.starts_with("f ")) files.push_back(line.substr(2, line.size() - 4));
    }
    EXPECT_EQ(files, expected);
  }
}

TEST_F(SnapshotV2025Test, RefusesPoliciesThatKeepLinksInTheOlderFormat) {
  builder_.file("f").symlink("f", "l");
  const auto excluded = snapshot_tree({.root = dir_.path(), .symlinks = SymlinkPolicy::kExcludeAll}, {});
  ASSERT_TRUE(excluded);
  EXPECT_THAT(describe(excluded->manifest), ElementsAre("f f 0"));
  EXPECT_THAT(describe(excluded->omissions), ElementsAre("excluded-link l"));
  const auto kept = snapshot_tree({.root = dir_.path(), .symlinks = SymlinkPolicy::kPreserve}, {});
  EXPECT_EQ(kept.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(SnapshotV2025Test, SharesAFlatDirectoryAmongWorkers) {
  for (int i = 0; i < 3000; ++i) builder_.file("f" + std::to_string(i), std::to_string(i));
  const auto result = snapshot({.threads = 4});
  ASSERT_EQ(result.manifest.file_count(), 3000U);
  for (std::size_t i = 0; i < 3000; ++i) {
    const FileEntry entry = result.manifest.file(i);
    EXPECT_EQ(entry.data.hash, xxh128(entry.name.substr(1)));
  }
}

}  // namespace
}  // namespace attache
