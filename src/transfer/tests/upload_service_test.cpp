#include <attache/cache/check_cache.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/transfer/upload.hpp>
#include <attache/transfer/upload_journal.hpp>

#include "tests/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>

// Which objects a service has, and what it costs to find out.

namespace attache {
namespace {

using attache::testing::FakeS3;
using attache::testing::SeenRequest;
using ::testing::Each;
using ::testing::HasSubstr;

class UploadToService : public ::testing::Test {
 protected:
  UploadToService() {
    fake_.intercept([this](const SeenRequest& request, std::size_t, const std::stop_token&) {
      ++requests_;
      if (request.method == HttpMethod::kPut) ++puts_;
      if (request.method == HttpMethod::kHead) ++heads_;
      if (request.method == HttpMethod::kGet) ++lists_;
      std::optional<Result<HttpResponse>> answer;
      if (refuses_lists_ && request.method == HttpMethod::kGet) answer = FakeS3::error(403, "AccessDenied");
      return answer;
    });
  }

  static std::vector<TestFile> files(std::size_t count, const std::string& prefix = "f") {
    std::vector<TestFile> files;
    for (std::size_t i = 0; i < count; ++i) {
      files.push_back({"d" + std::to_string(i % 7) + "/" + prefix + std::to_string(i), prefix + std::to_string(i)});
    }
    return files;
  }

  UploadOptions options() {
    UploadOptions options;
    options.root = directory_.path();
    options.check_cache = cache_.get();
    options.bucket = FakeS3::kBucket;
    options.key_prefix = "root";
    return options;
  }

  Result<UploadReport> upload(const std::vector<TestFile>& files, const UploadOptions& options) {
    requests_ = puts_ = heads_ = lists_ = 0;
    return upload_manifest(manifest_of(files), *store_, options, {});
  }

  void open_cache() { cache_ = CheckCache::open({.directory = directory_.path() + std::string("/cache")}); }

  bool knows(const std::string& content) {
    const std::string key = "root/" + data_key(xxh128(content));
    std::optional<AssumedPresent> found;
    cache_->look_up(FakeS3::kBucket, {&key, 1}, {&found, 1});
    return found.has_value();
  }

  /// Fills the store with objects that nobody wants.
  void crowd(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::string content = "other" + std::to_string(i);
      fake_.add("root/" + data_key(xxh128(content)), content);
    }
  }

  TemporaryDirectory directory_;
  FakeS3 fake_;
  std::unique_ptr<ObjectStore> store_ = fake_.store();
  std::unique_ptr<CheckCache> cache_;
  std::atomic<std::size_t> requests_{0};
  std::atomic<std::size_t> puts_{0};
  std::atomic<std::size_t> heads_{0};
  std::atomic<std::size_t> lists_{0};
  std::atomic<bool> refuses_lists_{false};
};

TEST_F(UploadToService, TakesAtMostElevenRequestsForTenNewSmallObjects) {
  const auto some = files(500);
  write_tree(directory_.path(), some);
  const UploadReport report = upload(some, options()).value();
  EXPECT_EQ(report.objects_sent, 500U);
  EXPECT_LE(requests_, 550U);
  EXPECT_EQ(requests_, 501U);
  EXPECT_EQ(fake_.objects().size(), 500U);
}

TEST_F(UploadToService, TakesAsFewInAStoreThatHoldsMuchElse) {
  crowd(3000);
  const auto some = files(500);
  write_tree(directory_.path(), some);
  const UploadReport report = upload(some, options()).value();
  EXPECT_EQ(report.objects_sent, 500U);
  EXPECT_EQ(puts_, 500U);
  EXPECT_EQ(heads_, 0U);
  EXPECT_LE(requests_, 550U);
}

TEST_F(UploadToService, SendsNewObjectsWithoutAskingWhereListingIsRefused) {
  refuses_lists_ = true;
  const auto some = files(500);
  write_tree(directory_.path(), some);
  const UploadReport report = upload(some, options()).value();
  EXPECT_EQ(report.objects_sent, 500U);
  EXPECT_EQ(requests_, 501U);
  EXPECT_EQ(heads_, 0U);
}

TEST_F(UploadToService, ListsInsteadOfAskingForEachObjectThatIsThere) {
  const auto some = files(500);
  write_tree(directory_.path(), some);
  upload(some, options()).value();
  const UploadReport again = upload(some, options()).value();
  EXPECT_EQ(again.objects_present, 500U);
  EXPECT_EQ(again.objects_sent, 0U);
  EXPECT_EQ(requests_, 1U);
  EXPECT_THAT(again.outcomes, Each(UploadOutcome::kPresent));
}

TEST_F(UploadToService, AsksForFewObjectsOfALargeStoreByThemselves) {
  crowd(5000);
  const auto some = files(60);
  write_tree(directory_.path(), some);
  for (const TestFile& file : some) fake_.add("root/" + data_key(xxh128(file.content)), file.content);
  const UploadReport report = upload(some, options()).value();
  EXPECT_EQ(report.objects_present, 60U);
  EXPECT_LE(lists_, 1U);
}

TEST_F(UploadToService, FindsObjectsThatAreThereByASendingThatIsRefused) {
  refuses_lists_ = true;
  const auto some = files(100);
  write_tree(directory_.path(), some);
  upload(some, options()).value();
  const UploadReport again = upload(some, options()).value();
  EXPECT_EQ(again.objects_present, 100U);
  EXPECT_EQ(again.objects_sent, 0U);
}

TEST_F(UploadToService, ReplacesObjectsOfAnotherSizeHoweverItFindsThem) {
  const auto some = files(100);
  write_tree(directory_.path(), some);
  for (const bool refuses : {false, true}) {
    refuses_lists_ = refuses;
    for (const TestFile& file : some) fake_.add("root/" + data_key(xxh128(file.content)), file.content + "!");
    const UploadReport report = upload(some, options()).value();
    EXPECT_EQ(report.objects_resent, 100U);
    EXPECT_THAT(report.outcomes, Each(UploadOutcome::kResent));
    for (const TestFile& file : some) {
      EXPECT_EQ(fake_.objects().at("root/" + data_key(xxh128(file.content))), file.content);
    }
  }
}

TEST_F(UploadToService, RecordsInTheCheckCacheWhatWasAcknowledgedOrFoundAndNothingElse) {
  open_cache();
  write_tree(directory_.path(), {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  fake_.add("root/" + data_key(xxh128("1")), "1");
  // c has other bytes by now: BUG-12 and BUG-13.
  ASSERT_FALSE(upload({{"a", "1"}, {"b", "2"}, {"c", "x"}}, options()));
  EXPECT_TRUE(knows("1"));
  EXPECT_TRUE(knows("2"));
  EXPECT_FALSE(knows("x"));
  EXPECT_FALSE(knows("3"));
}

TEST_F(UploadToService, RecordsNothingThatIsNoFileAnyMore) {
  open_cache();
  write_tree(directory_.path(), {{"a", "1"}});
  std::filesystem::create_directory(directory_.path() + std::string("/d"));
  ASSERT_FALSE(upload({{"a", "1"}, {"d", "2"}, {"gone", "3"}}, options()));
  EXPECT_EQ(requests_, 0U);
  EXPECT_FALSE(knows("1"));
  EXPECT_FALSE(knows("2"));
  EXPECT_FALSE(knows("3"));
}

TEST_F(UploadToService, FindsWhatWasRemovedBehindTheCachesBack) {
  open_cache();
  for (const std::size_t count : {std::size_t{20}, std::size_t{200}}) {
    const auto some = files(count, "n" + std::to_string(count) + "-");
    write_tree(directory_.path(), some);
    upload(some, options()).value();
    must(store_->remove(data_key(xxh128(some[3].content)), {}));
    put_text(*store_, data_key(xxh128(some[5].content)), "cut");
    const UploadReport again = upload(some, options()).value();
    EXPECT_EQ(again.objects_sent, 2U);
    EXPECT_EQ(again.objects_resent, 1U);
    EXPECT_EQ(again.objects_assumed, 0U);
    EXPECT_TRUE(store_->head(data_key(xxh128(some[3].content)), {}).value());
  }
}

TEST_F(UploadToService, TrustsTheCacheOnRequestAndSaysSo) {
  open_cache();
  const auto some = files(200);
  write_tree(directory_.path(), some);
  upload(some, options()).value();
  UploadOptions trusting = options();
  trusting.check = CheckCacheUse::kTrust;
  const UploadReport again = upload(some, trusting).value();
  EXPECT_EQ(again.objects_assumed, 170U);
  EXPECT_EQ(again.objects_present, 30U);  // the sample
  EXPECT_EQ(requests_, 30U);
  EXPECT_FALSE(again.trust_refused);
  EXPECT_EQ(std::ranges::count(again.outcomes, UploadOutcome::kAssumed), 170);
}

TEST_F(UploadToService, TrustsNothingWhenTheSampleDoesNotHold) {
  open_cache();
  const auto some = files(20);
  write_tree(directory_.path(), some);
  upload(some, options()).value();
  must(store_->remove(data_key(xxh128(some[7].content)), {}));
  UploadOptions trusting = options();
  trusting.check = CheckCacheUse::kTrust;
  const UploadReport again = upload(some, trusting).value();
  EXPECT_TRUE(again.trust_refused);
  EXPECT_EQ(again.objects_assumed, 0U);
  EXPECT_EQ(again.objects_sent, 1U);
  EXPECT_EQ(again.objects_present, 19U);
}

TEST_F(UploadToService, AsksForEveryObjectWhenItIsForced) {
  open_cache();
  const auto some = files(200);
  write_tree(directory_.path(), some);
  upload(some, options()).value();
  UploadOptions forced = options();
  forced.check = CheckCacheUse::kForce;
  const UploadReport again = upload(some, forced).value();
  EXPECT_EQ(again.objects_present, 200U);
  EXPECT_EQ(heads_, 200U);
  EXPECT_EQ(lists_, 0U);
}

TEST_F(UploadToService, ForgetsRowsThatAreWrongAlsoWhenItFails) {
  open_cache();
  write_tree(directory_.path(), {{"a", "1"}, {"b", "2"}});
  upload({{"a", "1"}, {"b", "2"}}, options()).value();
  must(store_->remove(data_key(xxh128("1")), {}));
  write_tree(directory_.path(), {{"a", "x"}});
  ASSERT_FALSE(upload({{"a", "1"}, {"b", "2"}}, options()));
  EXPECT_FALSE(knows("1"));
  EXPECT_TRUE(knows("2"));
}

TEST_F(UploadToService, EndsWithTheFirstErrorOfTheStore) {
  fake_.intercept([](const SeenRequest& request, std::size_t, const std::stop_token&) {
    std::optional<Result<HttpResponse>> answer;
    if (request.method == HttpMethod::kPut) answer = FakeS3::error(403, "AccessDenied");
    return answer;
  });
  const auto some = files(300);
  write_tree(directory_.path(), some);
  UploadOptions with_manifest = options();
  with_manifest.manifest_key = "Manifests/m";
  const auto report = upload(some, with_manifest);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_THAT(report.error().to_string(), HasSubstr("s3:PutObject"));
  EXPECT_TRUE(fake_.objects().empty());
}

TEST_F(UploadToService, SendsLargeContentsInParts) {
  S3StoreOptions parts = FakeS3::store_options();
  parts.multipart_threshold = parts.part_bytes;
  store_ = fake_.store(parts);
  const std::string large(3 * parts.part_bytes + 5, 'L');
  write_tree(directory_.path(), {{"large", large}, {"small", "s"}});
  const UploadReport report = upload({{"large", large}, {"small", "s"}}, options()).value();
  EXPECT_EQ(report.objects_sent, 2U);
  EXPECT_EQ(fake_.objects().at("root/" + data_key(xxh128(large))), large);
  EXPECT_EQ(report.requests.large, 1U);
  EXPECT_EQ(report.bytes_resumed, 0U);
}

TEST_F(UploadToService, GoesOnWithTheirPartsAndCountsThem) {
  S3StoreOptions parts = FakeS3::store_options();
  parts.multipart_threshold = parts.part_bytes;
  parts.parts_in_flight = 1;
  parts.retry.max_attempts = 1;
  store_ = fake_.store(parts);
  const std::string large(3 * parts.part_bytes + 5, 'L');
  const std::vector<TestFile> files{{"large", large}, {"small", "s"}};
  write_tree(directory_.path(), files);
  const TemporaryDirectory elsewhere;
  UploadOptions resumed = options();
  std::unique_ptr<UploadJournal> journal;
  const auto upload_again = [&] {
    journal.reset();
    journal = UploadJournal::open({.path = upload_journal_path(elsewhere.path()), .store = "s3://bucket/root"});
    resumed.resumption = journal.get();
    return upload(files, resumed);
  };
  std::atomic<bool> is_broken = true;
  fake_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) {
    std::optional<Result<HttpResponse>> answer;
    if (is_broken && request.url.find("partNumber=3") != std::string::npos)
      answer = FakeS3::error(500, "InternalError");
    return answer;
  });
  ASSERT_FALSE(upload_again());
  is_broken = false;
  const UploadReport report = upload_again().value();
  EXPECT_EQ(fake_.objects().at("root/" + data_key(xxh128(large))), large);
  EXPECT_EQ(report.bytes_resumed, 2 * parts.part_bytes);
  EXPECT_EQ(report.bytes_sent + report.bytes_present, parts.part_bytes + 5 + 1) << "the small one as it came";
}

}  // namespace
}  // namespace attache
