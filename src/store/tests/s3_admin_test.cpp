#include <attache/store/s3_admin.hpp>
#include <attache/store/testing/fake_s3.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace attache::testing {
namespace {

using Tags = std::map<std::string, std::string>;

class S3AdminTest : public ::testing::Test {
 protected:
  std::unique_ptr<S3Admin> admin(const S3StoreOptions& options = FakeS3::store_options()) {
    Result<std::unique_ptr<S3Admin>> made =
        make_s3_admin(options, FakeS3::settings(), s3_.transport(), s3_.credentials());
    EXPECT_TRUE(made);
    return std::move(made).value();
  }
  Status put(std::string_view key, std::string_view content, const PutOptions& options = {}) {
    MemorySource source(std::as_bytes(std::span(content)));
    return store_->put(key, source, options, {});
  }
  /// Leaves an upload with `parts` parts of 5 MiB behind.
  void leave_upload(const std::string& key, std::size_t parts) {
    s3_.intercept(
        [](const SeenRequest& request, std::size_t, const std::stop_token&) -> std::optional<Result<HttpResponse>> {
          const bool is_end = request.url.find("uploadId=") != std::string::npos && request.method != HttpMethod::kPut;
          if (!is_end) return std::nullopt;
          return FakeS3::error(403, "AccessDenied");  // neither completed nor aborted
        });
    EXPECT_FALSE(put(key, noise(parts * 5 * kMiB)));
    s3_.intercept(nullptr);
  }
  std::vector<UnfinishedUpload> uploads(S3Admin& admin, std::string_view prefix = "") {
    std::vector<UnfinishedUpload> all;
    UploadCursor from;
    for (;;) {
      Result<UploadPage> page = admin.list_uploads(prefix, from, {});
      if (!page) {
        ADD_FAILURE() << page.error().to_string();
        return all;
      }
      all.insert(all.end(), page->uploads.begin(), page->uploads.end());
      if (!page->next) return all;
      from = *page->next;
    }
  }

  FakeS3 s3_;
  std::unique_ptr<ObjectStore> store_ = s3_.store();
};

TEST_F(S3AdminTest, ListsAndAbortsUnfinishedUploads) {
  const auto admin = this->admin();
  EXPECT_TRUE(uploads(*admin).empty());
  leave_upload("Data/b +é", 2);
  leave_upload("Data/a", 1);
  leave_upload("Manifests/m", 1);
  ASSERT_EQ(s3_.unfinished_uploads(), 3U);

  std::vector<UnfinishedUpload> all = uploads(*admin);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].key, "Data/a");
  EXPECT_EQ(all[1].key, "Data/b +é");
  EXPECT_EQ(all[1].started_us, 1'716'416'223'000'000);
  EXPECT_EQ(all[1].initiator, "artist");
  EXPECT_EQ(uploads(*admin, "Manifests/").size(), 1U);
  EXPECT_EQ(uploads(*admin, "nothing/").size(), 0U);

  const auto parts = admin->list_parts(all[1].key, all[1].id, 0, {});
  ASSERT_TRUE(parts && *parts) << parts.error().to_string();
  ASSERT_EQ((*parts)->parts.size(), 2U);
  EXPECT_EQ((*parts)->parts[1].number, 2U);
  EXPECT_EQ((*parts)->parts[1].size, 5 * kMiB);
  EXPECT_EQ((*parts)->parts[1].checksum.size(), 12U) << "what a later resume compares";
  EXPECT_FALSE((*parts)->next);
  EXPECT_EQ((*admin->list_parts(all[1].key, all[1].id, 1, {}))->parts.size(), 1U);
  EXPECT_FALSE(admin->list_parts("Data/a", "nothing", 0, {}).value());

  EXPECT_TRUE(admin->abort_upload(all[1].key, all[1].id, {}));
  EXPECT_TRUE(admin->abort_upload(all[1].key, all[1].id, {})) << "is aborted already";
  EXPECT_EQ(s3_.unfinished_uploads(), 2U);
  EXPECT_FALSE(admin->list_parts(all[1].key, all[1].id, 0, {}).value());
}

TEST_F(S3AdminTest, GoesThroughAllPages) {
  const auto admin = this->admin();
  const auto page = [](const std::string& key, const std::string& id, bool more) {
    return respond(200, "<ListMultipartUploadsResult><IsTruncated>" + std::string(more ? "true" : "false") +
                            "</IsTruncated><NextKeyMarker>root/" + key + "</NextKeyMarker><NextUploadIdMarker>" + id +
                            "</NextUploadIdMarker><Upload><Key>root/" + key + "</Key><UploadId>" + id +
                            "</UploadId></Upload></ListMultipartUploadsResult>");
  };
  s3_.intercept([&](const SeenRequest& request, std::size_t, const std::stop_token&) {
    const bool is_second = request.url.find("key-marker=root%2Fa&") != std::string::npos &&
                           request.url.find("upload-id-marker=u%2F1") != std::string::npos;
    return is_second ? page("a", "u/2", false) : page("a", "u/1", true);
  });
  const std::vector<UnfinishedUpload> all = uploads(*admin);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].id, "u/2");
  // A server that does not go on would keep a caller for ever.
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) { return page("a", "u/1", true); });
  EXPECT_FALSE(admin->list_uploads("", {.key = "a", .id = "u/1"}, {}));
}

TEST_F(S3AdminTest, NeverShowsUploadsOfOthers) {
  const auto admin = this->admin();
  s3_.intercept([&](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(200,
                   "<ListMultipartUploadsResult><Upload><Key>other/x</Key><UploadId>u</UploadId></Upload>"
                   "</ListMultipartUploadsResult>");
  });
  const auto page = admin->list_uploads("", {}, {});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), ErrorCode::kService);
  EXPECT_NE(page.error().message().find("list unfinished uploads below s3://farm-bucket/root/"), std::string::npos);
}

TEST_F(S3AdminTest, ReadsAndWritesTags) {
  const auto admin = this->admin();
  EXPECT_FALSE(admin->tags("x", {}).value());
  EXPECT_FALSE(admin->set_tags("x", {{"a", "b"}}, {}).value());
  ASSERT_TRUE(put("x", "1"));
  EXPECT_EQ(admin->tags("x", {}).value(), Tags{});
  const Tags tags = {{"project", "a & b"}, {"né", "1+1=2"}, {"empty", ""}};
  EXPECT_TRUE(admin->set_tags("x", tags, {}).value());
  EXPECT_EQ(admin->tags("x", {}).value(), tags);
  EXPECT_TRUE(admin->set_tags("x", {}, {}).value());
  EXPECT_EQ(admin->tags("x", {}).value(), Tags{});
  const auto refused = admin->set_tags("x", {{"aws:x", "1"}}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(S3AdminTest, SeesTagsThatCameWithTheUpload) {
  const auto admin = this->admin();
  const Tags tags = {{"project", "a & b"}, {"né", "1+1=2"}};
  ASSERT_TRUE(put("small", "1", {.content_type = {}, .metadata = {}, .tags = tags}));
  ASSERT_TRUE(put("large", noise(6 * kMiB), {.content_type = {}, .metadata = {}, .tags = tags}));
  EXPECT_EQ(admin->tags("small", {}).value(), tags);
  EXPECT_EQ(admin->tags("large", {}).value(), tags);
  ASSERT_TRUE(store_->copy("small", "copy", {}, {}).value());
  EXPECT_EQ(admin->tags("copy", {}).value(), tags);
}

TEST_F(S3AdminTest, TellsTheRegionOfTheBucket) {
  const auto admin = this->admin();
  EXPECT_EQ(admin->bucket_region({}).value(), "us-east-1");
  EXPECT_EQ(s3_.transport().requests().size(), 1U);
  // The answer to a HEAD has it even where it is a refusal.
  s3_.intercept([](const SeenRequest&, std::size_t, const std::stop_token&) {
    return respond(403, "", {{"x-amz-bucket-region", "ap-south-1"}});
  });
  EXPECT_EQ(admin->bucket_region({}).value(), "ap-south-1");
  // Servers without the header have the request.
  s3_.intercept([](const SeenRequest& request, std::size_t, const std::stop_token&) {
    if (request.method == HttpMethod::kHead) return respond(200);
    EXPECT_NE(request.url.find("?location"), std::string::npos);
    return respond(200, "<LocationConstraint>EU</LocationConstraint>");
  });
  EXPECT_EQ(admin->bucket_region({}).value(), "eu-west-1");
  s3_.intercept(
      [](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(403, "AccessDenied"); });
  const auto denied = admin->bucket_region({});
  ASSERT_FALSE(denied);
  EXPECT_NE(denied.error().remedy().find("s3:GetBucketLocation"), std::string::npos) << denied.error().to_string();
}

TEST_F(S3AdminTest, NamesThePermissionThatIsMissing) {
  const auto admin = this->admin();
  s3_.intercept(
      [](const SeenRequest&, std::size_t, const std::stop_token&) { return FakeS3::error(403, "AccessDenied"); });
  const auto remedy = [](const auto& result) { return result ? std::string("it worked") : result.error().remedy(); };
  EXPECT_NE(remedy(admin->list_uploads("", {}, {})).find("s3:ListBucketMultipartUploads"), std::string::npos);
  EXPECT_NE(remedy(admin->list_parts("x", "u", 0, {})).find("s3:ListMultipartUploadParts"), std::string::npos);
  EXPECT_NE(remedy(admin->abort_upload("x", "u", {})).find("s3:AbortMultipartUpload"), std::string::npos);
  EXPECT_NE(remedy(admin->tags("x", {})).find("s3:GetObjectTagging"), std::string::npos);
  EXPECT_NE(remedy(admin->set_tags("x", {}, {})).find("s3:PutObjectTagging"), std::string::npos);
}

TEST_F(S3AdminTest, RefusesWhatAStoreRefuses) {
  const auto admin = this->admin();
  EXPECT_EQ(admin->root_uri(), "s3://farm-bucket/root");
  EXPECT_FALSE(admin->list_parts("../x", "u", 0, {}));
  EXPECT_FALSE(admin->abort_upload("", "u", {}));
  EXPECT_FALSE(admin->tags("/x", {}));
  S3StoreOptions options = FakeS3::store_options();
  options.prefix = "";
  EXPECT_FALSE(make_s3_admin(options, FakeS3::settings(), s3_.transport(), s3_.credentials()));
  EXPECT_TRUE(s3_.transport().requests().empty());
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(admin->list_uploads("", {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace attache::testing
