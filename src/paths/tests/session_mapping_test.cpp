#include <attache/paths/session_mapping.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using testing::HasSubstr;
using Rules = std::vector<PathMappingRule>;

std::string text(const Result<std::string>& result) {
  return result ? *result : "error: " + result.error().message();
}

TEST(SessionMapping, ManifestsWithoutALocationGetADirectoryOfTheSession) {
  const std::vector<ManifestProperties> manifests{{.root_path = "/a"},
                                                  {.root_path = "C:\\b", .root_path_format = PathFormat::kWindows},
                                                  {.root_path = "/c", .file_system_location_name = "Loc"},
                                                  {.root_path = "/a", .root_path_format = PathFormat::kWindows}};
  EXPECT_EQ(*dynamic_mapping_rules("/s/1/", PathFormat::kPosix, manifests),
            (Rules{{"windows", "/a", "/s/1/assetroot-6753f0a7c41c93505bd3"},
                   {"windows", "C:\\b", "/s/1/assetroot-4d00c550860b3b0e4314"}}));
  EXPECT_FALSE(
      dynamic_mapping_rules("/s", PathFormat::kPosix, std::vector<ManifestProperties>{{.root_path = "\xED\xB2\x80"}}));
}

// BUG-6: the incumbent finds a root only if it is the location's path.
TEST(SessionMapping, ARootBelowItsLocationIsMappedByTheLongestSource) {
  const Rules rules{{"posix", "/proj", "/mnt/proj"}, {"posix", "/proj/shots", "/fast"}};
  const ManifestProperties manifest{.root_path = "/proj/shots/s1", .file_system_location_name = "P"};
  EXPECT_EQ(text(local_root(manifest, "/s", rules, PathFormat::kPosix)), "/fast/s1");
  EXPECT_EQ(text(local_root({.root_path = "/proj", .file_system_location_name = "P"}, "/s", rules, PathFormat::kPosix)),
            "/mnt/proj");
  EXPECT_THAT(
      text(local_root({.root_path = "/other", .file_system_location_name = "P"}, "/s", rules, PathFormat::kPosix)),
      HasSubstr("asset root '/other' (posix) of the location 'P': no path mapping rule applies"));
  EXPECT_THAT(text(local_root(
                  {.root_path = "/proj", .root_path_format = PathFormat::kWindows, .file_system_location_name = "P"},
                  "/s", rules, PathFormat::kPosix)),
              HasSubstr("(windows)"));
  EXPECT_EQ(text(local_root({.root_path = "/a"}, "/s", rules, PathFormat::kPosix)),
            "/s/assetroot-6753f0a7c41c93505bd3");
}

TEST(ManifestPath, IsJoinedByTheRulesOfItsSystem) {
  EXPECT_EQ(text(resolve_manifest_path(PathFormat::kPosix, "/root/", "a/b")), "/root/a/b");
  EXPECT_EQ(text(resolve_manifest_path(PathFormat::kWindows, "Z:\\P\\", "a/b")), "Z:\\P\\a\\b");
  EXPECT_EQ(text(resolve_manifest_path(PathFormat::kPosix, "/", "a/x/../b")), "/a/b");
  EXPECT_EQ(text(resolve_manifest_path(PathFormat::kPosix, "/r", "a\\b")), "/r/a\\b");
}

TEST(ManifestPath, StaysBelowItsRoot) {
  for (const char* path : {"/a", "../a", "a/../../b"}) {
    EXPECT_EQ(resolve_manifest_path(PathFormat::kPosix, "/r", path).error().code(), ErrorCode::kOutsideRoot) << path;
  }
  for (const char* path : {"\\a", "C:a", "D:\\a", "..\\a", "\\\\s\\h\\a"}) {
    EXPECT_EQ(resolve_manifest_path(PathFormat::kWindows, "C:\\r", path).error().code(), ErrorCode::kOutsideRoot)
        << path;
  }
  EXPECT_EQ(resolve_manifest_path(PathFormat::kPosix, "", "a").error().code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace attache
