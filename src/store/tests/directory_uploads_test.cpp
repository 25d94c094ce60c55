#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/store/directory_store.hpp>

#include <gmock/gmock.h>

#include <filesystem>

namespace attache {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kLeft = "Data/.attache-0123456789abcdef.tmp";
constexpr const char* kLeftOfMetadata = ".attache-metadata/Manifests/f/.attache-00000000000000ff.tmp";

class DirectoryUploads : public ::testing::Test {
 protected:
  std::vector<std::string> keys(std::string_view prefix = {}) {
    std::vector<std::string> found;
    const auto page = admin_->list_uploads(prefix, {}, {});
    EXPECT_TRUE(page) << page.error().to_string();
    for (const UnfinishedUpload& upload : page->uploads) found.push_back(upload.key);
    return found;
  }
  bool is_there(const std::string& key) const { return std::filesystem::exists(root_ + "/" + key); }

  TemporaryDirectory directory_;
  const std::string root_ = directory_ / "store";
  std::unique_ptr<UploadAdmin> admin_ = make_directory_upload_admin({.path = root_});
};

TEST_F(DirectoryUploads, AreTheTemporaryFilesOfTheStore) {
  EXPECT_THAT(keys(), IsEmpty()) << "there is no directory yet";
  const auto store = make_directory_store({.path = root_});
  MemorySource source(std::as_bytes(std::span("content", 7)));
  ASSERT_TRUE(store->put("Data/one", source, {}, {}));
  EXPECT_THAT(keys(), IsEmpty());
  TreeBuilder(root_)
      .file_at(kLeft, "half of it", 1'700'000'000'000'000'000)
      .file(kLeftOfMetadata, "a: b")
      .file("Data/.attache-0123456789abcdeg.tmp", "somebody else's")
      .file("Data/.attache-0123456789abcdef.tmpx", "somebody else's");
  EXPECT_THAT(keys(), ElementsAre(kLeftOfMetadata, kLeft));
  EXPECT_THAT(keys("Data/"), ElementsAre(kLeft));
  const auto upload = admin_->list_uploads("Data/", {}, {})->uploads.at(0);
  EXPECT_EQ(upload.id, "");
  EXPECT_EQ(upload.started_us, 1'700'000'000'000'000);
  const auto parts = admin_->list_parts(kLeft, "", 0, {});
  ASSERT_TRUE(parts && *parts);
  ASSERT_EQ((*parts)->parts.size(), 1U);
  EXPECT_EQ((*parts)->parts[0].size, 10U);
  EXPECT_EQ((*parts)->next, std::nullopt);
}

TEST_F(DirectoryUploads, AreRemovedAndNothingElseIs) {
  std::filesystem::create_directory(root_);
  TreeBuilder(root_).file(kLeft, "half").file("Data/one", "an object");
  std::filesystem::create_directory(directory_ / "outside");
  TreeBuilder(directory_ / "outside").file(".attache-0123456789abcdef.tmp", "not ours");
  std::filesystem::create_directory_symlink(directory_ / "outside", root_ + "/link");
  EXPECT_THAT(keys(), ElementsAre(kLeft)) << "linked directories are not entered";
  EXPECT_TRUE(admin_->abort_upload(kLeft, "", {}));
  EXPECT_FALSE(is_there(kLeft));
  EXPECT_TRUE(admin_->abort_upload(kLeft, "", {})) << "given up already";
  EXPECT_EQ(admin_->list_parts(kLeft, "", 0, {}).value(), std::nullopt);
  EXPECT_EQ(admin_->abort_upload("Data/one", "", {}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(admin_->abort_upload("link/.attache-0123456789abcdef.tmp", "", {}).error().code(), ErrorCode::kOutsideRoot);
  EXPECT_TRUE(is_there("Data/one"));
  EXPECT_TRUE(is_there("link/.attache-0123456789abcdef.tmp"));
}

TEST_F(DirectoryUploads, AreNotThoseOfAFile) {
  TreeBuilder(directory_.path()).file("store", "a file");
  EXPECT_FALSE(admin_->list_uploads("", {}, {})) << "a file is no store without uploads";
  EXPECT_FALSE(admin_->list_parts(kLeft, "", 0, {}));
  EXPECT_FALSE(admin_->abort_upload(kLeft, "", {}));
}

TEST_F(DirectoryUploads, StopWhenTold) {
  std::filesystem::create_directory(root_);
  TreeBuilder(root_).file(kLeft, "half");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(admin_->list_uploads("", {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(admin_->list_parts(kLeft, "", 0, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(admin_->abort_upload(kLeft, "", stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(is_there(kLeft));
}

}  // namespace
}  // namespace attache
