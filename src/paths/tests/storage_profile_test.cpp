#include <attache/paths/storage_profile.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace attache {
namespace {

using Rules = std::vector<PathMappingRule>;

TEST(StorageProfile, GivesARuleForEveryLocationNameInBoth) {
  const StorageProfile source{"s", "Windows", {{"A", "X:\\a"}, {"Only", "Q:\\"}, {"B", "Y:\\"}, {"b", "U:\\"}}};
  const StorageProfile destination{"d", "LINUX", {{"B", "/b"}, {"Other", "/o"}, {"A", "/a"}}};
  EXPECT_EQ(mapping_rules_between(source, destination), (Rules{{"windows", "X:\\a", "/a"}, {"windows", "Y:\\", "/b"}}));
  EXPECT_EQ(mapping_rules_between(destination, source), (Rules{{"posix", "/b", "Y:\\"}, {"posix", "/a", "X:\\a"}}));
}

TEST(StorageProfile, OfOneNameTheFirstPlaceAndTheLastPathCount) {
  const StorageProfile source{"s", "macos", {{"A", "/a"}, {"B", "/b"}, {"A", "/a2"}}};
  const StorageProfile destination{"d", "linux", {{"A", "/c"}, {"B", "/d"}, {"A", "/c2"}}};
  EXPECT_EQ(mapping_rules_between(source, destination), (Rules{{"posix", "/a2", "/c2"}, {"posix", "/b", "/d"}}));
}

TEST(StorageProfile, TheSameProfileNeedsNoRules) {
  const StorageProfile profile{"s", "linux", {{"A", "/a"}}};
  EXPECT_TRUE(mapping_rules_between(profile, profile).empty());
}

TEST(StorageProfile, SaysWhatHasNoPartner) {
  const StorageProfile source{"s", "windows", {{"A", "X:\\a"}, {"Only", "Q:\\"}, {"A", "X:\\b"}}};
  const StorageProfile destination{"d", "linux", {{"Other", "/o"}, {"A", "/a"}}};
  const ProfileRules rules = explain_rules_between(source, destination);
  EXPECT_EQ(rules.rules, (Rules{{"windows", "X:\\b", "/a"}}));
  EXPECT_EQ(rules.names, std::vector<std::string>{"A"});
  EXPECT_EQ(rules.only_source, (std::vector<FileSystemLocation>{{"Only", "Q:\\"}}));
  EXPECT_EQ(rules.only_destination, (std::vector<FileSystemLocation>{{"Other", "/o"}}));
  EXPECT_EQ(rules.repeated, std::vector<std::string>{"A"});
  EXPECT_FALSE(rules.same_profile);
  EXPECT_TRUE(explain_rules_between(source, source).same_profile);
}

std::string error_of(std::string_view json) {
  const auto profile = parse_storage_profile(json);
  return profile ? "accepted" : profile.error().message();
}

TEST(StorageProfileJson, ReadsWhatTheServiceGives) {
  const auto profile = parse_storage_profile(
      R"({"storageProfileId": "sp-1", "displayName": "Linux \u00e9", "osFamily": "LINUX", "createdAt": 1.5,
          "fileSystemLocations": [{"name": "A", "path": "/a", "type": "SHARED"}, {"name": "B", "path": "/b", "type": "LOCAL"}]})");
  ASSERT_TRUE(profile) << profile.error().to_string();
  EXPECT_EQ(*profile,
            (StorageProfile{
                "sp-1", "LINUX", {{"A", "/a", LocationType::kShared}, {"B", "/b", LocationType::kLocal}}, "Linux é"}));
  EXPECT_EQ(*parse_storage_profile(encode_storage_profile(*profile)), *profile);
  EXPECT_EQ(encode_storage_profile({"i", "windows", {{"N", "C:\\", LocationType::kShared}}, "D"}),
            R"({"storageProfileId":"i","displayName":"D","osFamily":"windows",)"
            R"("fileSystemLocations":[{"name":"N","path":"C:\\","type":"SHARED"}]})");
}

TEST(StorageProfileJson, NamesTheKeyAndTheLocation) {
  EXPECT_EQ(error_of(R"({"osFamily": "linux"})"), "storage profile: 'storageProfileId' is missing");
  EXPECT_EQ(error_of(R"({"storageProfileId": "x", "osFamily": "beos"})"), "storage profile: 'osFamily' is 'beos'");
  const std::string head = R"({"storageProfileId": "x", "osFamily": "linux", "fileSystemLocations": )";
  EXPECT_EQ(error_of(head + "{}}"), "storage profile: 'fileSystemLocations' must be an array, not an object");
  EXPECT_EQ(error_of(head + "[1]}"), "storage profile: location 0: it is not an object");
  EXPECT_EQ(error_of(head + R"([{"name": "A", "path": "/a", "type": "LOCAL"}, {"name": "B", "path": "/b"}]})"),
            "storage profile: location 1: 'type' is missing");
  EXPECT_EQ(error_of(head + R"([{"name": "A", "path": "/a", "type": "local"}]})"),
            "storage profile: location 0: 'A' has the unknown type 'local'");
  EXPECT_EQ(error_of(head + R"([{"name": "A", "path": "", "type": "LOCAL"}]})"),
            "storage profile: location 0: 'A' has no path");
  EXPECT_EQ(error_of("[]"), "storage profile: it is not an object");
}

}  // namespace
}  // namespace attache
