#include <attache/store/s3_admin.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace attache::testing {
namespace {

constexpr std::uint64_t kPart = 5 * kMiB;

/// Remembers in memory.
class Memory final : public PutResumption {
 public:
  std::optional<UnfinishedPut> unfinished(std::string_view key) override {
    const auto found = puts.find(std::string(key));
    return found == puts.end() ? std::nullopt : std::optional(found->second);
  }
  Status begun(std::string_view key, const UnfinishedPut& put) override {
    if (!answer) return answer;
    if (remembers) puts[std::string(key)] = put;
    return {};
  }
  void ended(std::string_view key, const UnfinishedPut&) override { puts.erase(std::string(key)); }

  std::map<std::string, UnfinishedPut> puts;
  Status answer;
  bool remembers = true;
};

class Resume : public ::testing::Test {
 protected:
  Resume() {
    options_.multipart_threshold = kPart;
    options_.part_bytes = kPart;
    options_.parts_in_flight = 1;
    options_.retry.max_attempts = 1;
    fake_.intercept([this](const SeenRequest& request, std::size_t, const std::stop_token&) {
      std::optional<Result<HttpResponse>> answer;
      if (refuse_lists_ && request.method == HttpMethod::kGet) return answer = *refuse_lists_;
      if (request.method != HttpMethod::kPut || request.url.find("partNumber=") == std::string::npos) return answer;
      if (parts_sent_++ == fail_at_) answer = FakeS3::error(500, "InternalError");
      return answer;
    });
  }

  Status put(const std::string& content, bool verifies = true) {
    ScriptedSource source(content);
    if (!verifies) source.fails_to_verify();
    PutOptions options;
    options.resumption = &memory_;
    return fake_.store(options_)->put("Data/k", source, options, {});
  }

  FakeS3 fake_;
  S3StoreOptions options_ = FakeS3::store_options();
  Memory memory_;
  std::atomic<std::size_t> parts_sent_{0};
  std::atomic<std::size_t> fail_at_{~std::size_t{0}};
  std::optional<HttpResponse> refuse_lists_;
};

TEST_F(Resume, SendsOnlyThePartsThatAnInterruptedPutDidNot) {
  const std::string content = noise(4 * kPart + 17);
  fail_at_ = 3;
  ASSERT_FALSE(put(content));
  EXPECT_EQ(fake_.unfinished_uploads(), 1U);
  EXPECT_EQ(memory_.puts.size(), 1U);
  parts_sent_ = 0;
  fail_at_ = ~std::size_t{0};
  ASSERT_TRUE(put(content));
  EXPECT_EQ(parts_sent_, 2U);
  EXPECT_EQ(fake_.objects().at("root/Data/k"), content);
  EXPECT_EQ(fake_.unfinished_uploads(), 0U);
  EXPECT_TRUE(memory_.puts.empty());
}

TEST_F(Resume, SendsPartsAgainThatHaveOtherBytes) {
  std::string content = noise(3 * kPart);
  fail_at_ = 2;
  ASSERT_FALSE(put(content));
  parts_sent_ = 0;
  fail_at_ = ~std::size_t{0};
  content[kPart + 1] = static_cast<char>(content[kPart + 1] ^ 1);
  ASSERT_TRUE(put(content));
  EXPECT_EQ(parts_sent_, 2U);  // the second, and the one that was missing
  EXPECT_EQ(fake_.objects().at("root/Data/k"), content);
}

TEST_F(Resume, BeginsAnewWhenTheServiceForgotTheUpload) {
  const std::string content = noise(3 * kPart);
  memory_.puts["Data/k"] = {.upload_id = "gone",
                            .size = content.size(),
                            .part_bytes = kPart,
                            .checksum = "CRC64NVME",
                            .has_whole_checksum = true};
  ASSERT_TRUE(put(content));
  EXPECT_EQ(parts_sent_, 3U);
  EXPECT_EQ(fake_.objects().at("root/Data/k"), content);
}

TEST_F(Resume, BeginsAnewWhereListingPartsIsRefused) {
  const std::string content = noise(3 * kPart);
  for (const auto& [status, code] : {std::pair{403, "AccessDenied"}, std::pair{501, "NotImplemented"}}) {
    fail_at_ = 2;
    parts_sent_ = 0;
    ASSERT_FALSE(put(content));
    ASSERT_EQ(fake_.unfinished_uploads(), 1U);
    refuse_lists_ = FakeS3::error(status, code);
    fail_at_ = ~std::size_t{0};
    parts_sent_ = 0;
    const Status status_of_put = put(content);
    ASSERT_TRUE(status_of_put) << status_of_put.error().to_string();
    EXPECT_EQ(parts_sent_, 3U);
    EXPECT_EQ(fake_.unfinished_uploads(), 0U);
    EXPECT_TRUE(memory_.puts.empty());
    refuse_lists_.reset();
  }
}

TEST_F(Resume, GoesOnWithNothingThatDoesNotFit) {
  const std::string content = noise(3 * kPart);
  fail_at_ = 2;
  ASSERT_FALSE(put(content));
  const UnfinishedPut good = memory_.puts.at("Data/k");
  fail_at_ = ~std::size_t{0};
  UnfinishedPut size = good;
  size.size += 1;
  UnfinishedPut parts = good;
  parts.part_bytes = 1;
  UnfinishedPut checksum = good;
  checksum.checksum = "MD5";
  UnfinishedPut id = good;
  id.upload_id.clear();
  for (const UnfinishedPut& bad : {size, parts, checksum, id}) {
    memory_.puts["Data/k"] = bad;
    parts_sent_ = 0;
    ASSERT_TRUE(put(content));
    EXPECT_EQ(parts_sent_, 3U);
  }
}

TEST_F(Resume, GivesUpAnUploadWhoseContentIsWrong) {
  ASSERT_FALSE(put(noise(3 * kPart), false));
  EXPECT_EQ(fake_.unfinished_uploads(), 0U);
  EXPECT_TRUE(memory_.puts.empty());
}

TEST_F(Resume, GivesUpAnUploadOfWhichNothingArrived) {
  fail_at_ = 0;
  ASSERT_FALSE(put(noise(3 * kPart)));
  EXPECT_EQ(fake_.unfinished_uploads(), 0U);
  EXPECT_TRUE(memory_.puts.empty());
}

TEST_F(Resume, LeavesNoPartsThatNobodyRemembers) {
  // As a journal that another process has.
  memory_.remembers = false;
  fail_at_ = 2;
  ASSERT_FALSE(put(noise(4 * kPart)));
  EXPECT_EQ(fake_.unfinished_uploads(), 0U);
}

TEST_F(Resume, SendsNothingThatCannotBeRemembered) {
  memory_.answer = fail(ErrorCode::kNoSpace, "full");
  const Status status = put(noise(3 * kPart));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kNoSpace);
  EXPECT_EQ(parts_sent_, 0U);
  EXPECT_EQ(fake_.unfinished_uploads(), 0U);
}

TEST_F(Resume, TakesAnObjectThatAnotherPutCompletedMeanwhile) {
  const std::string content = noise(3 * kPart);
  fail_at_ = 2;
  ASSERT_FALSE(put(content));
  fail_at_ = ~std::size_t{0};
  // Between the last part and the completion.
  fake_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) {
    std::optional<Result<HttpResponse>> answer;
    if (request.method == HttpMethod::kPost && request.url.find("uploadId=") != std::string::npos) {
      fake_.add("root/Data/k", content);
      answer = FakeS3::error(404, "NoSuchUpload");
    }
    return answer;
  });
  EXPECT_TRUE(put(content));
}

}  // namespace
}  // namespace attache::testing
