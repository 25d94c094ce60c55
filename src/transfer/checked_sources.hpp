#pragma once

#include <attache/fsio/open_file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/object_store.hpp>

#include "needed_contents.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace attache {

/// A content from somewhere that may have another: every byte is hashed on its way, and verify() lets only the right
/// ones be stored. Tells the errors of where they come from apart from those of where they go.
class CheckedSource : public ObjectSource {
 public:
  /// `on_bytes` hears of every block.
  CheckedSource(const NeededContent& content, std::function<void(std::uint64_t)> on_bytes)
      : content_(content), on_bytes_(std::move(on_bytes)) {}

  std::uint64_t size() const final { return content_.size; }
  Result<std::size_t> read(std::span<std::byte> buffer) final;
  Status verify() final;

  /// What was wrong with the source; nothing if it was not the source that failed.
  const std::optional<Error>& error() const { return error_; }
  std::uint64_t bytes_read() const { return offset_; }

 protected:
  const NeededContent& content() const { return content_; }

 private:
  /// Bytes from `offset` on, no more than `buffer` and the content have; 0: there are no more.
  virtual Result<std::size_t> read_from(std::uint64_t offset, std::span<std::byte> buffer) = 0;
  virtual std::string name() const = 0;

  const NeededContent content_;
  const std::function<void(std::uint64_t)> on_bytes_;
  std::uint64_t offset_ = 0;
  Xxh128Stream hash_;
  std::optional<Error> error_;
};

/// A file, or a chunk of it.
class FileRangeSource final : public CheckedSource {
 public:
  /// `name` is the file's, for messages.
  FileRangeSource(OpenFile file, std::string name, std::uint64_t begin, const NeededContent& content,
                  std::function<void(std::uint64_t)> on_bytes)
      : CheckedSource(content, std::move(on_bytes)), file_(std::move(file)), name_(std::move(name)), begin_(begin) {}

 private:
  Result<std::size_t> read_from(std::uint64_t offset, std::span<std::byte> buffer) override;
  std::string name() const override { return name_; }

  OpenFile file_;
  std::string name_;
  std::uint64_t begin_;
};

/// An object of another store, in ranges of 8 MiB of one version.
class OtherStoreSource final : public CheckedSource {
 public:
  /// `store` must outlive it.
  OtherStoreSource(ObjectStore& store, const NeededContent& content, std::function<void(std::uint64_t)> on_bytes,
                   std::stop_token stop);

  /// The object that was found.
  std::string name() const override { return store_.uri(key_); }

 private:
  Result<std::size_t> read_from(std::uint64_t offset, std::span<std::byte> buffer) override;
  Status fetch(std::uint64_t offset);

  ObjectStore& store_;
  std::stop_token stop_;
  std::string key_;
  std::string etag_;
  bool found_ = false;
  std::vector<std::byte> block_;
  std::uint64_t block_offset_ = 0;
};

}  // namespace attache
