#include "presence.hpp"

#include <attache/hash/xxh3.hpp>
#include <attache/store/cas_layout.hpp>
#include <attache/store/memory_store.hpp>

#include "tests/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace attache {
namespace {

std::vector<NeededContent> contents_of(int count) {
  std::vector<NeededContent> contents;
  for (int i = 0; i < count; ++i) contents.push_back({xxh128("content " + std::to_string(i)), 1});
  std::sort(contents.begin(), contents.end(),
            [](const NeededContent& a, const NeededContent& b) { return a.hash < b.hash; });
  return contents;
}

struct Asked {
  std::size_t heads = 0;
  std::size_t lists = 0;
};

Asked asked(const WatchedStore& store) {
  Asked asked;
  for (const std::string& call : store.calls()) {
    asked.heads += call.starts_with("head ") ? 1U : 0U;
    asked.lists += call.starts_with("list ") ? 1U : 0U;
  }
  return asked;
}

class PresenceTest : public testing::Test {
 protected:
  PresenceTest() { watched.pretend_to_be_a_service(); }

  FoundObjects find(const std::vector<NeededContent>& contents, ContentLookup lookup = ContentLookup::kAutomatic) {
    ProgressReporter progress({});
    auto report = find_presence(contents, watched, lookup, progress, {});
    if (!report) throw std::runtime_error(report.error().to_string());
    EXPECT_EQ(progress.progress().files_done, contents.size());
    EXPECT_EQ(report->requests, asked(watched).heads + asked(watched).lists);
    return *std::move(report);
  }

  std::unique_ptr<ObjectStore> store = make_memory_store();
  WatchedStore watched{*store, {}};
};

TEST_F(PresenceTest, IsTheSameByEitherWay) {
  const auto contents = contents_of(400);
  std::vector<FoundObject::Kind> expected(contents.size(), FoundObject::Kind::kPresent);
  for (std::size_t i = 0; i < contents.size(); ++i) {
    if (i % 7 == 3) {
      expected[i] = FoundObject::Kind::kAbsent;
    } else {
      put_text(*store, i % 5 == 0 ? legacy_data_key(contents[i].hash) : data_key(contents[i].hash),
               std::string(i % 11 == 0 ? 2 : 1, 'x'));
      if (i % 13 == 0) put_text(*store, legacy_data_key(contents[i].hash), "old, and longer");
    }
  }
  put_text(*store, "Data/something-else", "x");
  for (const ContentLookup lookup : {ContentLookup::kHead, ContentLookup::kList, ContentLookup::kAutomatic}) {
    WatchedStore other(*store, {});
    other.pretend_to_be_a_service();
    ProgressReporter progress({});
    const auto found = find_presence(contents, other, lookup, progress, {}).value();
    for (std::size_t i = 0; i < contents.size(); ++i) {
      ASSERT_EQ(found.presence[i].kind, expected[i]) << i;
      if (expected[i] != FoundObject::Kind::kPresent) continue;
      ASSERT_EQ(found.presence[i].legacy, i % 5 == 0) << i;
      const std::uint64_t size = i % 5 == 0 && i % 13 == 0 ? 15 : i % 11 == 0 ? 2 : 1;
      ASSERT_EQ(found.presence[i].size, size) << i;
    }
  }
}

TEST_F(PresenceTest, TakesOneRequestForASmallStore) {
  const auto contents = contents_of(300);
  for (std::size_t i = 0; i < contents.size(); i += 2) put_text(*store, data_key(contents[i].hash), "x");
  const FoundObjects report = find(contents);
  EXPECT_TRUE(report.listed);
  EXPECT_EQ(asked(watched).lists, 1U);
  EXPECT_EQ(asked(watched).heads, 0U);
}

TEST_F(PresenceTest, AsksForEachOfAFewObjects) {
  const auto contents = contents_of(24);
  for (const NeededContent& content : contents) put_text(*store, data_key(content.hash), "x");
  const FoundObjects report = find(contents);
  EXPECT_FALSE(report.listed);
  EXPECT_EQ(asked(watched).lists, 0U);
  EXPECT_EQ(asked(watched).heads, 24U);
}

TEST_F(PresenceTest, DoesNotListALargeStoreForAFewObjects) {
  const auto all = contents_of(3000);
  for (const NeededContent& content : all) put_text(*store, data_key(content.hash), "x");
  std::vector<NeededContent> some;
  for (std::size_t i = 0; i < all.size(); i += 60) some.push_back(all[i]);  // 50 of them
  const FoundObjects report = find(some);
  EXPECT_EQ(asked(watched).lists, 1U) << "to see how large it is";
  EXPECT_LT(asked(watched).heads, 40U) << "a third is known by then";
  EXPECT_GT(asked(watched).heads, 25U);
}

TEST_F(PresenceTest, ListsALargeStoreForManyObjects) {
  const auto contents = contents_of(3000);
  for (const NeededContent& content : contents) put_text(*store, data_key(content.hash), "x");
  const FoundObjects report = find(contents);
  EXPECT_EQ(asked(watched).heads, 0U);
  EXPECT_EQ(asked(watched).lists, 3U) << "each page once";
  EXPECT_TRUE(report.listed);
}

TEST_F(PresenceTest, ListsPartsOfAStoreOfManyPagesSideBySide) {
  const auto contents = contents_of(12'000);
  for (const NeededContent& content : contents) put_text(*store, data_key(content.hash), "x");
  const FoundObjects report = find(contents);
  EXPECT_EQ(asked(watched).heads, 0U);
  EXPECT_EQ(asked(watched).lists, 16U) << "the first page, and fifteen parts: of the first one it has all";
  for (const FoundObject& found : report.presence) ASSERT_EQ(found.kind, FoundObject::Kind::kPresent);
}

TEST_F(PresenceTest, AsksADirectoryForEachObject) {
  const auto directory = make_memory_store();
  WatchedStore other(*directory, {});
  const auto contents = contents_of(300);
  ProgressReporter progress({});
  ASSERT_TRUE(find_presence(contents, other, ContentLookup::kAutomatic, progress, {}));
  EXPECT_EQ(asked(other).lists, 0U);
  EXPECT_EQ(asked(other).heads, 600U) << "what is absent is looked for under the old key, too";
}

TEST_F(PresenceTest, EndsWithTheStoresError) {
  WatchedStore broken(*store, [](const std::string& call, const std::string&) -> Status {
    if (call == "head") return fail(ErrorCode::kNetwork, "no connection");
    return {};
  });
  ProgressReporter progress({});
  EXPECT_EQ(find_presence(contents_of(3), broken, ContentLookup::kHead, progress, {}).error().code(),
            ErrorCode::kNetwork);
  WatchedStore unlisted(*store, [](const std::string& call, const std::string&) -> Status {
    if (call == "list") return fail(ErrorCode::kPermissionDenied, "not allowed");
    return {};
  });
  EXPECT_EQ(find_presence(contents_of(3), unlisted, ContentLookup::kList, progress, {}).error().code(),
            ErrorCode::kPermissionDenied);
}

}  // namespace
}  // namespace attache
