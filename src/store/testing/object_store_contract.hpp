#pragma once

#include <attache/store/object_store.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace attache::testing {

/// An empty store and whatever must live as long as it.
class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual ObjectStore& store() = 0;
};

struct ObjectStoreFactory {
  std::string name;  ///< of the store, letters only
  /// A new, empty store; nothing: there is none here (a server that is not configured), the tests are skipped.
  std::function<std::unique_ptr<StoreUnderTest>()> make;
  /// Keys of the paging test; more than one full page.
  std::size_t many_keys = 2500;
};
void PrintTo(const ObjectStoreFactory& factory, std::ostream* out);

/// The contract of ObjectStore. In a test program:
///   INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract, ::testing::Values(ObjectStoreFactory{...}));
class ObjectStoreContract : public ::testing::TestWithParam<ObjectStoreFactory> {
 protected:
  void SetUp() override;

  ObjectStore& store() { return under_test_->store(); }
  Status put(std::string_view key, std::string_view content, const PutOptions& options = {});
  /// The content, or "<absent>", or "<error CODE>".
  std::string content(std::string_view key, const GetOptions& options = {});
  /// Keys of all pages, in the order given.
  std::vector<std::string> keys(std::string_view prefix = "", ListOptions options = {});
  /// Keys and common prefixes of all pages in the order given, those of a page by byte order.
  std::vector<std::string> level(std::string_view prefix, ListOptions options = {.start_after = {}, .delimiter = "/"});

 private:
  /// Does nothing but be in the file that has it: a linker leaves files of a library out that nobody asks for, and
  /// their tests with them.
  static void link_operations();
  static void link_batches();

  std::unique_ptr<StoreUnderTest> under_test_;
};

/// A source that can misbehave.
class ScriptedSource final : public ObjectSource {
 public:
  explicit ScriptedSource(std::string content) : content_(std::move(content)), size_(content_.size()) {}

  ScriptedSource& claims(std::uint64_t size) {
    size_ = size;
    return *this;
  }
  ScriptedSource& fails_after(std::size_t bytes) {
    fails_after_ = bytes;
    return *this;
  }
  ScriptedSource& fails_to_verify() {
    verifies_ = false;
    return *this;
  }
  /// Called before each read with the number of bytes read so far.
  ScriptedSource& on_read(std::function<void(std::size_t)> callback) {
    on_read_ = std::move(callback);
    return *this;
  }

  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read(std::span<std::byte> buffer) override;
  Status verify() override;
  bool was_verified() const { return verified_; }
  std::size_t bytes_read() const { return offset_; }

 private:
  std::string content_;
  std::uint64_t size_;
  std::size_t offset_ = 0;
  std::size_t fails_after_ = ~std::size_t{0};
  bool verifies_ = true;
  bool verified_ = false;
  std::function<void(std::size_t)> on_read_;
};

/// Collects what it is given.
class CollectingSink final : public ObjectSink {
 public:
  Status begin(const ObjectInfo& object) override;
  Status write(std::span<const std::byte> data) override;

  /// write() fails once this many bytes have come.
  CollectingSink& fails_after(std::size_t bytes) {
    fails_after_ = bytes;
    return *this;
  }
  CollectingSink& on_write(std::function<void(std::size_t)> callback) {
    on_write_ = std::move(callback);
    return *this;
  }

  int begins = 0;
  ObjectInfo info;
  std::string content;

 private:
  std::size_t fails_after_ = ~std::size_t{0};
  std::function<void(std::size_t)> on_write_;
};

/// Bytes without pattern, the same for the same arguments.
std::string noise(std::size_t size, std::uint32_t seed = 1);

}  // namespace attache::testing
