#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/download.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class DownloadPolicy : public testing::Test {
 protected:
  DownloadOptions options(ConflictResolution conflict) const {
    DownloadOptions options;
    options.destination = destination();
    options.conflict = conflict;
    options.small_bytes = 1000;
    return options;
  }
  std::string destination() const { return directory_ / "restored"; }
  fs::path at(const std::string& path) const { return fs::path(destination()) / path; }
  DownloadReport download(const std::vector<TestFile>& files, const DownloadOptions& with) {
    WatchedStore watched(*store_, {});
    DownloadReport report = download_manifest(manifest_of(files), watched, with, {}).value();
    calls_ = watched.calls();
    return report;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ObjectStore> store_ = make_memory_store();
  std::vector<std::string> calls_;
};

TEST_F(DownloadPolicy, VerifyReadsWhatIsThere) {
  const std::vector<TestFile> files{{"a", "right", 5}, {"b", "right!", 5}};
  store_contents(*store_, files);
  write_tree(destination(), {{"a", "right", 5}, {"b", "wrong!", 5}});
  DownloadOptions trusting = options(ConflictResolution::kSkip);
  EXPECT_EQ(download(files, trusting).files[1].outcome, DownloadOutcome::kPresent);
  trusting.verify = true;
  const DownloadReport report = download(files, trusting);
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kPresent);
  EXPECT_EQ(report.files[1].outcome, DownloadOutcome::kDiffers);
  EXPECT_EQ(read_text(at("b")), "wrong!");
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(DownloadPolicy, OverwriteWithVerifyFetchesOnlyWhatIsNotThere) {
  const std::vector<TestFile> files{{"a", "right", 5}, {"b", "right!", 5}};
  store_contents(*store_, files);
  write_tree(destination(), {{"a", "right", 5}, {"b", "wrong!", 5}});
  DownloadOptions verifying = options(ConflictResolution::kOverwrite);
  verifying.verify = true;
  const DownloadReport report = download(files, verifying);
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kPresent);
  EXPECT_EQ(report.files[1].outcome, DownloadOutcome::kDownloaded);
  EXPECT_THAT(calls_, SizeIs(1));
  EXPECT_EQ(read_text(at("b")), "right!");
  download(files, options(ConflictResolution::kOverwrite));
  EXPECT_THAT(calls_, SizeIs(2)) << "without --verify everything is fetched";
}

TEST_F(DownloadPolicy, TakesContentThatAnotherFileHas) {
  for (const std::size_t size : {std::size_t{10}, std::size_t{500'000}}) {
    const std::string text(size, 'x');
    const std::string there = "there" + std::to_string(size);
    const std::string wanted = "wanted" + std::to_string(size);
    const std::vector<TestFile> files{{there, text, 5}, {wanted, text, 6}};
    store_contents(*store_, files);
    write_tree(destination(), {{there, text, 5}});
    const DownloadReport report = download(files, options(ConflictResolution::kSkip));
    EXPECT_THAT(calls_, IsEmpty()) << size;
    EXPECT_EQ(report.files[1].origin, ContentOrigin::kLocal);
    EXPECT_EQ(report.bytes_copied, size);
    EXPECT_EQ(read_text(at(wanted)), text);

    // Only if it has it: the size and the time may deceive.
    fs::remove(at(wanted));
    write_tree(destination(), {{there, std::string(size, 'y'), 5}});
    EXPECT_EQ(download(files, options(ConflictResolution::kSkip)).files[1].origin, ContentOrigin::kStore);
    EXPECT_EQ(read_text(at(wanted)), text);
  }
}

TEST_F(DownloadPolicy, TakesObjectsOfTheCacheAndChecksThem) {
  const std::vector<TestFile> files{{"small", "s"}, {"large", std::string(500'000, 'l')}};
  store_contents(*store_, files);
  DownloadOptions cached = options(ConflictResolution::kOverwrite);
  cached.object_cache = directory_ / "cache";
  EXPECT_EQ(download(files, cached).bytes_fetched, 500'001U);
  const DownloadReport second = download(files, cached);
  EXPECT_EQ(second.bytes_from_cache, 500'001U);
  EXPECT_EQ(second.bytes_fetched, 0U);
  EXPECT_THAT(calls_, IsEmpty());
  EXPECT_EQ(read_text(at("large")), files[1].content);

  for (const TestFile& file : files) {
    const std::string hash = xxh128(file.content).to_hex();
    write_tree(directory_ / "cache",
               {{hash.substr(0, 2) + "/" + hash + ".xxh128", std::string(file.content.size(), '?')}});
  }
  EXPECT_EQ(download(files, cached).bytes_fetched, 500'001U);
  EXPECT_EQ(read_text(at("small")), "s");
  EXPECT_EQ(read_text(at("large")), files[1].content);
  EXPECT_EQ(download(files, cached).bytes_from_cache, 500'001U) << "what was damaged was replaced";
}

TEST_F(DownloadPolicy, GoesOnWithoutACacheThatCannotBeUsed) {
  write_tree(directory_.path(), {{"file", "x"}});
  DownloadOptions cached = options(ConflictResolution::kOverwrite);
  cached.object_cache = directory_ / "file/cache";
  store_contents(*store_, {{"f", "x"}});
  const DownloadReport report = download({{"f", "x"}}, cached);
  EXPECT_THAT(report.warnings, SizeIs(1));
  EXPECT_EQ(read_text(at("f")), "x");
}

TEST_F(DownloadPolicy, PreviewSaysWhatIsDoneAndDoesNothing) {
  const std::vector<TestFile> files{
      {"new", "n"}, {"there", "t", 5}, {"other", "o"}, {"again", "n", 6}, {"big", std::string(2500, 'b')}};
  store_contents(*store_, files);
  write_tree(destination(), {{"there", "t", 5}, {"other", "mine"}});
  const auto actions = [&](ConflictResolution conflict) {
    const DownloadPreview preview = preview_download(manifest_of(files), options(conflict), {}).value();
    std::vector<std::string> texts;
    for (const PlannedDownload& file : preview.files) texts.emplace_back(to_string(file.action));
    return std::pair(texts, preview);
  };
  const auto [skip, skip_preview] = actions(ConflictResolution::kSkip);
  EXPECT_THAT(skip, ElementsAre("fetch", "present", "differs", "copy", "fetch"));
  EXPECT_EQ(skip_preview.files_to_write, 3U);
  EXPECT_EQ(skip_preview.bytes_to_write, 2502U);
  EXPECT_EQ(skip_preview.bytes_to_fetch, 2501U);
  EXPECT_EQ(skip_preview.requests, 4U);  // one, and three ranges
  EXPECT_THAT(actions(ConflictResolution::kOverwrite).first,
              ElementsAre("fetch", "replace", "replace", "copy", "fetch"));
  EXPECT_THAT(actions(ConflictResolution::kCreateCopy).first,
              ElementsAre("fetch", "rename", "rename", "copy", "fetch"));
  EXPECT_THAT(names_below(destination()), ElementsAre("other", "there"));
  DownloadOptions elsewhere = options(ConflictResolution::kSkip);
  elsewhere.destination = directory_ / "not/there";
  EXPECT_TRUE(preview_download(manifest_of(files), elsewhere, {}));
  EXPECT_FALSE(fs::exists(directory_ / "not"));
}

TEST_F(DownloadPolicy, OverwriteTakesNoLinkForAFileWhoseTargetItMayReplace) {
  const std::vector<TestFile> files{{"latest", "one", 5}, {"v1", "two"}};
  store_contents(*store_, files);
  write_tree(destination(), {{"v1", "one", 5}});
  fs::create_symlink("v1", at("latest"));
  DownloadOptions verifying = options(ConflictResolution::kOverwrite);
  verifying.verify = true;
  download(files, verifying);
  EXPECT_EQ(read_text(at("latest")), "one");
  EXPECT_EQ(read_text(at("v1")), "two");
}

TEST_F(DownloadPolicy, OverwriteRefusesTwoContentsForWhatALinkMakesOneFile) {
  const std::vector<TestFile> files{{"a/sub/f", "one"}, {"b/sub/f", "two"}};
  store_contents(*store_, files);
  fs::create_directories(at("a"));
  fs::create_directory_symlink("a", at("b"));
  const auto refused = download_manifest(manifest_of(files), *store_, options(ConflictResolution::kOverwrite), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kAlreadyExists);
  EXPECT_THAT(names_below(destination()), ElementsAre("a", "b"));
  // The same under both, or none of it twice, is no reason.
  download({{"a/sub/f", "one"}, {"b/sub/f", "one"}, {"b/sub/g", "two"}}, options(ConflictResolution::kOverwrite));
  EXPECT_EQ(read_text(at("a/sub/f")), "one");
  EXPECT_EQ(read_text(at("a/sub/g")), "two");
}

TEST_F(DownloadPolicy, KnowsItsFilesAgainWhateverTheirTime) {
  // The year 2300, which is beyond nanoseconds in 64 bits, and 1960.
  const std::vector<TestFile> files{{"late", "l", 10'413'792'000'000'000}, {"early", "e", -315'619'199'999'999}};
  store_contents(*store_, files);
  download(files, options(ConflictResolution::kSkip));
  for (const DownloadedFile& file : download(files, options(ConflictResolution::kSkip)).files) {
    EXPECT_EQ(file.outcome, DownloadOutcome::kPresent) << file.path;
  }
}

TEST_F(DownloadPolicy, SaysWhatHelpsWhereThereIsNoRoomForTheNameOfACopy) {
  const std::vector<TestFile> files{{"d/" + std::string(255, 'n'), "new"}};
  store_contents(*store_, files);
  write_tree(destination(), {{files[0].path, "mine"}});
  const auto refused = download_manifest(manifest_of(files), *store_, options(ConflictResolution::kCreateCopy), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  // A shorter path to the destination would not: it is the name.
  EXPECT_EQ(refused.error().remedy(), "choose to keep or to overwrite existing files, or another destination");
  EXPECT_EQ(names_below(at("d")), std::vector<std::string>{std::string(255, 'n')});
}

TEST_F(DownloadPolicy, SkipKeepsAFileThatAppearsWhileItsContentComes) {
  store_contents(*store_, {{"f", "new"}});
  WatchedStore watched(*store_, [&](const std::string&, const std::string&) -> Status {
    write_tree(destination(), {{"f", "of somebody else"}});
    return {};
  });
  const auto report =
      download_manifest(manifest_of({{"f", "new"}}), watched, options(ConflictResolution::kSkip), {}).value();
  EXPECT_EQ(report.files[0].outcome, DownloadOutcome::kDiffers);
  EXPECT_EQ(read_text(at("f")), "of somebody else");
  EXPECT_THAT(names_below(destination()), ElementsAre("f"));
}

TEST_F(DownloadPolicy, ManyWorkersRestoreManyFiles) {
  std::vector<TestFile> files;
  for (int i = 0; i < 500; ++i) {
    files.push_back({"d" + std::to_string(i % 7) + "/" + std::to_string(i),
                     std::string(static_cast<std::size_t>(i * 7), 'x') + std::to_string(i % 100)});
  }
  store_contents(*store_, files);
  DownloadOptions many = options(ConflictResolution::kSkip);
  many.workers = 8;
  many.open_directories = 2;
  const DownloadReport report = download(files, many);
  EXPECT_EQ(report.files.size(), 500U);
  for (const TestFile& file : files) ASSERT_EQ(read_text(at(file.path)), file.content) << file.path;
  std::set<std::size_t> entries;
  for (const DownloadedFile& file : report.files) entries.insert(file.entry);
  EXPECT_EQ(entries.size(), 500U);
}

TEST_F(DownloadPolicy, StopsSoonWithoutHavingNamedAnIncompleteFile) {
  std::vector<TestFile> files;
  for (int i = 0; i < 200; ++i) files.push_back({"d/" + std::to_string(i), std::string(5000, 'x') + std::to_string(i)});
  store_contents(*store_, files);
  std::stop_source source;
  WatchedStore slow(*store_, [&](const std::string&, const std::string&) -> Status {
    source.request_stop();
    return {};
  });
  const auto report =
      download_manifest(manifest_of(files), slow, options(ConflictResolution::kSkip), source.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  fs::create_directories(at("d"));
  for (const std::string& name : names_below(at("d"))) {
    if (name.starts_with(".attache-")) continue;
    EXPECT_EQ(read_text(at("d/" + name)).size(), 5000 + name.size());
  }
}

TEST_F(DownloadPolicy, ProgressSkipsWhatIsThere) {
  const std::vector<TestFile> files{{"there", "1234", 5}, {"new", "12"}, {"big", std::string(3000, 'b')}};
  store_contents(*store_, files);
  write_tree(destination(), {{"there", "1234", 5}});
  Progress last;
  DownloadOptions with_progress = options(ConflictResolution::kSkip);
  with_progress.progress = [&](const Progress& progress) { last = progress; };
  download(files, with_progress);
  EXPECT_EQ(last.files_skipped, 1U);
  EXPECT_EQ(last.bytes_skipped, 4U);
  EXPECT_EQ(last.files_done, 2U);
  EXPECT_EQ(last.bytes_done, 3002U);
  EXPECT_EQ(last.files_total, 3U);
}

}  // namespace
}  // namespace attache
