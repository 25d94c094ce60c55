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

}  // namespace
}  // namespace attache
