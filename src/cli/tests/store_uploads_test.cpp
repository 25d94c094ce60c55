#include "program_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>

namespace attache {
namespace {

using testing::HasSubstr;
using testing::Not;

std::int64_t seconds_ago(std::int64_t seconds) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count() - seconds * 1'000'000;
}

/// Uploads in memory, two to a page.
struct FakeUploads {
  std::vector<UnfinishedUpload> uploads;
  std::map<std::string, std::vector<std::uint64_t>> parts;  ///< sizes by upload id; none: gone
  std::vector<std::string> aborted;
  std::optional<Error> parts_error;
  std::map<std::string, Error> abort_errors;  ///< by upload id
  StoreRequest request;
};

class FakeAdmin final : public UploadAdmin {
 public:
  explicit FakeAdmin(FakeUploads& state) : state_(state) {}

  std::string root_uri() const override { return "s3://bucket/root"; }
  Result<UploadPage> list_uploads(std::string_view prefix, const UploadCursor& from, std::stop_token stop) override {
    if (stop.stop_requested()) return cancelled();
    UploadPage page;
    for (const UnfinishedUpload& upload : state_.uploads) {
      if (!upload.key.starts_with(prefix) || (!from.id.empty() && upload.id <= from.id)) continue;
      if (page.uploads.size() == 2) {
        page.next = UploadCursor{page.uploads.back().key, page.uploads.back().id};
        break;
      }
      page.uploads.push_back(upload);
    }
    return page;
  }
  Result<std::optional<PartPage>> list_parts(std::string_view /*key*/, std::string_view upload_id, std::uint32_t after,
                                             std::stop_token /*stop*/) override {
    if (state_.parts_error) return fail(*state_.parts_error);
    const auto found = state_.parts.find(std::string(upload_id));
    if (found == state_.parts.end()) return std::nullopt;
    // One part to a page.
    PartPage page;
    if (after < found->second.size()) page.parts.push_back({after + 1, found->second[after], {}, {}});
    if (after + 1 < found->second.size()) page.next = after + 1;
    return page;
  }
  Status abort_upload(std::string_view /*key*/, std::string_view upload_id, std::stop_token /*stop*/) override {
    const auto error = state_.abort_errors.find(std::string(upload_id));
    if (error != state_.abort_errors.end()) return fail(error->second);
    state_.aborted.emplace_back(upload_id);
    return {};
  }

 private:
  FakeUploads& state_;
};

class StoreUploads : public ProgramTest {
 protected:
  StoreUploads() {
    open_upload_admin = [this](const StoreRequest& request) -> Result<std::unique_ptr<UploadAdmin>> {
      state.request = request;
      return std::make_unique<FakeAdmin>(state);
    };
    state.uploads = {{"Data/a", "u1", seconds_ago(3 * 86'400 + 60), "artist"},
                     {"Data/b\n", "u2", seconds_ago(7'200), ""},
                     {"Manifests/c", "u3", std::nullopt, ""}};
    state.parts = {{"u1", {8'000'000, 2'000'000}}, {"u2", {}}, {"u3", {5}}};
  }

  Outcome uploads(std::vector<std::string> args) {
    args.insert(args.begin(), "uploads");
    return run_program("store", std::move(args));
  }

  FakeUploads state;
};

TEST_F(StoreUploads, ListsThemWithAgeSizeAndInitiator) {
  const Outcome outcome = uploads({"--s3-root-uri", "s3://bucket/root", "--region", "eu-west-1", "--requester-pays",
                                   "--expected-bucket-owner", "123456789012"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("Data/a\n  Upload   u1\n  Started  3 days ago by artist\n  Parts    2, 10.0 MB\n"));
  EXPECT_THAT(outcome.out, HasSubstr("Data/b\\n\n  Upload   u2\n  Started  2 hours ago\n  Parts    0, 0 B\n"));
  EXPECT_THAT(outcome.out, HasSubstr("  Started  at an unknown time\n"));
  EXPECT_THAT(outcome.out, HasSubstr("3 unfinished uploads, 10.0 MB\n"));
  EXPECT_THAT(outcome.out, HasSubstr("--abort"));
  EXPECT_TRUE(state.aborted.empty());
  EXPECT_EQ(state.request.uri, "s3://bucket/root");
  EXPECT_EQ(state.request.region, "eu-west-1");
  EXPECT_EQ(state.request.expected_bucket_owner, "123456789012");
  EXPECT_TRUE(state.request.requester_pays);
}

TEST_F(StoreUploads, PrintsOneDocumentForPrograms) {
  const Outcome outcome = uploads({"--json", "--prefix", "Data/"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("{\"schemaVersion\":1,\"store\":\"s3://bucket/root\",\"uploads\":[{\"key\":"
                                     "\"Data/a\",\"uploadId\":\"u1\",\"started\":\"20"));
  EXPECT_THAT(outcome.out, HasSubstr("\"initiator\":\"artist\",\"parts\":2,\"bytes\":10000000}"));
  EXPECT_THAT(outcome.out, HasSubstr("],\"count\":2,\"bytes\":10000000,\"aborted\":0}\n"));
}

TEST_F(StoreUploads, SaysWhenThereAreNone) {
  state.uploads.clear();
  EXPECT_EQ(uploads({}).out, "0 unfinished uploads, 0 B\n");
}

TEST_F(StoreUploads, SelectsByAge) {
  EXPECT_THAT(uploads({"--older-than", "1h"}).out, HasSubstr("2 unfinished uploads"));
  EXPECT_THAT(uploads({"--older-than", "3d"}).out, HasSubstr("1 unfinished upload,"));
  EXPECT_THAT(uploads({"--older-than", "4d"}).out, HasSubstr("0 unfinished uploads"));
  const Outcome outcome = uploads({"--older-than", "soon"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("'soon'"));
  EXPECT_THAT(outcome.err, HasSubstr("7d"));
}

TEST_F(StoreUploads, AbortsOnlyWhenItIsTold) {
  // Without an age those that may be under way, and of unknown age, are left alone.
  Outcome outcome = uploads({"--abort"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(state.aborted, std::vector<std::string>{"u1"});
  EXPECT_THAT(outcome.out, HasSubstr("  Aborted\n1 unfinished upload, 10.0 MB; 1 aborted\n"));
  state.aborted.clear();
  outcome = uploads({"--abort", "--older-than", "1h", "--json"});
  EXPECT_EQ(state.aborted, (std::vector<std::string>{"u1", "u2"}));
  EXPECT_THAT(outcome.out, HasSubstr("\"aborted\":true}"));
  EXPECT_THAT(outcome.out, HasSubstr("\"aborted\":2}\n"));
  state.aborted.clear();
  EXPECT_EQ(uploads({"--abort", "--older-than", "0s"}).status, 0);
  EXPECT_EQ(state.aborted.size(), 3U) << "whatever their age";
}

TEST_F(StoreUploads, AbortsTheOthersWhenOneCannotBe) {
  state.abort_errors.emplace("u1", Error(ErrorCode::kPermissionDenied, "cannot abort it", "allow it"));
  const Outcome outcome = uploads({"--abort", "--older-than", "0s"});
  EXPECT_EQ(outcome.status, 5);
  EXPECT_THAT(outcome.err, HasSubstr("cannot abort it"));
  EXPECT_EQ(state.aborted, (std::vector<std::string>{"u2", "u3"}));
  EXPECT_THAT(outcome.out, HasSubstr("3 unfinished uploads, 10.0 MB; 2 aborted\n"));
}

TEST_F(StoreUploads, ListsThemWithoutSizesIfItMayNotAskForThem) {
  state.parts_error = Error(ErrorCode::kPermissionDenied, "cannot list the parts", "allow it");
  const Outcome outcome = uploads({});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("  Parts    unknown\n"));
  EXPECT_THAT(outcome.out, HasSubstr("3 unfinished uploads\n"));
  EXPECT_EQ(outcome.err.find("cannot list the parts"), outcome.err.rfind("cannot list the parts")) << "said once";
  EXPECT_THAT(uploads({"--json"}).out, Not(HasSubstr("\"parts\"")));
}

TEST_F(StoreUploads, PassesOverOneThatWasFinishedMeanwhile) {
  state.parts.erase("u1");
  EXPECT_THAT(uploads({}).out, HasSubstr("2 unfinished uploads"));
}

TEST_F(StoreUploads, EndsWhenItIsCancelled) {
  stop.request_stop();
  EXPECT_EQ(uploads({}).status, 130);
}

TEST_F(StoreUploads, AreTemporaryFilesInADirectory) {
  state.uploads = {{"Data/.attache-0123456789abcdef.tmp", "", seconds_ago(3 * 86'400 + 60), ""}};
  state.parts = {{"", {7'000'000}}};
  EXPECT_THAT(uploads({}).out, HasSubstr("abcdef.tmp\n  Written  3 days ago\n  Parts    1, 7.0 MB\n"));
  const Outcome outcome = uploads({"--json"});
  EXPECT_THAT(outcome.out, HasSubstr("abcdef.tmp\",\"written\":\"20"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("uploadId")));
}

TEST_F(StoreUploads, ReportsThatAStoreCannotBeOpened) {
  open_upload_admin = [](const StoreRequest&) -> Result<std::unique_ptr<UploadAdmin>> {
    return fail(ErrorCode::kInvalidArgument, "x://y is no store", "name another");
  };
  EXPECT_EQ(uploads({"--s3-root-uri", "x://y"}).status, 2);
}

}  // namespace
}  // namespace attache
