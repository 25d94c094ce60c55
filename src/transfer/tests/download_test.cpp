#include <attache/fsio/output_file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/download.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <stop_token>
#include <thread>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Download : public testing::Test {
 protected:
  DownloadOptions options(ConflictResolution conflict = ConflictResolution::kCreateCopy) const {
    DownloadOptions options;
    options.destination = destination();
    options.conflict = conflict;
    return options;
  }
  std::string destination() const { return directory_.path() + std::string("/restored"); }
  fs::path at(const std::string& path) const { return fs::path(destination()) / path; }

  void expect_refused(const Manifest& manifest, ErrorCode code, const std::string& text,
                      ConflictResolution conflict = ConflictResolution::kCreateCopy) {
    const auto before = names_below(directory_.path());
    WatchedStore watched(*store_, {});
    const auto report = download_manifest(manifest, watched, options(conflict), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), code) << report.error().message();
    EXPECT_THAT(report.error().message(), HasSubstr(text));
    EXPECT_NE(report.error().remedy(), "");
    EXPECT_THAT(watched.calls(), IsEmpty());
    fs::create_directory(destination());
    auto after = names_below(directory_.path());
    std::erase(after, "restored");
    auto expected = before;
    std::erase(expected, "restored");
    EXPECT_EQ(after, expected);
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ObjectStore> store_ = make_memory_store();
};

const std::vector<TestFile>& some_files() {
  static const std::vector<TestFile> files{{"a/b.txt", "hello", 1'700'000'000'123'457},
                                           {"a/c/big", std::string(300'000, 'x'), -1'000'001},
                                           {"copy", "hello", 1},
                                           {"empty", "", 4'102'444'800'000'001}};
  return files;
}

TEST_F(Download, RestoresBytesAndTimesToTheMicrosecond) {
  store_contents(*store_, some_files());
  const DownloadReport report = download_manifest(manifest_of(some_files()), *store_, options(), {}).value();
  for (const TestFile& file : some_files()) {
    EXPECT_EQ(read_text(at(file.path)), file.content) << file.path;
    EXPECT_EQ(mtime_us_of(at(file.path)), file.mtime_us) << file.path;
  }
  EXPECT_EQ(report.objects_fetched, 3U);
  EXPECT_EQ(report.bytes_fetched, 300'005U);
  ASSERT_EQ(report.files.size(), 4U);
  for (const DownloadedFile& file : report.files) EXPECT_EQ(file.outcome, DownloadOutcome::kDownloaded);
  EXPECT_THAT(names_below(destination()), ElementsAre("a", "a/b.txt", "a/c", "a/c/big", "copy", "empty"));
}

TEST_F(Download, CopiesWhatItHasFetchedOnce) {
  const std::vector<TestFile> files{{"1", "same", 1}, {"2", "same", 2}, {"d/3", "same", 3}};
  store_contents(*store_, files);
  WatchedStore watched(*store_, {});
  download_manifest(manifest_of(files), watched, options(), {}).value();
  EXPECT_EQ(watched.calls().size(), 1U);
  EXPECT_EQ(read_text(at("d/3")), "same");
  EXPECT_EQ(mtime_us_of(at("2")), 2);
}

TEST_F(Download, TakesContentThatWasStoredWithoutASuffix) {
  put_text(*store_, legacy_data_key(xxh128("old")), "old");
  download_manifest(manifest_of({{"f", "old"}}), *store_, options(), {}).value();
  EXPECT_EQ(read_text(at("f")), "old");
}

// Incumbent defect 16: there the first status is shown for both.
TEST_F(Download, SaysWhyTheObjectWithoutASuffixDidNotComeEither) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{20'000'000}}) {
    const std::string content(size, 'x');
    WatchedStore refusing(*store_, [&](const std::string&, const std::string& key) -> Status {
      if (key != legacy_data_key(xxh128(content))) return {};
      return fail(ErrorCode::kPermissionDenied, "this object may not be read", "ask for the permission");
    });
    const auto report = download_manifest(manifest_of({{"f", content}}), refusing, options(), {});
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code(), ErrorCode::kPermissionDenied);
    EXPECT_THAT(refusing.calls(), SizeIs(2));
  }
}

TEST_F(Download, NamesTheMissingObjectAndLeavesNoFile) {
  const auto report = download_manifest(manifest_of({{"d/f", "gone"}}), *store_, options(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(report.error().message(), HasSubstr(data_key(xxh128("gone"))));
  EXPECT_THAT(report.error().message(), HasSubstr("'d/f'"));
  EXPECT_FALSE(fs::exists(at("d/f")));
  EXPECT_THAT(names_below(at("d")), IsEmpty());
}

TEST_F(Download, MakesNoFileOfWrongBytes) {
  for (const std::string& stored : {std::string("hellO"), std::string("hell"), std::string("hello!"), std::string()}) {
    put_text(*store_, data_key(xxh128("hello")), stored);
    const auto report = download_manifest(manifest_of({{"d/f", "hello"}}), *store_, options(), {});
    ASSERT_FALSE(report) << stored;
    EXPECT_EQ(report.error().code(), ErrorCode::kIntegrity) << stored;
    EXPECT_THAT(report.error().message(), HasSubstr(data_key(xxh128("hello"))));
    EXPECT_THAT(names_below(at("d")), IsEmpty()) << stored;
  }
}

TEST_F(Download, RefusesPathsThatLeaveTheRoot) {
  expect_refused(manifest_of({{"ok", "x"}, {"../evil", "x"}}), ErrorCode::kOutsideRoot, "../evil");
  expect_refused(manifest_of({{"a/../../evil", "x"}}), ErrorCode::kOutsideRoot, "a/../../evil");
  expect_refused(manifest_of({{"/etc/evil", "x"}}), ErrorCode::kOutsideRoot, "/etc/evil");
}

TEST_F(Download, RefusesALinkThatLeadsOut) {
  store_contents(*store_, {{"f", "x"}});
  fs::create_directories(directory_.path() + std::string("/outside"));
  fs::create_directories(destination());
  fs::create_directory_symlink("../outside", at("out"));
  for (const auto conflict :
       {ConflictResolution::kSkip, ConflictResolution::kOverwrite, ConflictResolution::kCreateCopy}) {
    expect_refused(manifest_of({{"f", "x"}, {"out/f", "x"}}), ErrorCode::kOutsideRoot, "out/f", conflict);
  }
}

TEST_F(Download, FollowsALinkThatStaysInside) {
  store_contents(*store_, {{"f", "x"}});
  fs::create_directories(at("real"));
  fs::create_directory_symlink("real", at("link"));
  download_manifest(manifest_of({{"link/f", "x"}}), *store_, options(), {}).value();
  EXPECT_EQ(read_text(at("real/f")), "x");
  EXPECT_TRUE(fs::is_symlink(at("link")));
}

TEST_F(Download, RefusesADirectoryInTheWayOfAFile) {
  store_contents(*store_, {{"f", "x"}});
  fs::create_directories(at("f"));
  expect_refused(manifest_of({{"f", "x"}}), ErrorCode::kAlreadyExists, "/f'", ConflictResolution::kOverwrite);
}

TEST_F(Download, RefusesMoreThanTheDiskHolds) {
  ManifestBuilder builder;
  must(builder.add("huge", xxh128("huge"), std::uint64_t{1} << 60U, 0));
  expect_refused(std::move(builder).build().value(), ErrorCode::kNoSpace, "are free");
}

TEST_F(Download, HoldsTheSpaceOfALargeFileBeforeAByteComes) {
  constexpr std::uint64_t kBytes = 20'000'000;
  const auto reserved_bytes = [](const fs::path& path) -> std::uint64_t {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
  };
  const TemporaryDirectory disk(TemporaryDirectory::Where::kDisk);
  {
    OutputFile probe(::open((disk / "probe").c_str(), O_RDWR | O_CREAT, 0600));
    ASSERT_EQ(probe.reserve(kBytes), 0);
    if (reserved_bytes(disk / "probe") < kBytes) {
      GTEST_SKIP() << "the file system of the temporary directory reserves nothing";
    }
  }
  const std::vector<TestFile> files{{"large", std::string(kBytes, 'x')}};
  store_contents(*store_, files);
  std::uint64_t reserved = 0;
  WatchedStore watched(*store_, [&](const std::string& call, const std::string&) -> Status {
    if (call != "get") return {};
    for (const std::string& name : names_below(disk / "to")) {
      reserved = std::max(reserved, reserved_bytes(disk / ("to/" + name)));
    }
    return {};
  });
  DownloadOptions onto_disk = options();
  onto_disk.destination = disk / "to";
  download_manifest(manifest_of(files), watched, onto_disk, {}).value();
  EXPECT_GE(reserved, kBytes);
  EXPECT_EQ(read_text(disk / "to/large"), files[0].content);
}

TEST_F(Download, SkipKeepsWhatIsThereAndSaysWhetherItDiffers) {
  const std::vector<TestFile> files{
      {"same", "hello", 5'000'000}, {"size", "hello"}, {"time", "hello", 7'000'000}, {"new", "n"}};
  store_contents(*store_, files);
  write_tree(destination(), {{"same", "hello", 5'000'001}, {"size", "hi"}, {"time", "hello", 7'000'002}});
  const DownloadReport report =
      download_manifest(manifest_of(files), *store_, options(ConflictResolution::kSkip), {}).value();
  ASSERT_EQ(report.files.size(), 4U);
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kPresent);
  EXPECT_EQ(report.files[1].outcome, DownloadOutcome::kDiffers);
  EXPECT_EQ(report.files[2].outcome, DownloadOutcome::kDiffers);
  EXPECT_EQ(report.files[3].outcome, DownloadOutcome::kDownloaded);
  EXPECT_EQ(read_text(at("size")), "hi");
  EXPECT_EQ(mtime_us_of(at("same")), 5'000'001);
}

TEST_F(Download, OverwriteReplacesFilesAndLinksButNotWhatALinkLeadsTo) {
  store_contents(*store_, {{"f", "new"}});
  write_tree(destination(), {{"f", "old"}, {"target", "keep"}});
  fs::create_symlink("target", at("link"));
  download_manifest(manifest_of({{"f", "new"}, {"link", "new"}}), *store_, options(ConflictResolution::kOverwrite), {})
      .value();
  EXPECT_EQ(read_text(at("f")), "new");
  EXPECT_EQ(read_text(at("link")), "new");
  EXPECT_FALSE(fs::is_symlink(at("link")));
  EXPECT_EQ(read_text(at("target")), "keep");
}

TEST_F(Download, CreateCopyTakesTheFirstFreeName) {
  store_contents(*store_, {{"f", "new"}});
  write_tree(destination(), {{"d/f.tar.gz", "old"}, {"d/f.tar (1).gz", "older"}});
  const DownloadReport report = download_manifest(manifest_of({{"d/f.tar.gz", "new"}}), *store_, options(), {}).value();
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kCopied);
  EXPECT_EQ(report.files[0].path, "d/f.tar (2).gz");
  EXPECT_EQ(read_text(at("d/f.tar.gz")), "old");
  EXPECT_EQ(read_text(at("d/f.tar (2).gz")), "new");
  EXPECT_EQ(names_below(destination()).size(), 4U);
}

TEST_F(Download, LeavesNoTemporaryFileWhenItIsCancelled) {
  std::vector<TestFile> files;
  for (int i = 0; i < 50; ++i) files.push_back({"d/" + std::to_string(i), std::to_string(i)});
  store_contents(*store_, files);
  std::stop_source source;
  int gets = 0;
  WatchedStore watched(*store_, [&](const std::string&, const std::string&) -> Status {
    if (++gets == 10) source.request_stop();
    return {};
  });
  DownloadOptions one = options();
  one.workers = 1;
  const auto report = download_manifest(manifest_of(files), watched, one, source.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  for (const std::string& name : names_below(at("d"))) {
    EXPECT_EQ(read_text(at("d/" + name)), name);  // complete files only
  }
}

TEST_F(Download, StopsBetweenTheFilesOfOneContent) {
  std::vector<TestFile> files;
  for (int i = 0; i < 3000; ++i) files.push_back({"d/" + std::to_string(i), "the same"});
  store_contents(*store_, files);
  std::stop_source source;
  std::jthread user([&] {
    while (!fs::exists(at("d")) || fs::is_empty(at("d"))) std::this_thread::yield();
    source.request_stop();
  });
  const auto report = download_manifest(manifest_of(files), *store_, options(), source.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  EXPECT_LT(names_below(at("d")).size(), files.size());
  ASSERT_TRUE(download_manifest(manifest_of(files), *store_, options(ConflictResolution::kSkip), {}));
  EXPECT_EQ(names_below(at("d")).size(), files.size());
}

TEST_F(Download, ReportsProgressUpToTheTotals) {
  store_contents(*store_, some_files());
  Progress last;
  DownloadOptions with_progress = options();
  with_progress.progress = [&](const Progress& progress) { last = progress; };
  download_manifest(manifest_of(some_files()), *store_, with_progress, {}).value();
  EXPECT_EQ(last.files_done, 4U);
  EXPECT_EQ(last.bytes_done, last.bytes_total);
  EXPECT_EQ(last.bytes_total, 300'010U);
}

}  // namespace
}  // namespace attache
