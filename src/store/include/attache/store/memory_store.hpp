#pragma once

#include <attache/store/object_store.hpp>

#include <memory>
#include <string>

namespace attache {

struct MemoryStoreOptions {
  /// What root_uri() says.
  std::string name = "memory:";
};

/// A store in memory, for tests and for programs that embed the engine. Keeps whole objects, so its memory is bounded
/// by what is put into it only. Thread-safe; an object that is being read stays readable when it is replaced or
/// removed.
std::unique_ptr<ObjectStore> make_memory_store(const MemoryStoreOptions& options = {});

}  // namespace attache
