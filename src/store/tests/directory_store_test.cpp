#include <attache/base/byte_size.hpp>
#include <attache/fsio/file.hpp>
#include <attache/fsio/testing/small_disk.hpp>
#include <attache/fsio/testing/temporary_directory.hpp>
#include <attache/fsio/testing/tree_builder.hpp>
#include <attache/fsio/testing/unprivileged.hpp>
#include <attache/store/directory_store.hpp>
#include <attache/store/testing/object_store_contract.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>

namespace attache::testing {
namespace {

class DirectoryStoreUnderTest final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return *store_; }

 private:
  TemporaryDirectory directory_;
  // Not there yet: the first put creates it, with its parents.
  std::unique_ptr<ObjectStore> store_ = make_directory_store({.path = directory_ / "some/store"});
};

INSTANTIATE_TEST_SUITE_P(Directory, ObjectStoreContract,
                         ::testing::Values(ObjectStoreFactory{
                             "Directory", [] { return std::make_unique<DirectoryStoreUnderTest>(); }}));

class DirectoryStore : public ::testing::Test {
 protected:
  std::unique_ptr<ObjectStore> open() const { return make_directory_store({.path = root_}); }
  Status put(std::string_view key, std::string_view content, const PutOptions& options = {}) {
    MemorySource source(std::as_bytes(std::span(content)));
    return open()->put(key, source, options, {});
  }
  std::string get(std::string_view key) {
    CollectingSink sink;
    const auto info = open()->get(key, sink, {}, {});
    if (!info) return "<error " + std::string(to_string(info.error().code())) + ">";
    return *info ? sink.content : "<absent>";
  }
  std::vector<std::string> keys() {
    std::vector<std::string> found;
    const Result<ListPage> page = open()->list("", {}, {});
    if (!page) return {"<error " + page.error().to_string() + ">"};
    for (const ObjectInfo& object : page->objects) found.push_back(object.key);
    return found;
  }
  /// Every file below the root, as the file system shows it.
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    if (!std::filesystem::exists(root_)) return found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      if (!entry.is_directory()) found.push_back(std::filesystem::relative(entry.path(), root_).string());
    }
    std::ranges::sort(found);
    return found;
  }

  TemporaryDirectory directory_;
  const std::string root_ = directory_ / "store";

  /// Makes files as others would who use the directory.
  TreeBuilder tree() {
    std::filesystem::create_directories(root_);
    return TreeBuilder(root_);
  }
};

TEST_F(DirectoryStore, KeepsAnObjectAsTheFileOfItsKey) {
  ASSERT_TRUE(put("Data/abc.xxh128", "content"));
  EXPECT_EQ(files(), std::vector<std::string>{"Data/abc.xxh128"});
  EXPECT_EQ(read_file(root_ + "/Data/abc.xxh128", 100).value(), "content");
}

TEST_F(DirectoryStore, GivesObjectsTheModeOfNewFiles) {
  ASSERT_TRUE(put("Data/abc", "content"));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  struct stat status {};
  ASSERT_EQ(::stat((root_ + "/Data/abc").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0666U & ~mask) << "others who share the store must be able to read it";
}

TEST_F(DirectoryStore, ReadsWhatOtherToolsPutThere) {
  tree().file("Data/abc", "by hand").file("Manifests/farm/m", "{}");
  EXPECT_EQ(get("Data/abc"), "by hand");
  EXPECT_EQ(keys(), (std::vector<std::string>{"Data/abc", "Manifests/farm/m"}));
}

TEST_F(DirectoryStore, KeepsMetadataInATreeOfItsOwn) {
  const PutOptions options{
      .content_type = {}, .metadata = {{"asset-root", "/a: b"}, {"x", ""}}, .only_if_absent = false};
  ASSERT_TRUE(put("Manifests/m", "{}", options));
  EXPECT_EQ(files(), (std::vector<std::string>{".attache-metadata/Manifests/m", "Manifests/m"}));
  EXPECT_EQ(read_file(root_ + "/.attache-metadata/Manifests/m", 100).value(), "asset-root: /a: b\nx: \n");
  EXPECT_EQ((*open()->head("Manifests/m", {}))->metadata, options.metadata);
  ASSERT_TRUE(open()->remove("Manifests/m", {}));
  EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(DirectoryStore, KeepsMetadataWithItsObjectWhenTwoPutsMeet) {
  const std::unique_ptr<ObjectStore> store = open();
  const auto put_as = [&](std::string_view content, bool with_metadata) {
    MemorySource source(std::as_bytes(std::span(content)));
    PutOptions options;
    if (with_metadata) options.metadata = {{"of", std::string(content)}};
    EXPECT_TRUE(store->put("Manifests/m", source, options, {}));
  };
  for (int i = 0; i < 2000; ++i) {
    std::atomic<int> ready = 0;
    const auto together = [&] {
      ++ready;
      while (ready < 2) std::this_thread::yield();
    };
    {
      const std::jthread plain([&] {
        together();
        put_as("plain", false);
      });
      together();
      put_as("described", true);
    }
    CollectingSink sink;
    const auto info = store->get("Manifests/m", sink, {}, {});
    ASSERT_TRUE(info && *info);
    ASSERT_EQ((*info)->metadata.size(), sink.content == "described" ? 1U : 0U) << "round " << i;
  }
}

TEST_F(DirectoryStore, SaysWhenMetadataIsDamaged) {
  ASSERT_TRUE(put("Manifests/m", "{}"));
  for (const std::string& damaged : {std::string("no colon\n"), std::string("a: b"), std::string("a: b\na: c\n"),
                                     std::string("A: b\n"), std::string(10'000, 'x')}) {
    tree().file(".attache-metadata/Manifests/m", damaged);
    const auto info = open()->head("Manifests/m", {});
    ASSERT_FALSE(info) << damaged.substr(0, 20);
    EXPECT_EQ(info.error().code(), ErrorCode::kIntegrity);
    EXPECT_NE(info.error().remedy().find(".attache-metadata/Manifests/m"), std::string::npos) << info.error().remedy();
  }
}

TEST_F(DirectoryStore, LooksForMetadataOnlyForWhoWantsIt) {
  ASSERT_TRUE(put("Manifests/m", "{}", {.content_type = {}, .metadata = {{"a", "b"}}}));
  tree().file(".attache-metadata/Manifests/m", "damaged");
  CollectingSink sink;
  EXPECT_EQ(open()->get("Manifests/m", sink, {}, {}).error().code(), ErrorCode::kIntegrity);
  const auto info = open()->get("Manifests/m", sink, {.metadata = false}, {});
  ASSERT_TRUE(info && *info) << "what was not looked for disturbs nobody";
  EXPECT_EQ(sink.content, "{}");
  EXPECT_TRUE((*info)->metadata.empty());
  EXPECT_EQ(open()->copy("Manifests/m", "Manifests/n", {}, {}).error().code(), ErrorCode::kIntegrity)
      << "a copy has the metadata, too";
}

TEST_F(DirectoryStore, GivesNothingButFiles) {
  tree().file("Data/directory/x", "x");
  ASSERT_EQ(::mkfifo((root_ + "/Data/fifo").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("nowhere", (root_ + "/Data/dangling").c_str()), 0);
  for (const char* const key : {"Data/directory", "Data/fifo", "Data/dangling", "Data/directory/x/y"}) {
    EXPECT_EQ(get(key), "<absent>") << key;
    EXPECT_FALSE(open()->head(key, {}).value()) << key;
  }
}

TEST_F(DirectoryStore, ShowsNoTemporaryFiles) {
  ASSERT_TRUE(put("Data/a", "1"));
  // Left behind by a process that was killed.
  tree().file("Data/.attache-0123456789abcdef.tmp", "half").file(".attache-1.tmp", "half");
  EXPECT_EQ(keys(), std::vector<std::string>{"Data/a"});
  ASSERT_TRUE(put("Data/b", "2"));
  EXPECT_EQ(keys(), (std::vector<std::string>{"Data/a", "Data/b"}));
  // One that is being written right now.
  std::vector<std::string> seen;
  ScriptedSource source("12345");
  source.on_read([&](std::size_t) { seen = keys(); });
  ASSERT_TRUE(open()->put("Data/c", source, {}, {}));
  EXPECT_EQ(seen, (std::vector<std::string>{"Data/a", "Data/b"}));
}

TEST_F(DirectoryStore, LeavesNothingBehindWhenAPutFails) {
  for (const bool with_metadata : {false, true}) {
    PutOptions options;
    if (with_metadata) options.metadata = {{"a", "b"}};
    ScriptedSource unverified(noise(3 * kMiB));
    EXPECT_FALSE(open()->put("Data/x", unverified.fails_to_verify(), options, {}));
    ScriptedSource failing(noise(3 * kMiB));
    EXPECT_FALSE(open()->put("Data/x", failing.fails_after(2 * kMiB), options, {}));
    std::stop_source stop;
    ScriptedSource stopped(noise(3 * kMiB));
    stopped.on_read([&](std::size_t offset) { offset > 0 ? stop.request_stop() : false; });
    EXPECT_FALSE(open()->put("Data/x", stopped, options, stop.get_token()));
  }
  EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(DirectoryStore, LeavesTheRootAlone) {
  TreeBuilder(directory_.path()).file("outside/secret", "secret").symlink("../../outside", "store/Data/out");
  tree().symlink("../../outside/secret", "Data/link").symlink("/etc", "Manifests");
  EXPECT_EQ(get("Data/out/secret"), "<error outside-root>");
  EXPECT_EQ(get("Data/link"), "<error outside-root>");
  const Status created = put("Data/out/new", "x");
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), ErrorCode::kOutsideRoot);
  EXPECT_FALSE(put("Manifests/attache-test", "x"));
  EXPECT_FALSE(open()->remove("Data/out/secret", {}));
  EXPECT_EQ(keys(), std::vector<std::string>{});
  // A link under the object's own name is replaced, what it leads to stays as it is.
  ASSERT_TRUE(put("Data/link", "own"));
  EXPECT_EQ(get("Data/link"), "own");
  EXPECT_EQ(read_file(directory_ / "outside/secret", 100).value(), "secret");
  EXPECT_FALSE(std::filesystem::exists(directory_ / "outside/new"));
}

TEST_F(DirectoryStore, FollowsLinksThatStayInside) {
  tree().file("real/a", "1").symlink("real", "Data").symlink("a", "real/b");
  EXPECT_EQ(get("Data/a"), "1");
  EXPECT_EQ(get("real/b"), "1");
  ASSERT_TRUE(put("Data/c", "3"));
  EXPECT_EQ(get("real/c"), "3");
  EXPECT_EQ(keys(), (std::vector<std::string>{"real/a", "real/b", "real/c"})) << "linked directories are not entered";
}

TEST_F(DirectoryStore, ListsInByteOrderOfWholeKeys) {
  tree().file("a/b").file("a-b").file("a.b").file("a0").file("a/0").file("a!").directory("empty/deep");
  EXPECT_EQ(keys(), (std::vector<std::string>{"a!", "a-b", "a.b", "a/0", "a/b", "a0"}));
}

TEST_F(DirectoryStore, ListsOnlyWhatCanBeAKey) {
  tree().file("ok").file("bad\xff").fifo("fifo").symlink("nowhere", "dangling").directory("dir");
  EXPECT_EQ(keys(), std::vector<std::string>{"ok"});
  EXPECT_EQ(get("fifo"), "<absent>");
  EXPECT_EQ(get("dir"), "<absent>");
}

TEST_F(DirectoryStore, RefusesAnObjectWhereADirectoryIs) {
  ASSERT_TRUE(put("a/b", "1"));
  EXPECT_FALSE(put("a", "2"));
  EXPECT_FALSE(put("a/b/c", "3"));
  EXPECT_TRUE(open()->remove("a", {}));
  EXPECT_EQ(files(), std::vector<std::string>{"a/b"});
}

TEST_F(DirectoryStore, NoticesAnObjectThatShrinksWhileItIsRead) {
  ASSERT_TRUE(put("Data/x", noise(3 * kMiB)));
  CollectingSink sink;
  sink.on_write([&](std::size_t) { std::filesystem::resize_file(root_ + "/Data/x", 10); });
  const auto info = open()->get("Data/x", sink, {}, {});
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code(), ErrorCode::kIntegrity);
  EXPECT_NE(info.error().message().find("Data/x"), std::string::npos);
}

TEST_F(DirectoryStore, RefusesARootThatIsAFile) {
  TreeBuilder(directory_.path()).file("store", "a file");
  EXPECT_FALSE(put("x", "1"));
  EXPECT_FALSE(open()->head("x", {})) << "a file is no empty store";
  EXPECT_FALSE(open()->list("", {}, {}));
  EXPECT_EQ(read_file(root_, 100).value(), "a file");
}

TEST_F(DirectoryStore, RefusesARootThatIsAFifo) {
  ASSERT_EQ(::mkfifo(root_.c_str(), 0600), 0);
  EXPECT_FALSE(open()->head("x", {})) << "a FIFO is no empty store";
  EXPECT_FALSE(open()->list("", {}, {}));
}

TEST_F(DirectoryStore, SaysWhichFileCannotBeReadOrWritten) {
  ASSERT_TRUE(put("Data/secret", "1"));
  ASSERT_TRUE(put("Data/open", "1"));
  tree().mode("Data/secret", 0).mode("Data", 0555).directory("Manifests").mode("Manifests", 0);
  const std::string found = run_unprivileged(directory_.path(), [this] {
    std::string text;
    CollectingSink sink;
    const auto unreadable = open()->get("Data/secret", sink, {}, {});
    text += unreadable ? "read it\n" : unreadable.error().to_string() + "\n";
    const Status unwritable = put("Data/new", "1");
    text += unwritable ? "wrote it\n" : unwritable.error().to_string() + "\n";
    const auto unlistable = open()->list("", {}, {});
    text += unlistable ? "listed it\n" : unlistable.error().to_string() + "\n";
    const Status unremovable = open()->remove("Data/open", {});
    text += unremovable ? "removed it\n" : unremovable.error().to_string() + "\n";
    return text;
  });
  EXPECT_EQ(std::ranges::count(found, '\n'), 4);
  for (const char* part : {"Data/secret", "Data/", "Manifests", "Data/open", "ermission"}) {
    EXPECT_NE(found.find(part), std::string::npos) << part << " is not in:\n" << found;
  }
  for (const char* part : {"read it", "wrote it", "listed it", "removed it"}) {
    EXPECT_EQ(found.find(part), std::string::npos) << found;
  }
  tree().mode("Data", 0755).mode("Manifests", 0755);
  EXPECT_EQ(files(), (std::vector<std::string>{"Data/open", "Data/secret"}));
}

constexpr std::uint64_t kSmallDisk = std::uint64_t{1} << 20U;

TEST_F(DirectoryStore, SaysThatTheDiskIsFullAndLeavesNothingBehind) {
  TreeBuilder(directory_.path()).directory("store");
  const std::optional<std::string> found = on_a_small_disk(root_, kSmallDisk, [this] {
    std::string text;
    // Larger than the disk (its space is reserved first), and many small ones until there is no room.
    ScriptedSource source(noise(4 * kMiB));
    const Status large = open()->put("Data/large", source, {}, {});
    if (source.bytes_read() > 0) return std::string("read before there was room");
    text += large ? "stored\n" : std::string(to_string(large.error().code())) + " " + large.error().to_string() + "\n";
    Status small;
    for (int i = 0; i < 100 && small; ++i) small = put("Data/" + std::to_string(i), noise(100'000));
    text += small ? "stored\n" : std::string(to_string(small.error().code())) + " " + small.error().to_string() + "\n";
    std::size_t strangers = 0;
    for (const std::string& file : files()) strangers += file.find(".attache-") != std::string::npos ? 1 : 0;
    text += std::to_string(strangers) + " temporary files\n";
    text += get("Data/large") + "\n";
    return text;
  });
  if (!found) GTEST_SKIP() << "mounting a file system is not allowed here";
  EXPECT_TRUE(found->starts_with("no-space ")) << *found;
  EXPECT_NE(found->find("\nno-space "), std::string::npos) << *found;
  EXPECT_NE(found->find("Data/"), std::string::npos) << *found;
  EXPECT_TRUE(found->ends_with("\n0 temporary files\n<absent>\n")) << *found;
}

TEST_F(DirectoryStore, CanBeMadeDurableWithAnotherDiskBelowTheRoot) {
  TreeBuilder(directory_.path()).directory("store/Data");
  ASSERT_TRUE(put("Manifests/m", "{}"));
  const std::optional<std::string> found = on_a_small_disk(root_ + "/Data", kSmallDisk, [this] {
    if (!put("Data/x", "1")) return std::string("not stored");
    const Status status = open()->make_durable({});
    return status ? std::string("durable") : status.error().to_string();
  });
  if (!found) GTEST_SKIP() << "mounting a file system is not allowed here";
  EXPECT_EQ(*found, "durable");
}

TEST_F(DirectoryStore, NamesItsRootAsAUri) {
  EXPECT_EQ(open()->uri("Data/x"), "file://" + root_ + "/Data/x");
}

}  // namespace
}  // namespace attache::testing
