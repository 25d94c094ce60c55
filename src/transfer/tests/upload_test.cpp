#include <attache/hash/xxh3.hpp>
#include <attache/manifest/codec_v2023.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/memory_store.hpp>
#include <attache/transfer/upload.hpp>

#include "tests/support.hpp"
#include "upload_context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

namespace attache {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Upload : public testing::Test {
 protected:
  UploadOptions options() const {
    UploadOptions options;
    options.root = directory_.path();
    options.manifest_key = "Manifests/m";
    return options;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<ObjectStore> store_ = make_memory_store();
};

const std::vector<TestFile>& some_files() {
  static const std::vector<TestFile> files{
      {"a/b.txt", "hello"}, {"c", std::string(100'000, 'x')}, {"empty", ""}, {"copy", "hello"}};
  return files;
}

TEST_F(Upload, StoresEveryContentOnceAndTheManifest) {
  write_tree(directory_.path(), some_files());
  const Manifest manifest = manifest_of(some_files());
  const UploadReport report = upload_manifest(manifest, *store_, options(), {}).value();
  EXPECT_EQ(report.files, 4U);
  EXPECT_EQ(report.bytes, 100'010U);
  EXPECT_EQ(report.objects_sent, 3U);
  EXPECT_EQ(report.bytes_sent, 100'005U);
  EXPECT_EQ(report.duplicates, 1U);
  EXPECT_EQ(report.objects_present, 0U);
  EXPECT_EQ(keys_of(*store_).size(), 4U);
  EXPECT_THAT(keys_of(*store_), Contains(data_key(xxh128("hello"))));
  EXPECT_EQ(store_->head("Manifests/m", {}).value()->size, encode_v2023(manifest).value().size());
}

TEST_F(Upload, SaysWhatBecameOfEachFile) {
  write_tree(directory_.path(), some_files());
  put_text(*store_, data_key(xxh128("hello")), "hel");
  put_text(*store_, data_key(xxh128("")), "");
  const UploadReport report = upload_manifest(manifest_of(some_files()), *store_, options(), {}).value();
  EXPECT_THAT(report.outcomes, ElementsAre(UploadOutcome::kResent, UploadOutcome::kSent, UploadOutcome::kPresent,
                                           UploadOutcome::kDuplicate));
}

TEST_F(Upload, SendsNothingTheSecondTime) {
  write_tree(directory_.path(), some_files());
  const Manifest manifest = manifest_of(some_files());
  upload_manifest(manifest, *store_, options(), {}).value();
  const UploadReport again = upload_manifest(manifest, *store_, options(), {}).value();
  EXPECT_EQ(again.objects_sent, 0U);
  EXPECT_EQ(again.bytes_sent, 0U);
  EXPECT_EQ(again.objects_present, 3U);
}

TEST_F(Upload, ReplacesAnObjectOfAnotherSize) {
  write_tree(directory_.path(), {{"f", "hello"}});
  put_text(*store_, data_key(xxh128("hello")), "hel");
  const UploadReport report = upload_manifest(manifest_of({{"f", "hello"}}), *store_, options(), {}).value();
  EXPECT_EQ(report.objects_sent, 1U);
  EXPECT_EQ(report.objects_resent, 1U);
  EXPECT_EQ(store_->head(data_key(xxh128("hello")), {}).value()->size, 5U);
}

TEST_F(Upload, PublishesTheManifestAfterAllDataAndABarrier) {
  write_tree(directory_.path(), some_files());
  WatchedStore watched(*store_, {});
  upload_manifest(manifest_of(some_files()), watched, options(), {}).value();
  const auto calls = watched.calls();
  ASSERT_GE(calls.size(), 3U);
  EXPECT_EQ(calls[calls.size() - 3], "make_durable ");
  EXPECT_EQ(calls[calls.size() - 2], "put Manifests/m");
  EXPECT_EQ(calls[calls.size() - 1], "make_durable ");
  for (std::size_t i = 0; i + 3 < calls.size(); ++i) EXPECT_THAT(calls[i], HasSubstr(" Data/"));
}

TEST_F(Upload, StoresNoManifestWhenDataFails) {
  write_tree(directory_.path(), some_files());
  WatchedStore watched(*store_, [](const std::string& call, const std::string& key) -> Status {
    if (call == "put" && key == data_key(xxh128(""))) return fail(ErrorCode::kNetwork, "gone", "again");
    return {};
  });
  const auto report = upload_manifest(manifest_of(some_files()), watched, options(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kNetwork);
  EXPECT_FALSE(store_->head("Manifests/m", {}).value());
}

TEST_F(Upload, NamesEveryMissingAndChangedFileBeforeItSendsAnything) {
  write_tree(directory_.path(), {{"short", "1234"}, {"fine", "x"}});
  fs::create_directory(directory_.path() + std::string("/dir"));
  WatchedStore watched(*store_, {});
  const auto report = upload_manifest(manifest_of({{"gone", "abc"}, {"short", "12345"}, {"fine", "x"}, {"dir", "d"}}),
                                      watched, options(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(report.error().message(), HasSubstr("3 files"));
  EXPECT_THAT(report.error().message(), HasSubstr("gone: does not exist"));
  EXPECT_THAT(report.error().message(), HasSubstr("short: has 4 bytes, the manifest says 5"));
  EXPECT_THAT(report.error().message(), HasSubstr("dir: is not a regular file"));
  EXPECT_THAT(watched.calls(), IsEmpty());
}

TEST_F(Upload, SendsTheOthersAndNamesAllFilesWhoseBytesChanged) {
  write_tree(directory_.path(), {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  const auto report =
      upload_manifest(manifest_of({{"a", "x"}, {"b", "2"}, {"c", "y"}, {"d", "4"}}), *store_, options(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kSourceChanged);
  EXPECT_THAT(report.error().message(), HasSubstr("2 files"));
  EXPECT_THAT(report.error().message(), HasSubstr("/a' has other bytes"));
  EXPECT_THAT(report.error().message(), HasSubstr("/c' has other bytes"));
  EXPECT_EQ(keys_of(*store_).size(), 2U);  // b and d; no manifest
  EXPECT_FALSE(store_->head("Manifests/m", {}).value());
}

TEST(SourceFaults, SayWhatToDoAboutTheFirst) {
  const auto remedy_of = [](ErrorCode code) {
    SourceFaults faults;
    faults.add(Error(code, "cannot open '/a'", "raise the limit"));
    faults.add(Error(ErrorCode::kSourceChanged, "'/b' has changed", "wait for it"));
    const Error error = faults.to_error("/", "could not be uploaded", "the others are stored", "take a new snapshot");
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(error.message(), "2 files below '/' could not be uploaded:\n  cannot open '/a'\n  '/b' has changed");
    return error.remedy();
  };
  EXPECT_EQ(remedy_of(ErrorCode::kIo), "the others are stored; raise the limit");
  EXPECT_EQ(remedy_of(ErrorCode::kPermissionDenied), "the others are stored; raise the limit");
  // What helps against one that is gone or changing helps against all.
  EXPECT_EQ(remedy_of(ErrorCode::kNotFound), "the others are stored; take a new snapshot");
  EXPECT_EQ(remedy_of(ErrorCode::kSourceChanged), "the others are stored; take a new snapshot");
}

TEST_F(Upload, SendsNothingInADryRunAndSaysWhatItWouldSend) {
  std::vector<TestFile> files = some_files();
  files.push_back({"large", std::string(20'000, 'L')});
  write_tree(directory_.path(), files);
  put_text(*store_, data_key(xxh128("hello")), "hel");
  put_text(*store_, data_key(xxh128("")), "");
  UploadOptions dry = options();
  dry.dry_run = true;
  dry.large_from = 200'000;
  const UploadReport report = upload_manifest(manifest_of(files), *store_, dry, {}).value();
  EXPECT_THAT(report.outcomes, ElementsAre(UploadOutcome::kResent, UploadOutcome::kSent, UploadOutcome::kPresent,
                                           UploadOutcome::kDuplicate, UploadOutcome::kSent));
  EXPECT_EQ(report.requests.puts, 4U);  // and the manifest
  EXPECT_EQ(report.requests.heads, 4U);
  EXPECT_NEAR(report.requests.estimated_cost(), (4 * 0.005 + 4 * 0.0004) / 1000, 1e-12);
  EXPECT_EQ(keys_of(*store_).size(), 2U);
  EXPECT_EQ(store_->head(data_key(xxh128("hello")), {}).value()->size, 3U);
}

TEST_F(Upload, GivesObjectsOfADirectoryTheTimesOfTheFiles) {
  write_tree(directory_.path(), {{"tree/f", "hello", 1'600'000'000'000'001}});
  const std::string place = directory_.path() + std::string("/store");
  const std::unique_ptr<ObjectStore> store = make_directory_store({.path = place});
  UploadOptions with_times = options();
  with_times.root = directory_.path() + std::string("/tree");
  with_times.keep_times = true;
  upload_manifest(manifest_of({{"f", "hello", 1'600'000'000'000'001}}), *store, with_times, {}).value();
  EXPECT_EQ(mtime_us_of(place + "/" + data_key(xxh128("hello"))), 1'600'000'000'000'001);
}

TEST_F(Upload, StoresNothingUnderTheHashOfAFileThatChanged) {
  write_tree(directory_.path(), {{"f", "other"}});  // same size, other bytes
  const auto report = upload_manifest(manifest_of({{"f", "hello"}}), *store_, options(), {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kSourceChanged);
  EXPECT_THAT(report.error().message(), HasSubstr("/f'"));
  EXPECT_THAT(keys_of(*store_), IsEmpty());
}

TEST_F(Upload, StoresNothingWhenAFileChangesBetweenTheCheckAndTheSending) {
  write_tree(directory_.path(), {{"f", "hello"}});
  const std::string path = directory_.path() + std::string("/f");
  for (const std::string& now : {std::string("hellO"), std::string("hell"), std::string("hello!")}) {
    WatchedStore watched(*store_, [&](const std::string& call, const std::string&) -> Status {
      if (call == "put") std::ofstream(path, std::ios::binary | std::ios::trunc) << now;
      return {};
    });
    // The file is open by then, but truncated and written in place.
    const auto report = upload_manifest(manifest_of({{"f", "hello"}}), watched, options(), {});
    ASSERT_FALSE(report) << now;
    EXPECT_EQ(report.error().code(), ErrorCode::kSourceChanged) << now;
    EXPECT_THAT(keys_of(*store_), IsEmpty()) << now;
    std::ofstream(path, std::ios::binary | std::ios::trunc) << "hello";
  }
}

TEST_F(Upload, RefusesPathsThatLeaveTheRootBeforeItSendsAnything) {
  write_tree(directory_.path(), {{"root/f", "x"}, {"secret", "y"}});
  UploadOptions inner = options();
  inner.root = directory_.path() + std::string("/root");
  WatchedStore watched(*store_, {});
  const auto report = upload_manifest(manifest_of({{"f", "x"}, {"../secret", "y"}}), watched, inner, {});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kOutsideRoot);
  EXPECT_THAT(watched.calls(), IsEmpty());
}

TEST_F(Upload, FollowsLinksAsTheSnapshotDid) {
  write_tree(directory_.path(), {{"outside/target", "linked"}, {"root/own", "o"}});
  fs::create_symlink("../outside/target", directory_.path() + std::string("/root/link"));
  UploadOptions inner = options();
  inner.root = directory_.path() + std::string("/root");
  const UploadReport report =
      upload_manifest(manifest_of({{"own", "o"}, {"link", "linked"}}), *store_, inner, {}).value();
  EXPECT_EQ(report.objects_sent, 2U);
}

TEST_F(Upload, ReachesPathsBeyondTheSystemsLimit) {
  std::string path;
  for (int i = 0; i < 25; ++i) path += std::string(200, 'd') + "/";
  // Made from inside, since no single call takes such a path.
  const fs::path before = fs::current_path();
  fs::current_path(directory_.path());
  for (int i = 0; i < 25; ++i) {
    fs::create_directory(std::string(200, 'd'));
    fs::current_path(std::string(200, 'd'));
  }
  std::ofstream("f") << "deep";
  fs::current_path(before);
  const UploadReport report = upload_manifest(manifest_of({{path + "f", "deep"}}), *store_, options(), {}).value();
  EXPECT_EQ(report.objects_sent, 1U);
}

TEST_F(Upload, StopsWhenItIsAskedTo) {
  write_tree(directory_.path(), some_files());
  std::stop_source source;
  WatchedStore watched(*store_, [&](const std::string& call, const std::string&) -> Status {
    if (call == "put") source.request_stop();
    return {};
  });
  UploadOptions one = options();
  one.small_workers = 1;
  const auto report = upload_manifest(manifest_of(some_files()), watched, one, source.get_token());
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kCancelled);
  EXPECT_FALSE(store_->head("Manifests/m", {}).value());
}

TEST_F(Upload, ReportsProgressUpToTheTotals) {
  write_tree(directory_.path(), some_files());
  Progress last;
  UploadOptions with_progress = options();
  with_progress.progress = [&](const Progress& progress) { last = progress; };
  upload_manifest(manifest_of(some_files()), *store_, with_progress, {}).value();
  EXPECT_EQ(last.files_done, 3U);
  EXPECT_EQ(last.files_skipped, 1U);
  EXPECT_EQ(last.files_total, 4U);
  EXPECT_EQ(last.bytes_done, 100'005U);
  EXPECT_EQ(last.bytes_skipped, 5U);
  EXPECT_EQ(last.bytes_total, 100'010U);
  upload_manifest(manifest_of(some_files()), *store_, with_progress, {}).value();
  EXPECT_EQ(last.files_done, 0U);
  EXPECT_EQ(last.files_skipped, 4U);
  EXPECT_EQ(last.bytes_skipped, 100'010U);
}

}  // namespace
}  // namespace attache
