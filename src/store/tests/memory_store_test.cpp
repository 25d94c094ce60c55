#include <attache/store/memory_store.hpp>
#include <attache/store/testing/object_store_contract.hpp>

namespace attache::testing {
namespace {

class MemoryStoreUnderTest final : public StoreUnderTest {
 public:
  ObjectStore& store() override { return *store_; }

 private:
  std::unique_ptr<ObjectStore> store_ = make_memory_store();
};

INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract,
                         ::testing::Values(ObjectStoreFactory{
                             "Memory", [] { return std::make_unique<MemoryStoreUnderTest>(); }}));

TEST(MemoryStore, LetsAReaderFinishWithTheObjectThatItBegan) {
  const std::unique_ptr<ObjectStore> store = make_memory_store();
  const std::string first = noise(1'000'000);
  ScriptedSource source(first);
  ASSERT_TRUE(store->put("x", source, {}, {}));
  CollectingSink sink;
  sink.on_write([&](std::size_t) { ASSERT_TRUE(store->remove("x", {})); });
  ASSERT_TRUE(store->get("x", sink, {}, {}));
  EXPECT_EQ(sink.content, first);
}

TEST(MemoryStore, DoesNotBelieveASizeThatNoMemoryHas) {
  const std::unique_ptr<ObjectStore> store = make_memory_store();
  ScriptedSource source("tiny");
  const Status status = store->put("x", source.claims(~std::uint64_t{0}), {}, {});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), ErrorCode::kSourceChanged);
}

TEST(MemoryStore, BearsTheNameThatItIsGiven) {
  EXPECT_EQ(make_memory_store()->uri("a"), "memory:/a");
  EXPECT_EQ(make_memory_store({.name = "memory://test"})->root_uri(), "memory://test");
}

}  // namespace
}  // namespace attache::testing
