#pragma once

#include <attache/fsio/open_file.hpp>
#include <attache/hash/xxh3.hpp>
#include <attache/store/object_store.hpp>

#include "source_tree.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace attache {

/// A file, or a chunk of one, as the content that a manifest says it is. Every byte that goes out is hashed again on
/// its way; verify() compares, so that no store publishes bytes under a hash they do not have. May be opened anew for
/// another file. Not thread-safe.
class ContentSource final : public ObjectSource {
 public:
  struct Content {
    std::string_view path;  ///< as SourceTree has it; must outlive the source
    Digest hash;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool is_chunk = false;  ///< the file may go on behind it
  };

  /// Errors are those of the file, and such is has_failed().
  Status open(const SourceTree& tree, const Content& content);
  /// Hears of every block (for progress).
  void on_bytes(std::function<void(std::size_t)> callback) { on_bytes_ = std::move(callback); }
  void close() { file_.reset(); }

  std::uint64_t size() const override { return content_.size; }
  Result<std::size_t> read(std::span<std::byte> buffer) override;
  Status verify() override;
  void release() override { close(); }
  bool can_read_at() const override { return true; }
  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> buffer) override;

  /// The last error came from the file: it is gone, unreadable or not what it was.
  bool has_failed() const { return has_failed_; }

 private:
  tl::unexpected<Error> changed(const std::string& how);

  const SourceTree* tree_ = nullptr;
  Content content_;
  std::optional<OpenFile> file_;
  std::function<void(std::size_t)> on_bytes_;
  std::uint64_t bytes_read_ = 0;
  std::atomic<bool> has_failed_{false};  // read_at() may set it on any thread
  bool is_hashed_ = false;               // all at once
  Digest digest_;
  Xxh128Stream hash_;
};

}  // namespace attache
