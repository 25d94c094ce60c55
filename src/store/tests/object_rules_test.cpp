#include <attache/store/object_rules.hpp>

#include <gtest/gtest.h>

namespace attache {
namespace {

TEST(ObjectRules, AcceptsKeysOfEveryStore) {
  for (const char* key : {"a", "Data/00.xxh128", "a b", ".hidden/x", "...", "a..", "é", "attache-", ".attache"}) {
    EXPECT_TRUE(check_object_key(key)) << key;
  }
  EXPECT_TRUE(check_object_key(std::string(1024, 'k')));
}

TEST(ObjectRules, SaysWhichKeyIsWrongAndWhy) {
  const Status status = check_object_key("Data/../x\n");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(status.error().message(), "object key 'Data/../x\\n' has a '..' component");
  EXPECT_FALSE(status.error().remedy().empty());
}

TEST(ObjectRules, DoesNotRepeatAWholeHostileKey) {
  const Status status = check_object_key(std::string(1'000'000, 'k'));
  ASSERT_FALSE(status);
  EXPECT_LT(status.error().message().size(), 400U);
}

TEST(ObjectRules, CountsNamesAndValuesOfMetadata) {
  EXPECT_TRUE(check_object_metadata("k", {{"ab", std::string(2046, 'x')}}));
  const Status status = check_object_metadata("k", {{"ab", std::string(2047, 'x')}});
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("2048"), std::string::npos);
  EXPECT_FALSE(check_object_metadata("k", {{"a", std::string(1500, 'x')}, {"b", std::string(600, 'x')}}));
}

TEST(ObjectRules, KnowsWhatATagMayBe) {
  std::map<std::string, std::string> ten;
  for (int i = 0; i < 10; ++i) ten["t" + std::to_string(i)] = "";
  EXPECT_TRUE(check_object_tags("k", ten));
  EXPECT_TRUE(check_object_tags("k", {{std::string(128, 'n'), std::string(256, 'v')}}));
  std::string accents;
  for (int i = 0; i < 128; ++i) accents += "é";
  EXPECT_TRUE(check_object_tags("k", {{accents, accents}})) << "characters are counted, not bytes";
  ten["t10"] = "";
  using Tags = std::map<std::string, std::string>;
  for (const Tags& tags : {ten, Tags{{"", "v"}}, Tags{{std::string(129, 'n'), ""}}, Tags{{"n", std::string(257, 'v')}},
                           Tags{{"aws:n", ""}}, Tags{{"n\n", ""}}, Tags{{"n", "\xff"}}}) {
    const Status status = check_object_tags("k", tags);
    ASSERT_FALSE(status) << tags.begin()->first;
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_FALSE(status.error().remedy().empty());
  }
}

}  // namespace
}  // namespace attache
