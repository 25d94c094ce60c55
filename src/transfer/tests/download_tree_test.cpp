#include <attache/fsio/testing/small_disk.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/manifest/tree_builder.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/download.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DownloadTree : public testing::Test {
 protected:
  DownloadOptions options(ConflictResolution conflict = ConflictResolution::kSkip) const {
    DownloadOptions options;
    options.destination = destination();
    options.conflict = conflict;
    options.chunk_size = 1000;
    return options;
  }
  std::string destination() const { return directory_ / "restored"; }
  fs::path at(const std::string& path) const { return fs::path(destination()) / path; }
  static FileData content(const std::string& text, bool runnable = false) {
    return FileData::hashed(xxh128(text), text.size(), 1'700'000'000'000'001, runnable);
  }
  void store(const std::string& text) { put_text(*store_, data_key(xxh128(text)), text); }
  static unsigned mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ObjectStore> store_ = make_memory_store();
};

TEST_F(DownloadTree, RestoresDirectoriesFilesLinksAndWhatIsRunnable) {
  TreeBuilder<Snapshot> builder;
  must(builder.add_directory("empty/inner"));
  must(builder.add_file("bin/tool", content("run me", true)));
  must(builder.add_file("bin/note", content("read me")));
  must(builder.add_file("links/up", FileData::link("bin/tool")));
  must(builder.add_file("links/dangling", FileData::link("links/nowhere")));
  must(builder.add_file("to_directory", FileData::link("bin")));
  store("run me");
  store("read me");
  const auto report = download_manifest(std::move(builder).build().value(), *store_, options(), {}).value();
  EXPECT_TRUE(fs::is_directory(at("empty/inner")));
  EXPECT_EQ(read_text(at("bin/tool")), "run me");
  EXPECT_EQ(mtime_us_of(at("bin/tool")), 1'700'000'000'000'001);
  const unsigned plain = mode_of(at("bin/note"));
  EXPECT_EQ(mode_of(at("bin/tool")), plain | ((plain & 0444U) >> 2U));
  EXPECT_EQ(fs::read_symlink(at("links/up")), "../bin/tool");
  EXPECT_EQ(fs::read_symlink(at("links/dangling")), "nowhere");
  EXPECT_EQ(fs::read_symlink(at("to_directory")), "bin");
  EXPECT_EQ(report.files.size(), 5U);
  EXPECT_EQ(report.directories_created, 4U);
  EXPECT_THAT(names_below(destination()), ElementsAre("bin", "bin/note", "bin/tool", "empty", "empty/inner", "links",
                                                      "links/dangling", "links/up", "to_directory"));
}

TEST_F(DownloadTree, PutsChunksTogetherInOneFile) {
  std::string text;
  for (int i = 0; i < 2500; ++i) text += static_cast<char>('a' + i % 26);
  const std::vector<Digest> chunks{xxh128(text.substr(0, 1000)), xxh128(text.substr(1000, 1000)),
                                   xxh128(text.substr(2000))};
  for (std::size_t i = 0; i < 3; ++i) store(text.substr(i * 1000, 1000));
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("big", FileData::chunked(chunks, text.size(), 5)));
  must(builder.add_file("same", FileData::chunked(chunks, text.size(), 6, true)));
  const Snapshot snapshot = std::move(builder).build().value();
  const auto report = download_manifest(snapshot, *store_, options(), {}).value();
  EXPECT_EQ(read_text(at("big")), text);
  EXPECT_EQ(read_text(at("same")), text);
  EXPECT_EQ(report.objects_fetched, 3U);
  EXPECT_EQ(mtime_us_of(at("same")), 6);
  EXPECT_EQ(download_manifest(snapshot, *store_, options(), {}).value().files[0].outcome, DownloadOutcome::kPresent);

  put_text(*store_, data_key(chunks[1]), std::string(1000, 'x'));
  DownloadOptions elsewhere = options();
  elsewhere.destination = directory_ / "elsewhere";
  const auto damaged = download_manifest(snapshot, *store_, elsewhere, {});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kIntegrity);
  EXPECT_THAT(damaged.error().message(), HasSubstr(chunks[1].to_hex()));
  EXPECT_THAT(names_below(elsewhere.destination), IsEmpty());
}

TEST_F(DownloadTree, MakesNoLinkWhereALinkLeadsElsewhere) {
  fs::create_directories(at("a/b"));
  fs::create_directory_symlink("a/b", at("d"));
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("d/link", FileData::link("x")));
  const auto refused = download_manifest(std::move(builder).build().value(), *store_, options(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutsideRoot);
  EXPECT_THAT(names_below(at("a")), ElementsAre("b"));
}

TEST_F(DownloadTree, TreatsLinksThatAreThereAsFiles) {
  fs::create_directories(destination());
  fs::create_symlink("x", at("same"));
  fs::create_symlink("old", at("other"));
  std::ofstream(at("file")) << "mine";
  TreeBuilder<Snapshot> builder;
  for (const char* name : {"same", "other", "file"}) must(builder.add_file(name, FileData::link("x")));
  const Snapshot snapshot = std::move(builder).build().value();

  auto report = download_manifest(snapshot, *store_, options(ConflictResolution::kSkip), {}).value();
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kDiffers);  // file
  EXPECT_EQ(report.files[1].outcome, DownloadOutcome::kDiffers);  // other
  EXPECT_EQ(report.files[2].outcome, DownloadOutcome::kPresent);  // same
  EXPECT_TRUE(report.files[2].is_link);
  EXPECT_EQ(fs::read_symlink(at("other")), "old");

  report = download_manifest(snapshot, *store_, options(ConflictResolution::kCreateCopy), {}).value();
  EXPECT_EQ(report.files[0].path, "file (1)");
  EXPECT_EQ(fs::read_symlink(at("other (1)")), "x");
  EXPECT_FALSE(fs::exists(fs::symlink_status(at("same (1)"))));

  download_manifest(snapshot, *store_, options(ConflictResolution::kOverwrite), {}).value();
  EXPECT_EQ(fs::read_symlink(at("file")), "x");
  EXPECT_EQ(fs::read_symlink(at("other")), "x");
}

TEST_F(DownloadTree, CallsNothingPresentThatItHasJustDeletedBehindALink) {
  write_tree(destination(), {{"v1", "same", 1'700'000'000'000'001}});
  fs::create_symlink("v1", at("latest"));
  TreeBuilder<SnapshotDiff> builder;
  must(builder.add_file("latest", content("same")));
  must(builder.add_file("v1", FileData::deleted()));
  store("same");
  DownloadOptions deleting = options();
  deleting.apply_deletions = true;
  const SnapshotDiff diff = std::move(builder).build(xxh128("parent")).value();
  const auto report = download_manifest(diff, *store_, deleting, {}).value();
  EXPECT_THAT(report.deleted, ElementsAre("v1"));
  ASSERT_EQ(report.files.size(), 1U);
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kDiffers);
}

TEST_F(DownloadTree, CopiesNoneOfItsOwnLinksWhenItGoesOn) {
  // The second one fails: there is no room in its name for that of a copy.
  const std::string full(255, 'z');
  write_tree(destination(), {{"a", "mine"}, {full, "mine"}});
  TreeBuilder<Snapshot> builder;
  for (const std::string& name : {std::string("a"), full}) must(builder.add_file(name, FileData::link("x")));
  const Snapshot snapshot = std::move(builder).build().value();
  ASSERT_FALSE(download_manifest(snapshot, *store_, options(ConflictResolution::kCreateCopy), {}));
  EXPECT_EQ(fs::read_symlink(at("a (1)")), "x");
  fs::remove(at(full));
  const auto report = download_manifest(snapshot, *store_, options(ConflictResolution::kCreateCopy), {}).value();
  EXPECT_THAT(names_below(destination()), ElementsAre("a", "a (1)", full));
  EXPECT_EQ(report.files[0].path, "a (1)");
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kPresent);
}

TEST_F(DownloadTree, AppliesDeletionsOfADiffOnlyWhenItIsAsked) {
  write_tree(destination(), {{"a/gone", "1"}, {"a/kept", "2"}, {"d/e/f", "3"}, {"mine/x", "4"}, {"kind", "a file"}});
  fs::create_symlink("a/kept", at("link"));
  TreeBuilder<SnapshotDiff> builder;
  must(builder.add_file("a/gone", FileData::deleted()));
  must(builder.add_file("absent", FileData::deleted()));
  must(builder.add_file("link", FileData::deleted()));
  must(builder.add_file("d/e/f", FileData::deleted()));
  must(builder.add_deleted_directory("d/e"));
  must(builder.add_deleted_directory("d"));
  must(builder.add_deleted_directory("mine"));
  must(builder.add_file("kind", FileData::deleted()));
  must(builder.add_file("kind/now", content("a directory")));
  store("a directory");
  const SnapshotDiff diff = std::move(builder).build(xxh128("parent")).value();

  EXPECT_EQ(download_manifest(diff, *store_, options(), {}).error().code(), ErrorCode::kAlreadyExists);  // kind
  EXPECT_TRUE(fs::exists(at("a/gone")));

  DownloadOptions applying = options();
  applying.apply_deletions = true;
  const auto preview = preview_download(diff, applying, {}).value();
  EXPECT_EQ(std::count_if(preview.files.begin(), preview.files.end(),
                          [](const PlannedDownload& file) { return file.action == DownloadAction::kDelete; }),
            4);
  EXPECT_TRUE(fs::exists(at("a/gone")));
  const auto report = download_manifest(diff, *store_, applying, {}).value();
  EXPECT_THAT(names_below(destination()), ElementsAre("a", "a/kept", "kind", "kind/now", "mine", "mine/x"));
  EXPECT_THAT(report.kept_directories, ElementsAre("mine"));
  EXPECT_EQ(report.deleted.size(), 6U);
}

TEST_F(DownloadTree, AppliesADiffThatPutsALinkOrAFileInThePlaceOfADirectoryAgain) {
  write_tree(destination(),
             {{"d/e/x", "1"}, {"d/x", "1"}, {"kept/e/x", "precious"}, {"kept/x", "precious"}, {"f/x", "2"}});
  TreeBuilder<SnapshotDiff> builder;
  for (const char* path : {"d/e/x", "d/x", "f/x"}) must(builder.add_file(path, FileData::deleted()));
  for (const char* path : {"d/e", "d", "f"}) must(builder.add_deleted_directory(path));
  must(builder.add_file("d", FileData::link("kept")));
  must(builder.add_file("f", content("a file")));
  store("a file");
  const SnapshotDiff diff = std::move(builder).build(xxh128("parent")).value();
  DownloadOptions applying = options(ConflictResolution::kOverwrite);
  applying.apply_deletions = true;
  const auto names = ElementsAre("d", "f", "kept", "kept/e", "kept/e/x", "kept/x");
  for (const std::size_t deleted : {6U, 0U}) {
    const auto report = download_manifest(diff, *store_, applying, {});
    ASSERT_TRUE(report) << report.error().to_string();
    EXPECT_EQ(report->deleted.size(), deleted);
    EXPECT_THAT(names_below(destination()), names);
    EXPECT_EQ(preview_download(diff, applying, {}).value().files.size(), 2U) << "nothing is left to be deleted";
  }
}

TEST_F(DownloadTree, RemovesNothingOutside) {
  write_tree(directory_ / "outside", {{"f", "precious"}});
  fs::create_directories(destination());
  fs::create_directory_symlink("../outside", at("d"));
  TreeBuilder<SnapshotDiff> builder;
  must(builder.add_file("d/f", FileData::deleted()));
  DownloadOptions applying = options();
  applying.apply_deletions = true;
  const auto refused = download_manifest(std::move(builder).build(xxh128("parent")).value(), *store_, applying, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kOutsideRoot);
  EXPECT_EQ(read_text(directory_ / "outside/f"), "precious");
}

TEST_F(DownloadTree, SetsGroupAndModesOfWhatItMadeAndOfTheWayToIt) {
  fs::create_directories(at("untouched"));
  fs::permissions(at("untouched"), fs::perms{0700});
  fs::permissions(destination(), fs::perms{0700});
  write_tree(destination(), {{"old/kept", "mine"}});
  fs::permissions(at("old"), fs::perms{0700});
  fs::permissions(at("old/kept"), fs::perms{0600});
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("a/b/c", content("x")));
  must(builder.add_file("old/kept", content("y")));
  store("x");
  store("y");
  DownloadOptions with_modes = options();
  with_modes.permissions.group = ::getegid();
  with_modes.permissions.file_mode = 0060;
  with_modes.permissions.directory_mode = 02070;
  download_manifest(std::move(builder).build().value(), *store_, with_modes, {}).value();
  EXPECT_EQ(mode_of(at("a/b/c")) & 0060U, 0060U);
  EXPECT_EQ(mode_of(at("a/b")) & 02070U, 02070U);
  EXPECT_EQ(mode_of(at("a")) & 02070U, 02070U);
  EXPECT_EQ(mode_of(destination()), 02770U);
  EXPECT_EQ(mode_of(at("untouched")), 0700U);
  EXPECT_EQ(mode_of(at("old")), 0700U);
  EXPECT_EQ(mode_of(at("old/kept")), 0600U);
}

TEST_F(DownloadTree, LeavesTheGroupOfADirectoryThatHasIt) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs a directory of somebody else";
  // Another user may write there, but not even set the group that it has.
  fs::create_directories(at("shared"));
  fs::permissions(directory_.path(), fs::perms{0755});
  for (const fs::path& path : {fs::path(destination()), at("shared")}) {
    ASSERT_EQ(::chown(path.c_str(), 0, 4242), 0);
    fs::permissions(path, fs::perms{02777});
  }
  TreeBuilder<Snapshot> builder;
  must(builder.add_file("shared/made/file", content("x")));
  store("x");
  DownloadOptions with_group = options();
  with_group.permissions.group = 4242;
  with_group.permissions.directory_mode = 0070;
  const std::vector<gid_t> groups{4242};
  ASSERT_EQ(::setgroups(groups.size(), groups.data()), 0);
  ASSERT_EQ(::seteuid(4243), 0);
  const auto report = download_manifest(std::move(builder).build().value(), *store_, with_group, {});
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::setgroups(0, nullptr), 0);
  ASSERT_TRUE(report) << report.error().to_string();
  EXPECT_EQ(mode_of(at("shared")), 02777U);
}

TEST_F(DownloadTree, CountsTheSpaceOfWhatItDeletesFirst) {
  const std::string text(1'200'000, 'n');
  TreeBuilder<SnapshotDiff> builder;
  must(builder.add_file("old", FileData::deleted()));
  must(builder.add_file("new", content(text)));
  store(text);
  const SnapshotDiff diff = std::move(builder).build(xxh128("parent")).value();
  fs::create_directories(destination());
  const auto found = on_a_small_disk(destination(), 2 << 20, [&]() -> std::string {
    std::ofstream(at("old")) << std::string(1'200'000, 'o');
    if (download_manifest(diff, *store_, options(), {})) return "there was room without a deletion";
    DownloadOptions applying = options();
    applying.apply_deletions = true;
    // What another name holds takes its space on.
    fs::create_hard_link(at("old"), at("mine"));
    if (download_manifest(diff, *store_, applying, {})) return "there was room while the old bytes had a name";
    if (!fs::exists(at("old"))) return "something was deleted before it was refused";
    fs::remove(at("mine"));
    const auto report = download_manifest(diff, *store_, applying, {});
    if (!report) return report.error().to_string();
    return read_text(at("new")) == text ? "restored" : "the wrong bytes";
  });
  if (!found) GTEST_SKIP() << "no tmpfs can be mounted here";
  EXPECT_EQ(*found, "restored");
}

}  // namespace
}  // namespace attache
