#include <attache/paths/asset_references.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace attache {
namespace {

using testing::ElementsAre;

std::string error_of(std::string_view json) {
  const auto references = parse_asset_references(json, PathFormat::kPosix);
  return references ? "accepted" : references.error().message();
}

TEST(AssetReferences, AreNormalisedAndSorted) {
  const auto references = parse_asset_references(
      R"({"assetReferences": {"inputs": {"filenames": ["/b", "/a", "", "x/../b2"], "directories": ["/d/"]},
          "outputs": {"directories": ["/o/../p"]}, "referencedPaths": ["/r//x", "/r/x", "//n"]}})",
      PathFormat::kPosix);
  ASSERT_TRUE(references) << references.error().to_string();
  EXPECT_THAT(references->input_filenames, ElementsAre(".", "/a", "/b", "b2"));
  EXPECT_THAT(references->input_directories, ElementsAre("/d"));
  EXPECT_THAT(references->output_directories, ElementsAre("/p"));
  EXPECT_THAT(references->referenced_paths, ElementsAre("//n", "/r/x"));
  EXPECT_EQ(
      parse_asset_references(R"({"assetReferences":{"inputs":{"filenames":["C:/a\\..\\b"]}}})", PathFormat::kWindows)
          ->input_filenames.front(),
      "C:\\b");
}

TEST(AssetReferences, EveryPartIsOptional) {
  for (const char* json : {"null", "{}", R"({"assetReferences":{}})", R"({"assetReferences":{"inputs":{}}})"}) {
    EXPECT_EQ(*parse_asset_references(json, PathFormat::kPosix), AssetReferences()) << json;
  }
}

TEST(AssetReferences, OtherTypesAreRefusedByName) {
  EXPECT_EQ(error_of(R"({"other": 1})"), "asset references: 'assetReferences' is missing");
  EXPECT_EQ(error_of("[]"), "asset references: the document is not an object");
  EXPECT_EQ(error_of(R"({"assetReferences": {"inputs": null}})"),
            "asset references: 'inputs' must be an object, not null");
  EXPECT_EQ(error_of(R"({"assetReferences": {"inputs": {"filenames": "/a"}}})"),
            "asset references: 'filenames' must be an array, not a string");
  EXPECT_EQ(error_of(R"({"assetReferences": {"referencedPaths": ["/a", 1]}})"),
            "asset references: 'referencedPaths' must hold strings only, not an integer");
  EXPECT_EQ(error_of("{"), "asset references: not JSON in line 1, column 2: expected a key in double quotes");
  EXPECT_EQ(error_of(""), "asset references: not JSON in line 1, column 1: it is empty");
}

TEST(AssetReferences, AreWrittenInTheIncumbentsOrder) {
  const AssetReferences references{{"/f\xC3\xA9"}, {"/d"}, {"/o"}, {"/r1", "/r2"}};
  const std::string json = encode_asset_references(references);
  EXPECT_EQ(json, R"({"assetReferences":{"inputs":{"directories":["/d"],"filenames":["/f\u00e9"]},)"
                  R"("outputs":{"directories":["/o"]},"referencedPaths":["/r1","/r2"]}})");
  EXPECT_EQ(*parse_asset_references(json, PathFormat::kPosix), references);
}

}  // namespace
}  // namespace attache
