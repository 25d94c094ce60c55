#include <attache/base/json_text.hpp>
#include <attache/manifest_store/manifest_origin.hpp>
#include <attache/store/object_rules.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace attache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(ManifestOrigin, IsPlainWhereMetadataCanCarryIt) {
  EXPECT_THAT(origin_metadata({"/mnt/a b", "Loc A"}).value(),
              ElementsAre(Pair("asset-root", "/mnt/a b"), Pair("file-system-location-name", "Loc A")));
  EXPECT_THAT(origin_metadata({"C:\\x"}).value(), ElementsAre(Pair("asset-root", "C:\\x")));
}

TEST(ManifestOrigin, IsSaidInJsonWhereNot) {
  for (const std::string& root :
       std::vector<std::string>{"/mnt/é", "/tab\there", "/end ", " /begin", "/\x7f", "/m\xED\xA0\x80"}) {
    const auto metadata = origin_metadata({root}).value();
    ASSERT_EQ(metadata.size(), 2U) << root;
    EXPECT_EQ(metadata.at("asset-root"), metadata.at("asset-root-json"));
    EXPECT_TRUE(check_object_metadata("k", metadata)) << root;
    EXPECT_EQ(read_origin(metadata).value().asset_root, root);
  }
}

TEST(ManifestOrigin, IsSaidOnceIfTwiceIsTooLong) {
  std::string root = "/";
  for (int i = 0; i < 300; ++i) root += "日";
  const auto metadata = origin_metadata({root}).value();
  EXPECT_EQ(metadata.count("asset-root"), 0U);
  EXPECT_TRUE(check_object_metadata("k", metadata));
  EXPECT_EQ(read_origin(metadata).value().asset_root, root);
}

TEST(ManifestOrigin, IsRefusedIfItIsTooLongAtAll) {
  EXPECT_TRUE(origin_metadata({std::string(2048 - 10, 'x')}));
  const auto refused = origin_metadata({std::string(2048 - 9, 'x')});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(refused.error().message(), HasSubstr("2048"));
  EXPECT_LT(refused.error().message().size(), 1000U) << "it shows an excerpt";
  EXPECT_FALSE(origin_metadata({"/r", std::string(2048, 'L')}));
}

TEST(ManifestOrigin, RefusesLocationNamesThatCannotBeSent) {
  for (const std::string& location : std::vector<std::string>{"Größe", "a\nb", " a", "a "}) {
    const auto refused = origin_metadata({"/r", location});
    ASSERT_FALSE(refused) << location;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().message(), HasSubstr("location"));
  }
}

TEST(ManifestOrigin, IsReadAsWritten) {
  const StatedOrigin both =
      read_origin({{"asset-root", "x"}, {"asset-root-json", "\"/\\u00e9\""}, {"file-system-location-name", "L"}})
          .value();
  EXPECT_EQ(both.asset_root, "/é") << "the JSON text is preferred";
  EXPECT_EQ(both.location, "L");
  EXPECT_EQ(read_origin({{"asset-root", "\"/\\u00e9\""}}).value().asset_root, "\"/\\u00e9\"") << "as it stands";
  EXPECT_EQ(read_origin({}).value().asset_root, std::nullopt);
  EXPECT_EQ(read_origin({{"asset-root", "/a"}, {"asset-root-json", "null"}}).value().asset_root, std::nullopt);
}

TEST(ManifestOrigin, RefusesJsonThatIsNoText) {
  for (const std::string& json :
       std::vector<std::string>{"\"/r\\u0000x\"", "not json", "5", "[\"/r\"]", "\"/r", "\"/r\" x", ""}) {
    const auto refused = read_origin({{"asset-root", "/a"}, {"asset-root-json", json}});
    ASSERT_FALSE(refused) << json;
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidManifest);
    EXPECT_THAT(refused.error().message(), HasSubstr("asset-root-json"));
  }
}

}  // namespace
}  // namespace attache
