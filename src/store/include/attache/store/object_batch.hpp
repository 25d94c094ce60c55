#pragma once

#include <attache/base/result.hpp>
#include <attache/store/object_store.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace attache {

/// What is to be done with one object of a batch.
struct ObjectTask {
  enum class Kind : std::uint8_t { kHead, kGet, kPut };
  Kind kind = Kind::kHead;
  std::string key{};
  /// The caller's own: the batch gives it back.
  std::size_t number = 0;

  ObjectSink* sink = nullptr;  ///< kGet
  GetOptions get{};
  /// kGet: what the caller believes the object's size to be. Memory is set aside for it; a wrong one costs time only.
  std::optional<std::uint64_t> expected_size{};

  ObjectSource* source = nullptr;  ///< kPut
  PutOptions put{};
};

/// Many objects, one task each: for small objects, whose time is that of a round trip. Sinks and sources must live
/// until done() was called for their task.
class ObjectBatch {
 public:
  virtual ~ObjectBatch() = default;
  /// The next task; nothing if there are no more. Asked again only by another run().
  virtual std::optional<ObjectTask> next() = 0;
  /// How a task ended: once for each that next() gave. What head(), get() or put() would have returned; for kPut the
  /// object's key and size.
  virtual void done(const ObjectTask& task, Result<std::optional<ObjectInfo>> result) = 0;
};

}  // namespace attache
