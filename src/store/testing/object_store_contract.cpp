#include "object_store_contract.hpp"

#include <attache/base/byte_size.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <latch>
#include <memory>
#include <random>
#include <thread>
#include <vector>

namespace attache::testing {

namespace {

using namespace std::chrono_literals;

std::string code_of(const Status& status) {
  return status ? "ok" : std::string(to_string(status.error().code()));
}

}  // namespace

void PrintTo(const ObjectStoreFactory& factory, std::ostream* out) {
  *out << factory.name;
}

void ObjectStoreContract::SetUp() {
  link_batches();
  link_operations();
  under_test_ = GetParam().make();
  if (!under_test_) GTEST_SKIP() << "no " << GetParam().name << " store is configured";
}

Status ObjectStoreContract::put(std::string_view key, std::string_view content, const PutOptions& options) {
  MemorySource source(std::as_bytes(std::span(content)));
  return store().put(key, source, options, {});
}

std::string ObjectStoreContract::content(std::string_view key, const GetOptions& options) {
  CollectingSink sink;
  const Result<std::optional<ObjectInfo>> info = store().get(key, sink, options, {});
  if (!info) return "<error " + std::string(to_string(info.error().code())) + ">";
  if (!*info) return sink.begins == 0 ? "<absent>" : "<absent, and yet begun>";
  if (sink.begins != 1) return "<begun " + std::to_string(sink.begins) + " times>";
  return sink.content;
}

std::vector<std::string> ObjectStoreContract::keys(std::string_view prefix, ListOptions options) {
  std::vector<std::string> all;
  for (;;) {
    const Result<ListPage> page = store().list(prefix, options, {});
    if (!page) {
      ADD_FAILURE() << page.error().to_string();
      return all;
    }
    EXPECT_LE(page->objects.size(), options.max_keys);
    for (const ObjectInfo& object : page->objects) all.push_back(object.key);
    if (!page->more) return all;
    if (page->objects.empty()) {
      ADD_FAILURE() << "an empty page that says that more follows";
      return all;
    }
    options.start_after = page->objects.back().key;
  }
}

Result<std::size_t> ScriptedSource::read(std::span<std::byte> buffer) {
  if (on_read_) on_read_(offset_);
  if (offset_ >= fails_after_) return fail(ErrorCode::kPermissionDenied, "the disk is gone", "find it");
  const std::size_t count = std::min({buffer.size(), content_.size() - offset_, fails_after_ - offset_});
  std::ranges::copy(std::as_bytes(std::span(content_)).subspan(offset_, count), buffer.begin());
  offset_ += count;
  return count;
}

Status ScriptedSource::verify() {
  verified_ = true;
  if (offset_ != content_.size()) return fail(ErrorCode::kInvalidArgument, "verified too early", "read first");
  if (!verifies_) return fail(ErrorCode::kIntegrity, "not the bytes that were promised", "read again");
  return {};
}

Status CollectingSink::begin(const ObjectInfo& object) {
  ++begins;
  info = object;
  return {};
}

Status CollectingSink::write(std::span<const std::byte> data) {
  if (begins != 1 || data.empty()) return fail(ErrorCode::kInvalidArgument, "write out of order", "begin first");
  content.append(reinterpret_cast<const char*>(data.data()), data.size());
  if (content.size() >= fails_after_) return fail(ErrorCode::kNoSpace, "the disk is full", "free some space");
  if (on_write_) on_write_(content.size());
  return {};
}

std::string noise(std::size_t size, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  // Megabytes one by one take seconds in a build with sanitizers. A period of 64 KiB and 8 bytes fits no part or block.
  std::string period((std::size_t{1} << 16) + 8, '\0');
  for (std::size_t i = 0; i < period.size(); i += 8) {
    const std::uint64_t value = random();
    std::memcpy(period.data() + i, &value, 8);
  }
  std::string bytes;
  bytes.reserve(size);
  while (bytes.size() < size) bytes.append(period, 0, size - bytes.size());
  return bytes;
}

TEST_P(ObjectStoreContract, KnowsNothingWhileItIsEmpty) {
  const Result<std::optional<ObjectInfo>> head = store().head("Data/x", {});
  ASSERT_TRUE(head) << head.error().to_string();
  EXPECT_FALSE(*head);
  EXPECT_EQ(content("Data/x"), "<absent>");
  EXPECT_TRUE(keys().empty());
  EXPECT_EQ(code_of(store().remove("Data/x", {})), "ok");
  EXPECT_EQ(code_of(store().make_durable({})), "ok");
}

TEST_P(ObjectStoreContract, GivesBackWhatWasPut) {
  const std::string bytes = noise(100'000) + std::string("\0\r\n\xff", 4);
  ASSERT_EQ(code_of(put("Data/x", bytes)), "ok");
  EXPECT_EQ(content("Data/x"), bytes);
  EXPECT_EQ(content("Data/y"), "<absent>");
  EXPECT_EQ(content("Data"), "<absent>");
  EXPECT_EQ(code_of(store().make_durable({})), "ok");
}

TEST_P(ObjectStoreContract, DescribesAnObjectAlikeInHeadGetAndList) {
  const std::int64_t before =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  ASSERT_EQ(code_of(put("Manifests/a", "hello")), "ok");
  const Result<std::optional<ObjectInfo>> head = store().head("Manifests/a", {});
  ASSERT_TRUE(head && *head);
  CollectingSink sink;
  const Result<std::optional<ObjectInfo>> got = store().get("Manifests/a", sink, {}, {});
  ASSERT_TRUE(got && *got);
  const Result<ListPage> page = store().list("", {}, {});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 1U);
  for (const ObjectInfo& info : {**head, **got, sink.info, page->objects[0]}) {
    EXPECT_EQ(info.key, "Manifests/a");
    EXPECT_EQ(info.size, 5U);
    EXPECT_EQ(info.etag, (*head)->etag);
    ASSERT_TRUE(info.last_modified_us);
    // HTTP dates have whole seconds; a fixed date of a fake is in the past.
    EXPECT_LT(*info.last_modified_us, before + 3'600'000'000);
    EXPECT_GT(*info.last_modified_us, 1'700'000'000'000'000);
  }
}

TEST_P(ObjectStoreContract, StoresAnEmptyObject) {
  ASSERT_EQ(code_of(put("Data/empty", "")), "ok");
  EXPECT_EQ(content("Data/empty"), "");
  EXPECT_EQ(content("Data/empty", {.offset = 3, .length = 4, .if_match = {}}), "");
  const Result<std::optional<ObjectInfo>> head = store().head("Data/empty", {});
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->size, 0U);
  EXPECT_EQ(keys(), std::vector<std::string>{"Data/empty"});
}

TEST_P(ObjectStoreContract, GivesRangesCutToWhatExists) {
  ASSERT_EQ(code_of(put("x", "0123456789")), "ok");
  EXPECT_EQ(content("x", {.offset = 3, .length = std::nullopt, .if_match = {}}), "3456789");
  EXPECT_EQ(content("x", {.offset = 3, .length = 4, .if_match = {}}), "3456");
  EXPECT_EQ(content("x", {.offset = 0, .length = 10, .if_match = {}}), "0123456789");
  EXPECT_EQ(content("x", {.offset = 9, .length = 100, .if_match = {}}), "9");
  EXPECT_EQ(content("x", {.offset = 10, .length = 1, .if_match = {}}), "");
  EXPECT_EQ(content("x", {.offset = 11, .length = std::nullopt, .if_match = {}}), "");
  EXPECT_EQ(content("x", {.offset = 2, .length = 0, .if_match = {}}), "");
  EXPECT_EQ(content("x", {.offset = ~std::uint64_t{0}, .length = ~std::uint64_t{0}, .if_match = {}}), "");
  EXPECT_EQ(content("x", {.offset = 1, .length = ~std::uint64_t{0}, .if_match = {}}), "123456789");
  EXPECT_EQ(content("absent", {.offset = 2, .length = 0, .if_match = {}}), "<absent>");

  CollectingSink sink;
  const auto info = store().get("x", sink, {.offset = 3, .length = 4, .if_match = {}}, {});
  ASSERT_TRUE(info && *info);
  EXPECT_EQ((*info)->size, 10U) << "the size is that of the whole object";
  EXPECT_EQ(sink.info.size, 10U);
}

TEST_P(ObjectStoreContract, StoresAndReadsLargeObjects) {
  const std::string bytes = noise(20 * kMiB + 12'345);
  ScriptedSource source(bytes);
  ASSERT_EQ(code_of(store().put("Data/large", source, {}, {})), "ok");
  EXPECT_TRUE(source.was_verified());
  EXPECT_TRUE(content("Data/large") == bytes);
  const GetOptions range{.offset = 8 * kMiB - 5, .length = 9 * kMiB, .if_match = {}};
  EXPECT_TRUE(content("Data/large", range) == bytes.substr(8 * kMiB - 5, 9 * kMiB));
  // Exactly at the edge of parts.
  const std::string whole = noise(16 * kMiB, 2);
  ASSERT_EQ(code_of(put("Data/whole", whole)), "ok");
  EXPECT_TRUE(content("Data/whole") == whole);
}

TEST_P(ObjectStoreContract, ReplacesAnObject) {
  ASSERT_EQ(code_of(put("x", "first", {.content_type = {}, .metadata = {{"a", "1"}}, .only_if_absent = false})), "ok");
  const auto first = store().head("x", {});
  ASSERT_EQ(code_of(put("x", "the second")), "ok");
  const auto second = store().head("x", {});
  EXPECT_EQ(content("x"), "the second");
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*second)->size, 10U);
  EXPECT_NE((*first)->etag, (*second)->etag);
  EXPECT_TRUE((*second)->metadata.empty()) << "metadata of the replaced object stayed";
  EXPECT_EQ(keys(), std::vector<std::string>{"x"});
}

TEST_P(ObjectStoreContract, KeepsAnExistingObjectIfAskedTo) {
  const PutOptions options{.content_type = {}, .metadata = {{"who", "first"}}, .only_if_absent = true};
  const PutOptions other{.content_type = {}, .metadata = {{"who", "second"}}, .only_if_absent = true};
  ASSERT_EQ(code_of(put("x", "first", options)), "ok");
  const Status second = put("x", "second", other);
  ASSERT_EQ(code_of(second), "already-exists");
  EXPECT_NE(second.error().message().find(store().uri("x")), std::string::npos) << second.error().message();
  EXPECT_FALSE(second.error().remedy().empty());
  EXPECT_EQ(content("x"), "first");
  EXPECT_EQ((*store().head("x", {}))->metadata.at("who"), "first");
  EXPECT_EQ(code_of(put("x", noise(9 * kMiB), other)), "already-exists");
  EXPECT_EQ(content("x"), "first");
}

TEST_P(ObjectStoreContract, ReadsOnlyTheVersionThatIsWanted) {
  ASSERT_EQ(code_of(put("x", "first")), "ok");
  const std::string etag = (*store().head("x", {}))->etag;
  EXPECT_EQ(content("x", {.offset = 0, .length = std::nullopt, .if_match = etag}), "first");
  ASSERT_EQ(code_of(put("x", "other")), "ok");
  EXPECT_EQ(content("x", {.offset = 0, .length = std::nullopt, .if_match = etag}), "<error source-changed>");
  EXPECT_EQ(content("x", {.offset = 0, .length = 0, .if_match = etag}), "<error source-changed>");
}

TEST_P(ObjectStoreContract, RemovesAnObject) {
  ASSERT_EQ(code_of(put("a/x", "1", {.content_type = {}, .metadata = {{"m", "1"}}, .only_if_absent = false})), "ok");
  ASSERT_EQ(code_of(put("a/y", "2")), "ok");
  EXPECT_EQ(code_of(store().remove("a/x", {})), "ok");
  EXPECT_EQ(code_of(store().remove("a/x", {})), "ok");
  EXPECT_EQ(content("a/x"), "<absent>");
  EXPECT_EQ(content("a/y"), "2");
  EXPECT_EQ(keys(), std::vector<std::string>{"a/y"});
  ASSERT_EQ(code_of(put("a/x", "again")), "ok");
  EXPECT_TRUE((*store().head("a/x", {}))->metadata.empty());
}

TEST_P(ObjectStoreContract, KeepsMetadata) {
  const std::map<std::string, std::string> metadata = {
      {"asset-root", "C:\\projects: x"}, {"asset-root-json", "\"/mnt/\\u00e9\""}, {"file-system-location-name", "a b"}};
  ASSERT_EQ(code_of(put("Manifests/m", "{}", {.content_type = "application/json", .metadata = metadata})), "ok");
  ASSERT_EQ(code_of(put("Data/d", "x")), "ok");
  EXPECT_EQ((*store().head("Manifests/m", {}))->metadata, metadata);
  EXPECT_TRUE((*store().head("Data/d", {}))->metadata.empty());
  CollectingSink sink;
  ASSERT_TRUE(store().get("Manifests/m", sink, {}, {}));
  EXPECT_EQ(sink.info.metadata, metadata);
  EXPECT_EQ(keys(), (std::vector<std::string>{"Data/d", "Manifests/m"})) << "metadata is no object";

  ASSERT_EQ(code_of(put("Manifests/large", noise(9 * kMiB), {.content_type = {}, .metadata = metadata})), "ok");
  EXPECT_EQ((*store().head("Manifests/large", {}))->metadata, metadata);
}

TEST_P(ObjectStoreContract, RefusesMetadataThatCannotBeSent) {
  using Metadata = std::map<std::string, std::string>;
  for (const Metadata& metadata :
       {Metadata{{"Upper", "x"}}, Metadata{{"", "x"}}, Metadata{{"a b", "x"}}, Metadata{{"a", "é"}},
        Metadata{{"a", "x\r\ny: z"}}, Metadata{{"a", " x"}}, Metadata{{"a", std::string(2048, 'x')}}}) {
    EXPECT_EQ(code_of(put("x", "1", {.content_type = {}, .metadata = metadata})), "invalid-argument")
        << metadata.begin()->first;
  }
  EXPECT_TRUE(keys().empty());
}

TEST_P(ObjectStoreContract, RefusesKeysThatNoStoreCanHold) {
  const std::vector<std::string> bad = {"",
                                        "/a",
                                        "a/",
                                        "a//b",
                                        "..",
                                        "../a",
                                        "a/../b",
                                        ".",
                                        "a/./b",
                                        "a/..",
                                        std::string("a\0b", 3),
                                        std::string(1025, 'k'),
                                        "\xff",
                                        "a\xed\xa0\x80",
                                        ".attache-x/y",
                                        "a/.attache-1.tmp"};
  for (const std::string& key : bad) {
    CollectingSink sink;
    EXPECT_EQ(code_of(put(key, "x")), "invalid-argument") << key;
    EXPECT_EQ(content(key), "<error invalid-argument>") << key;
    EXPECT_FALSE(store().head(key, {})) << key;
    EXPECT_EQ(code_of(store().remove(key, {})), "invalid-argument") << key;
  }
  EXPECT_TRUE(keys().empty());
}

TEST_P(ObjectStoreContract, TakesUnusualKeys) {
  std::vector<std::string> unusual = {"a b/c  d",
                                      "plus+plus",
                                      "a=b&c=d?e#f",
                                      "50%",
                                      "%41",
                                      "ünï/ço∂é-日本-😀",
                                      "a\\b",
                                      "quote'\"",
                                      "<&>;",
                                      "~tilde",
                                      "dots...",
                                      "..a",
                                      ".hidden",
                                      "a:b",
                                      "a,b@c",
                                      "*[x]{y}|^`$!()",
                                      std::string(200, 'n')};
  for (const std::string& key : unusual) ASSERT_EQ(code_of(put(key, "content of " + key)), "ok") << key;
  for (const std::string& key : unusual) {
    EXPECT_EQ(content(key), "content of " + key);
    EXPECT_TRUE(store().head(key, {}).value()) << key;
  }
  std::ranges::sort(unusual);
  EXPECT_EQ(keys(), unusual);
  for (const std::string& key : unusual) EXPECT_EQ(code_of(store().remove(key, {})), "ok") << key;
  EXPECT_TRUE(keys().empty());
}

TEST_P(ObjectStoreContract, ListsByPrefixAndInByteOrder) {
  for (const char* key : {"Data/b", "Data/a", "Data/a/x", "Data-2/a", "Data.x", "Datas", "E", "Data/é", "Data/z"}) {
    if (std::string_view(key) == "Data/a/x") continue;
    ASSERT_EQ(code_of(put(key, "1")), "ok") << key;
  }
  ASSERT_EQ(code_of(put("Data/c/x", "1")), "ok");
  using Keys = std::vector<std::string>;
  EXPECT_EQ(keys(), (Keys{"Data-2/a", "Data.x", "Data/a", "Data/b", "Data/c/x", "Data/z", "Data/é", "Datas", "E"}));
  EXPECT_EQ(keys("Data/"), (Keys{"Data/a", "Data/b", "Data/c/x", "Data/z", "Data/é"}));
  EXPECT_EQ(keys("Data/c"), Keys{"Data/c/x"});
  EXPECT_EQ(keys("Data/c/x"), Keys{"Data/c/x"});
  EXPECT_EQ(keys("Data/c/xx"), Keys{});
  EXPECT_EQ(keys("nothing"), Keys{});
  EXPECT_EQ(keys("Data/", {.start_after = "Data/b", .max_keys = 1000}), (Keys{"Data/c/x", "Data/z", "Data/é"}));
  EXPECT_EQ(keys("Data/", {.start_after = "Data/bb", .max_keys = 1}), (Keys{"Data/c/x", "Data/z", "Data/é"}));
  EXPECT_EQ(keys("Data/", {.start_after = "A", .max_keys = 2}),
            (Keys{"Data/a", "Data/b", "Data/c/x", "Data/z", "Data/é"}));
  EXPECT_EQ(keys("Data/", {.start_after = "X", .max_keys = 2}), Keys{});
  EXPECT_FALSE(store().list("", {.start_after = {}, .max_keys = 0}, {}));
  EXPECT_FALSE(store().list("", {.start_after = {}, .max_keys = 1001}, {}));
}

TEST_P(ObjectStoreContract, ListsManyKeysPageByPage) {
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < GetParam().many_keys; ++i) {
    expected.push_back("Data/" + std::to_string(i % 7) + "/" + std::to_string(i));
    ASSERT_EQ(code_of(put(expected.back(), "")), "ok");
  }
  std::ranges::sort(expected);
  EXPECT_EQ(keys("Data/"), expected);
  EXPECT_EQ(keys("Data/", {.start_after = {}, .max_keys = 333}), expected);
  const Result<ListPage> full = store().list("", {}, {});
  ASSERT_TRUE(full);
  EXPECT_EQ(full->objects.size(), 1000U);
  EXPECT_TRUE(full->more);
  const Result<ListPage> exact =
      store().list("Data/", {.start_after = expected[expected.size() - 11], .max_keys = 10}, {});
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->objects.size(), 10U);
  EXPECT_FALSE(exact->more);
}

/// Small, and large enough for several parts.
const std::size_t kSizes[] = {1000, 11 * kMiB};

TEST_P(ObjectStoreContract, StoresNothingThatDoesNotVerify) {
  for (const std::size_t size : kSizes) {
    ScriptedSource source(noise(size));
    const Status status = store().put("x", source.fails_to_verify(), {}, {});
    EXPECT_EQ(code_of(status), "integrity");
    EXPECT_EQ(source.bytes_read(), size);
    EXPECT_EQ(content("x"), "<absent>");
    EXPECT_TRUE(keys().empty());
  }
}

TEST_P(ObjectStoreContract, KeepsTheOldObjectWhenTheNewOneDoesNotVerify) {
  ASSERT_EQ(code_of(put("x", "old", {.content_type = {}, .metadata = {{"m", "old"}}})), "ok");
  for (const std::size_t size : kSizes) {
    ScriptedSource source(noise(size));
    EXPECT_EQ(code_of(store().put("x", source.fails_to_verify(), {.content_type = {}, .metadata = {{"m", "new"}}}, {})),
              "integrity");
    EXPECT_EQ(content("x"), "old");
    EXPECT_EQ((*store().head("x", {}))->metadata.at("m"), "old");
  }
}

TEST_P(ObjectStoreContract, StoresNothingFromASourceThatEndsEarlyOrLate) {
  for (const std::size_t size : kSizes) {
    ScriptedSource early(noise(size));
    const Status too_short = store().put("x", early.claims(size + 1), {}, {});
    EXPECT_EQ(code_of(too_short), "source-changed");
    ScriptedSource late(noise(size));
    EXPECT_EQ(code_of(store().put("x", late.claims(size - 1), {}, {})), "source-changed");
    EXPECT_FALSE(early.was_verified() || late.was_verified());
    ScriptedSource empty("not empty");
    EXPECT_EQ(code_of(store().put("x", empty.claims(0), {}, {})), "source-changed");
    EXPECT_TRUE(keys().empty());
    ASSERT_FALSE(too_short);
    EXPECT_NE(too_short.error().message().find(store().uri("x")), std::string::npos);
  }
}

TEST_P(ObjectStoreContract, StoresNothingFromASourceThatFails) {
  for (const std::size_t size : kSizes) {
    for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
      ScriptedSource source(noise(size));
      const Status status = store().put("x", source.fails_after(at), {}, {});
      EXPECT_EQ(code_of(status), "permission-denied") << "the source's own error";
      EXPECT_TRUE(keys().empty());
    }
  }
}

TEST_P(ObjectStoreContract, EndsAGetWithTheErrorOfItsSink) {
  ASSERT_EQ(code_of(put("x", noise(11 * kMiB))), "ok");
  for (const std::size_t after : {std::size_t{1}, std::size_t{10 * kMiB}}) {
    CollectingSink sink;
    const auto info = store().get("x", sink.fails_after(after), {}, {});
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code(), ErrorCode::kNoSpace);
    EXPECT_EQ(info.error().message(), "the disk is full");
  }
}

TEST_P(ObjectStoreContract, DoesNothingOnceCancelled) {
  ASSERT_EQ(code_of(put("x", "1")), "ok");
  std::stop_source stop;
  stop.request_stop();
  MemorySource source(std::as_bytes(std::span("2", 1)));
  CollectingSink sink;
  EXPECT_EQ(code_of(store().put("x", source, {}, stop.get_token())), "cancelled");
  EXPECT_EQ(store().head("x", stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(store().get("x", sink, {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(store().list("", {}, stop.get_token()).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(code_of(store().remove("x", stop.get_token())), "cancelled");
  EXPECT_EQ(code_of(store().make_durable(stop.get_token())), "cancelled");
  EXPECT_EQ(sink.begins, 0);
  EXPECT_EQ(content("x"), "1");
}

TEST_P(ObjectStoreContract, StopsInTheMiddleWhenCancelled) {
  for (const std::size_t size : kSizes) {
    std::stop_source stop;
    ScriptedSource source(noise(size));
    source.on_read([&](std::size_t offset) {
      if (offset >= size / 2) stop.request_stop();
    });
    if (size == kSizes[0]) stop.request_stop();
    EXPECT_EQ(code_of(store().put("x", source, {}, stop.get_token())), "cancelled");
    EXPECT_TRUE(keys().empty());
  }
  ASSERT_EQ(code_of(put("x", noise(11 * kMiB))), "ok");
  std::stop_source stop;
  CollectingSink sink;
  sink.on_write([&](std::size_t) { stop.request_stop(); });
  const auto info = store().get("x", sink, {}, stop.get_token());
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), ErrorCode::kCancelled);
  EXPECT_LT(sink.content.size(), 11 * kMiB);
}

TEST_P(ObjectStoreContract, ServesManyThreads) {
  constexpr int kThreads = 8;
  constexpr int kObjects = 20;
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kObjects; ++i) {
          const std::string own = "Data/" + std::to_string(t) + "-" + std::to_string(i);
          const std::string bytes =
              noise(std::size_t{1000} * static_cast<std::size_t>(i), static_cast<std::uint32_t>(t + 1));
          if (!put(own, bytes)) ++failures;
          if (content(own) != bytes) ++failures;
          // All threads write the same object with the same metadata: content addressing does that.
          if (!put("Data/shared", "shared", {.content_type = {}, .metadata = {{"a", "b"}}})) ++failures;
          if (content("Data/shared") != "shared") ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(keys().size(), std::size_t{kThreads * kObjects + 1});
  EXPECT_EQ((*store().head("Data/shared", {}))->metadata.at("a"), "b");
}

/// A source whose verify() waits for the others, so that all are about to publish at the same instant. Not for ever:
/// one that fails before must not hang the rest.
class MeetingSource final : public ObjectSource {
 public:
  MeetingSource(std::string_view content, std::latch& meeting)
      : source_(std::as_bytes(std::span(content))), meeting_(meeting) {}

  std::uint64_t size() const override { return source_.size(); }
  Result<std::size_t> read(std::span<std::byte> buffer) override { return source_.read(buffer); }
  Status verify() override {
    meeting_.count_down();
    for (int i = 0; i < 1'000'000 && !meeting_.try_wait(); ++i) std::this_thread::yield();
    return {};
  }

 private:
  MemorySource source_;
  std::latch& meeting_;
};

TEST_P(ObjectStoreContract, LetsOneOfManyCreateAnObject) {
  constexpr int kThreads = 4;
  // Often enough for the threads to meet between the steps of a put.
  for (int round = 0; round < 200; ++round) {
    const std::string key = "x" + std::to_string(round);
    std::latch meeting(kThreads);
    std::atomic<int> refused = 0;
    std::atomic<int> winner = -1;
    {
      std::vector<std::jthread> threads;
      threads.reserve(kThreads);
      for (int t = 0; t < kThreads; ++t) {
        threads.emplace_back([&, t] {
          const std::string name = std::to_string(t);
          const PutOptions options{.content_type = {}, .metadata = {{"who", name}}, .only_if_absent = true};
          MeetingSource source(name, meeting);
          const Status status = store().put(key, source, options, {});
          if (status) {
            winner = t;
          } else if (status.error().code() == ErrorCode::kAlreadyExists) {
            ++refused;
          }
        });
      }
    }
    ASSERT_EQ(refused, kThreads - 1);
    ASSERT_EQ(content(key), std::to_string(winner));
    ASSERT_EQ((*store().head(key, {}))->metadata.at("who"), std::to_string(winner));
  }
}

TEST_P(ObjectStoreContract, NamesItselfInUris) {
  const std::string uri = store().uri("Data/x");
  EXPECT_TRUE(uri.starts_with(store().root_uri()));
  EXPECT_TRUE(uri.ends_with("/Data/x"));
}

}  // namespace attache::testing
