#include "object_store_contract.hpp"

#include <algorithm>

// The contract of ObjectStore for copies, removal of many, lists by delimiter and tags.

namespace attache::testing {

namespace {

std::string code_of(const Status& status) {
  return status ? "ok" : std::string(to_string(status.error().code()));
}

}  // namespace

void ObjectStoreContract::link_operations() {}

std::vector<std::string> ObjectStoreContract::level(std::string_view prefix, ListOptions options) {
  std::vector<std::string> all;
  for (;;) {
    const Result<ListPage> page = store().list(prefix, options, {});
    if (!page) {
      ADD_FAILURE() << page.error().to_string();
      return all;
    }
    EXPECT_LE(page->objects.size() + page->prefixes.size(), options.max_keys);
    std::vector<std::string> both = page->prefixes;
    for (const ObjectInfo& object : page->objects) both.push_back(object.key);
    std::ranges::sort(both);
    EXPECT_EQ(page->last(), both.empty() ? "" : both.back());
    all.insert(all.end(), both.begin(), both.end());
    if (!page->more) return all;
    if (both.empty() || both.back() <= options.start_after) {
      ADD_FAILURE() << "a page that does not go on and says that more follows";
      return all;
    }
    options.start_after = both.back();
  }
}

TEST_P(ObjectStoreContract, ListsALevelOfATree) {
  using Keys = std::vector<std::string>;
  for (const char* key : {"Data/a", "Data/x/1", "Data/x/2/3", "Data-2/a", "Manifests/f/q/j1/a", "Manifests/f/q/j2/a",
                          "Manifests/f/q/j2/b", "Manifests/f/q/j2x", "Manifests/f/q/z", "top"}) {
    ASSERT_EQ(code_of(put(key, "1")), "ok") << key;
  }
  EXPECT_EQ(level(""), (Keys{"Data-2/", "Data/", "Manifests/", "top"}));
  EXPECT_EQ(level("Data/"), (Keys{"Data/a", "Data/x/"}));
  EXPECT_EQ(level("Data"), (Keys{"Data-2/", "Data/"}));
  EXPECT_EQ(level("Manifests/f/q/j"), (Keys{"Manifests/f/q/j1/", "Manifests/f/q/j2/", "Manifests/f/q/j2x"}));
  EXPECT_EQ(level("nothing/"), Keys{});
  const ListOptions by_name{.start_after = {}, .delimiter = "/q/"};
  EXPECT_EQ(level("", by_name), (Keys{"Data-2/a", "Data/a", "Data/x/1", "Data/x/2/3", "Manifests/f/q/", "top"}));
  // In pages of every size, and from every place, also from within what is rolled up.
  const Keys all = level("Manifests/f/q/");
  EXPECT_EQ(all, (Keys{"Manifests/f/q/j1/", "Manifests/f/q/j2/", "Manifests/f/q/j2x", "Manifests/f/q/z"}));
  for (const std::size_t size : {1U, 2U, 3U, 4U}) {
    EXPECT_EQ(level("Manifests/f/q/", {.start_after = {}, .max_keys = size, .delimiter = "/"}), all) << size;
    EXPECT_EQ(level("Manifests/f/q/", {.start_after = all[0], .max_keys = size, .delimiter = "/"}),
              Keys(all.begin() + 1, all.end()));
    EXPECT_EQ(level("Manifests/f/q/", {.start_after = "Manifests/f/q/j2/a", .max_keys = size, .delimiter = "/"}),
              Keys(all.begin() + 2, all.end()));
    EXPECT_EQ(level("", {.start_after = "Data/", .max_keys = size, .delimiter = "/"}), (Keys{"Manifests/", "top"}));
  }
  const Result<ListPage> page = store().list("Data/", {.start_after = {}, .delimiter = "/"}, {});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "Data/a");
  EXPECT_EQ(page->objects[0].size, 1U);
  EXPECT_EQ(page->prefixes, Keys{"Data/x/"});
}

TEST_P(ObjectStoreContract, ListsUnusualNamesAsPrefixes) {
  using Keys = std::vector<std::string>;
  for (const char* key : {"a b/x", "ä&<>/x", "50%+/x"}) ASSERT_EQ(code_of(put(key, "1")), "ok") << key;
  EXPECT_EQ(level(""), (Keys{"50%+/", "a b/", "ä&<>/"}));
}

TEST_P(ObjectStoreContract, CopiesAnObjectWithItsMetadata) {
  const std::map<std::string, std::string> metadata = {{"asset-root", "/mnt/a: b"}};
  const std::string bytes = noise(100'000);
  ASSERT_EQ(code_of(put("a/from +%", bytes, {.content_type = "text/x-odd", .metadata = metadata})), "ok");
  ASSERT_EQ(code_of(put("b/to", "replaced", {.content_type = {}, .metadata = {{"old", "1"}}})), "ok");
  for (const char* to : {"b/to", "b/new"}) {
    const Result<bool> copied = store().copy("a/from +%", to, {}, {});
    ASSERT_TRUE(copied) << copied.error().to_string();
    EXPECT_TRUE(*copied);
    EXPECT_TRUE(content(to) == bytes);
    EXPECT_EQ((*store().head(to, {}))->metadata, metadata);
  }
  EXPECT_TRUE(content("a/from +%") == bytes) << "and stays itself";
  ASSERT_EQ(code_of(put("a/empty", "")), "ok");
  EXPECT_TRUE(store().copy("a/empty", "b/to", {}, {}).value());
  EXPECT_EQ(content("b/to"), "");
  EXPECT_TRUE((*store().head("b/to", {}))->metadata.empty());
}

TEST_P(ObjectStoreContract, CopiesOnlyWhatIsThereAndWanted) {
  const auto code = [](const Result<bool>& copied) {
    return copied ? (*copied ? "copied" : "absent") : std::string(to_string(copied.error().code()));
  };
  EXPECT_EQ(code(store().copy("a", "b", {}, {})), "absent");
  EXPECT_TRUE(keys().empty());
  ASSERT_EQ(code_of(put("a", "first")), "ok");
  const std::string etag = (*store().head("a", {}))->etag;
  EXPECT_EQ(code(store().copy("a", "b", {.if_match = etag}, {})), "copied");
  ASSERT_EQ(code_of(put("a", "the second")), "ok");
  EXPECT_EQ(code(store().copy("a", "b", {.if_match = etag}, {})), "source-changed");
  EXPECT_EQ(content("b"), "first");
  EXPECT_EQ(code(store().copy("a", "a", {}, {})), "invalid-argument");
  EXPECT_EQ(code(store().copy("../a", "b", {}, {})), "invalid-argument");
  EXPECT_EQ(code(store().copy("a", "b/", {}, {})), "invalid-argument");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(code(store().copy("a", "b", {}, stop.get_token())), "cancelled");
  EXPECT_EQ(content("b"), "first");
}

TEST_P(ObjectStoreContract, RemovesManyObjectsAtOnce) {
  std::vector<std::string> all;
  for (int i = 0; i < 25; ++i) all.push_back("many/" + std::to_string(i) + " <&>+é");
  for (const std::string& key : all) ASSERT_EQ(code_of(put(key, "1")), "ok") << key;
  ASSERT_EQ(code_of(put("kept", "1")), "ok");
  all.emplace_back("absent");
  all.emplace_back("../bad");
  all.push_back(all.front());  // twice
  const auto failures = store().remove_all(all, {});
  ASSERT_TRUE(failures) << failures.error().to_string();
  ASSERT_EQ(failures->size(), 1U);
  EXPECT_EQ(failures->front().key, "../bad");
  EXPECT_EQ(failures->front().error.code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(keys(), std::vector<std::string>{"kept"});
  EXPECT_TRUE(store().remove_all({}, {}).value().empty());
  const std::vector<std::string> control = {"line\nbreak", "\x01"};
  for (const std::string& key : control) ASSERT_EQ(code_of(put(key, "1")), "ok");
  EXPECT_TRUE(store().remove_all(control, {}).value().empty());
  EXPECT_EQ(keys(), std::vector<std::string>{"kept"});

  std::stop_source stop;
  stop.request_stop();
  const std::vector<std::string> kept = {"kept"};
  const auto cancelled = store().remove_all(kept, stop.get_token());
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(keys(), kept);
}

TEST_P(ObjectStoreContract, KeepsTagsOrRefusesThem) {
  const Status status = put("x", "1", {.content_type = {}, .metadata = {}, .tags = {{"project", "a b"}}});
  if (status) {
    EXPECT_EQ(content("x"), "1");
  } else {
    EXPECT_EQ(code_of(status), "unsupported");
    EXPECT_FALSE(status.error().remedy().empty());
    EXPECT_TRUE(keys().empty());
  }
}

}  // namespace attache::testing
