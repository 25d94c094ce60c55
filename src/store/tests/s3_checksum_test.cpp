#include "s3_checksum.hpp"

#include <attache/hash/crc.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <algorithm>
#include <set>

namespace attache::testing {
namespace {

class S3Checksums : public ::testing::Test {
 protected:
  static Status put(ObjectStore& store, std::string_view key, std::string_view content,
                    const PutOptions& options = {}) {
    MemorySource source(std::as_bytes(std::span(content)));
    return store.put(key, source, options, {});
  }
  static std::string header(const SeenRequest& request, std::string_view name) {
    return std::string(request.headers.find(name).value_or("<none>"));
  }
  static bool is_part(const SeenRequest& request) { return request.url.find("partNumber=") != std::string::npos; }
  static bool is_completion(const SeenRequest& request) {
    return request.method == HttpMethod::kPost && request.url.find("uploadId=") != std::string::npos;
  }
  std::vector<SeenRequest> seen() { return s3_.transport().requests(); }
  /// Changes what the server says in a field, of answers for which `is_meant`.
  void lie(std::string field, std::string value, std::function<bool(const SeenRequest&)> is_meant) {
    s3_.intercept([this, field, value, is_meant](const SeenRequest& request, std::size_t,
                                                 const std::stop_token&) -> std::optional<Result<HttpResponse>> {
      if (!is_meant(request)) return std::nullopt;
      ++lies_;
      HttpResponse response = respond(200, "", {{"ETag", "\"e\""}, {field, value}});
      if (request.method == HttpMethod::kGet) {
        response.status = 206;
        response.body = "content";
        response.headers.add("Content-Range", "bytes 0-6/7");
      }
      return response;
    });
  }

  FakeS3 s3_;
  int lies_ = 0;
};

TEST_F(S3Checksums, AreWrittenAsBase64OfTheirBytes) {
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc32c, 0), "AAAAAA==");
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc32c, 0xffffffff), "/////w==");
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc32c, 0xe3069283), "4waSgw==");
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc32c, 1), "AAAAAQ==");
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc64Nvme, 0), "AAAAAAAAAAA=");
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc64Nvme, 0xae8b14860a799888), "rosUhgp5mIg=");
  EXPECT_EQ(s3_checksum_text(S3Checksum::kCrc64Nvme, 1), "AAAAAAAAAAE=");
}

TEST_F(S3Checksums, AreComparedOnlyIfTheyAreThatOfTheWhole) {
  EXPECT_TRUE(check_claim(S3Checksum::kCrc32c, 1, "AAAAAQ==", "u"));
  EXPECT_TRUE(check_claim(S3Checksum::kCrc32c, 1, "", "u"));
  EXPECT_TRUE(check_claim(S3Checksum::kCrc32c, 1, "yZRlqg==-3", "u")) << "composed of those of parts";
  EXPECT_TRUE(check_claim(S3Checksum::kNone, 1, "yZRlqg==", "u"));
  const Status differs = check_claim(S3Checksum::kCrc32c, 1, "yZRlqg==", "s3://b/k");
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().code(), ErrorCode::kIntegrity);
  EXPECT_NE(differs.error().message().find("s3://b/k"), std::string::npos);
  EXPECT_FALSE(differs.error().remedy().empty());
}

TEST_F(S3Checksums, GoWithEveryBody) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::string large = noise(11 * kMiB);
  ASSERT_TRUE(put(*store, "small", "123456789"));
  ASSERT_TRUE(put(*store, "large", large));
  const std::vector<SeenRequest> requests = seen();
  ASSERT_EQ(requests.size(), 6U);
  EXPECT_EQ(header(requests[0], "x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
  EXPECT_EQ(header(requests[1], "x-amz-checksum-algorithm"), "CRC64NVME");
  EXPECT_EQ(header(requests[1], "x-amz-checksum-type"), "FULL_OBJECT");
  for (const SeenRequest& request : requests) {
    if (is_part(request)) {
      EXPECT_EQ(header(request, "x-amz-checksum-crc64nvme").size(), 12U);
    }
  }
  const SeenRequest& completion = requests[5];
  ASSERT_TRUE(is_completion(completion));
  EXPECT_EQ(header(completion, "x-amz-checksum-crc64nvme"),
            s3_checksum_text(S3Checksum::kCrc64Nvme, crc64nvme(std::as_bytes(std::span(large)))))
      << "of the whole object, made of those of its parts";
  EXPECT_EQ(header(completion, "x-amz-checksum-type"), "FULL_OBJECT");
  EXPECT_EQ(header(completion, "x-amz-mp-object-size"), std::to_string(large.size()));
}

TEST_F(S3Checksums, AreThoseThatTheOptionsSay) {
  S3StoreOptions options = FakeS3::store_options();
  options.checksum = S3Checksum::kCrc32c;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "x", "123456789"));
  ASSERT_TRUE(put(*store, "large", noise(6 * kMiB)));
  EXPECT_EQ(header(seen()[0], "x-amz-checksum-crc32c"), "4waSgw==");
  EXPECT_EQ(header(seen()[1], "x-amz-checksum-algorithm"), "CRC32C");
  EXPECT_NE(header(seen().back(), "x-amz-checksum-crc32c"), "<none>");
}

TEST_F(S3Checksums, OfTheWholeAreLeftOutWhereAServerComparesPartsOnly) {
  s3_.ignore_checksum_type();
  S3StoreOptions options = FakeS3::store_options();
  options.checksum = S3Checksum::kCrc32c;
  const std::unique_ptr<ObjectStore> store = s3_.store(options);
  ASSERT_TRUE(put(*store, "large", noise(11 * kMiB)));
  EXPECT_EQ(header(seen().back(), "x-amz-checksum-crc32c"), "<none>");
  EXPECT_NE(seen().back().body.find("<ChecksumCRC32C>"), std::string::npos);
}

TEST_F(S3Checksums, WeakenForAServerThatRefusesThemAndStayWeak) {
  for (const bool is_large : {false, true}) {
    for (const S3Checksum known : {S3Checksum::kCrc32c, S3Checksum::kNone}) {
      for (const auto& [status, code] : {std::pair{501, "NotImplemented"}, std::pair{400, "InvalidRequest"}}) {
        FakeS3 s3;
        s3.refuse_checksums_above(known, status, code);
        const std::unique_ptr<ObjectStore> store = s3.store();
        const std::string content = is_large ? noise(6 * kMiB) : "content";
        ASSERT_TRUE(put(*store, "x", content)) << status;
        EXPECT_TRUE(s3.objects().at("root/x") == content);
        const std::size_t first = s3.transport().requests().size();
        EXPECT_EQ(first, (is_large ? 4U : 1U) + (known == S3Checksum::kNone ? 2U : 1U));
        ASSERT_TRUE(put(*store, "y", content));
        EXPECT_EQ(s3.transport().requests().size(), first + (is_large ? 4U : 1U)) << "asked only once";
        for (std::size_t i = first; i < s3.transport().requests().size(); ++i) {
          const SeenRequest request = s3.transport().requests()[i];
          EXPECT_EQ(header(request, "x-amz-checksum-crc64nvme"), "<none>");
          if (request.method == HttpMethod::kPut) {
            EXPECT_EQ(header(request, "x-amz-checksum-crc32c") != "<none>", known == S3Checksum::kCrc32c);
          }
        }
      }
    }
  }
}

TEST_F(S3Checksums, GiveWayToASignatureOverTheBodyWithTls) {
  s3_.refuse_checksums_above(S3Checksum::kNone);
  const std::unique_ptr<ObjectStore> store = s3_.store(FakeS3::store_options(), true);
  ASSERT_TRUE(put(*store, "x", "1"));
  ASSERT_TRUE(put(*store, "large", noise(6 * kMiB)));
  for (const SeenRequest& request : seen()) {
    if (request.method != HttpMethod::kPut) continue;
    const bool is_checked =
        header(request, "x-amz-checksum-crc64nvme") != "<none>" || header(request, "x-amz-checksum-crc32c") != "<none>";
    EXPECT_EQ(header(request, "x-amz-content-sha256") == "UNSIGNED-PAYLOAD", is_checked) << request.url;
  }
}

TEST_F(S3Checksums, AreNotWeakenedByARefusalThatHasAnotherReason) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return FakeS3::error(400, "InvalidRequest", "something else");
  });
  const Status refused = put(*store, "x", "1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(seen().size(), 3U);
  s3_.intercept(nullptr);
  ASSERT_TRUE(put(*store, "x", "1"));
  EXPECT_NE(header(seen().back(), "x-amz-checksum-crc64nvme"), "<none>");
  // Nor by what no checksum can be the reason of.
  for (const auto& [status, code] : {std::pair{403, "AccessDenied"}, std::pair{400, "EntityTooLarge"}}) {
    const std::size_t before = seen().size();
    s3_.intercept([status = status, code = code](const SeenRequest&, std::size_t, const std::stop_token&) {
      return FakeS3::error(status, code);
    });
    EXPECT_FALSE(put(*store, "x", "1"));
    EXPECT_EQ(seen().size(), before + 1);
  }
}

TEST_F(S3Checksums, OfTheReplyToAPutAreChecked) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  lie("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=", [](const SeenRequest& r) { return r.method == HttpMethod::kPut; });
  const Status whole = put(*store, "x", "content");
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code(), ErrorCode::kIntegrity) << whole.error().to_string();
  const Status parts = put(*store, "large", noise(6 * kMiB));
  ASSERT_FALSE(parts);
  EXPECT_EQ(parts.error().code(), ErrorCode::kIntegrity);
  EXPECT_EQ(s3_.unfinished_uploads(), 0U) << "and the upload is aborted";
  EXPECT_FALSE(s3_.objects().contains("root/large"));
}

TEST_F(S3Checksums, OfTheReplyToACompletionAreChecked) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  s3_.intercept(
      [](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (!is_completion(request)) return std::nullopt;
        return respond(200,
                       "<CompleteMultipartUploadResult><ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>"
                       "</CompleteMultipartUploadResult>");
      });
  const Status status = put(*store, "large", noise(6 * kMiB));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kIntegrity);
}

TEST_F(S3Checksums, OfAWholeObjectAreCheckedWhenItIsRead) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  lie("x-amz-checksum-crc64nvme", s3_checksum_text(S3Checksum::kCrc64Nvme, 5),
      [](const SeenRequest& r) { return r.method == HttpMethod::kGet; });
  CollectingSink sink;
  const auto damaged = store->get("x", sink, {}, {});
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kIntegrity) << damaged.error().to_string();
  EXPECT_EQ(sink.begins, 0);
  EXPECT_EQ(lies_, 3) << "damage on the way passes, so it is tried again";
  for (const SeenRequest& request : seen()) EXPECT_EQ(header(request, "x-amz-checksum-mode"), "ENABLED");
  lie("x-amz-checksum-crc32c", s3_checksum_text(S3Checksum::kCrc32c, 5),
      [](const SeenRequest& r) { return r.method == HttpMethod::kGet; });
  EXPECT_FALSE(store->get("x", sink, {}, {})) << "also one that we would not send";
}

TEST_F(S3Checksums, LetAnObjectPassThatWasDamagedOnceOnItsWay) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  ASSERT_TRUE(put(*store, "x", "content"));
  s3_.intercept(
      [this](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.method != HttpMethod::kGet || ++lies_ > 2) return std::nullopt;
        return respond(206, "cXntent",
                       {{"ETag", "\"version-1\""},
                        {"Content-Range", "bytes 0-6/7"},
                        {"Content-Length", "7"},
                        {"x-amz-checksum-crc64nvme",
                         s3_checksum_text(S3Checksum::kCrc64Nvme, crc64nvme(std::as_bytes(std::span("content", 7))))}});
      });
  CollectingSink sink;
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  EXPECT_EQ(sink.content, "content");
  EXPECT_EQ(lies_, 3);
}

TEST_F(S3Checksums, OfRangesClaimNothing) {
  const std::unique_ptr<ObjectStore> store = s3_.store();
  const std::string content = noise(11 * kMiB);
  ASSERT_TRUE(put(*store, "large", content));
  const std::size_t before = seen().size();
  // Some servers give the checksum of the whole object, or of a part, with every range.
  s3_.intercept(
      [&](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
        if (request.method != HttpMethod::kGet) return std::nullopt;
        unsigned long long first = 0;
        unsigned long long last = 0;
        EXPECT_EQ(std::sscanf(header(request, "range").c_str(), "bytes=%llu-%llu", &first, &last), 2);
        last = std::min<unsigned long long>(last, content.size() - 1);
        return respond(206, content.substr(first, last - first + 1),
                       {{"ETag", "\"e\""},
                        {"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                                              std::to_string(content.size())},
                        {"x-amz-checksum-crc64nvme", "AAAAAAAAAAA="}});
      });
  CollectingSink sink;
  ASSERT_TRUE(store->get("large", sink, {}, {}));
  EXPECT_TRUE(sink.content == content);
  CollectingSink range;
  ASSERT_TRUE(store->get("large", range, {.offset = 3, .length = 4, .if_match = {}}, {}));
  EXPECT_EQ(range.content, content.substr(3, 4));
  std::size_t asked = 0;
  for (std::size_t i = before; i < seen().size(); ++i) asked += header(seen()[i], "x-amz-checksum-mode") == "ENABLED";
  EXPECT_EQ(asked, 1U) << "where the whole object might come";
}

}  // namespace
}  // namespace attache::testing
