#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>

namespace attache {

/// Reads an ObjectSource and holds it to its promise: exactly size() bytes, then a verify() that succeeds. Every store
/// reads through it, so that the promise means the same everywhere. Not thread-safe.
class SourceReader {
 public:
  /// `uri` is the object's, for messages. The source must outlive the reader.
  SourceReader(ObjectSource& source, std::string uri) : source_(source), uri_(std::move(uri)), size_(source.size()) {}

  ObjectSource& source() const { return source_; }
  const std::string& uri() const { return uri_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t remaining() const { return size_ - offset_; }

  /// Fills all of `buffer`, or what remains of the source if that is less; the number of bytes. kSourceChanged if the
  /// source ends before its size, kCancelled between two reads.
  Result<std::size_t> fill(std::span<std::byte> buffer, const std::stop_token& stop);

  /// To be called when nothing remains: kSourceChanged if there is another byte, otherwise the source's verify().
  Status finish(const std::stop_token& stop);

 private:
  ObjectSource& source_;
  std::string uri_;
  std::uint64_t size_;
  std::uint64_t offset_ = 0;
};

}  // namespace attache
