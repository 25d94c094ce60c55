#pragma once

#include <attache/base/result.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace attache {

/// Memory that several calls share. Who waits for a lease must hold none: then somebody can always go on. A lease may
/// be larger than the budget; it is granted when nobody else has one. Thread-safe.
///
/// The memory itself is handed on from lease to lease: 8 MiB that the system gives anew cost it 2,048 page faults, half
/// as much as to read them from a socket. A lease of that kind counts for its block, which may be larger.
class ByteBudget {
 private:
  struct Free {
    // No initialiser of the member: that is not known before the end of the class around it.
    Free() noexcept : bytes(0) {}
    explicit Free(std::size_t size) noexcept : bytes(size) {}
    std::size_t bytes;
    void operator()(std::byte* memory) const;
  };
  struct Block {
    std::unique_ptr<std::byte, Free> memory;
    std::size_t bytes = 0;
  };

 public:
  /// Memory of a lease from this size on is mapped from the system and handed on; less comes from malloc.
  static constexpr std::size_t kMappedFrom = std::size_t{64} * 1024;

  /// Gives its bytes back when it goes. Move-only; used by one thread at a time.
  class Lease {
   public:
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_), block_(std::move(other.block_)) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }

    /// As many bytes as were asked for, at the start of a page, with whatever was in them; the same at every call. Made
    /// by the first.
    std::span<std::byte> memory();

   private:
    friend class ByteBudget;
    Lease(ByteBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
    void release();
    ByteBudget* budget_;
    std::uint64_t bytes_;
    Block block_;
  };

  explicit ByteBudget(std::uint64_t bytes) : bytes_(bytes) {}

  /// Waits until the bytes are there; kCancelled when `stop` fires.
  Result<Lease> acquire(std::uint64_t bytes, std::stop_token stop);
  /// Nothing if the bytes are not there now, or somebody waits: who has a lease and wants another must not overtake
  /// those who have none, or a large transfer would keep all the small ones waiting until its end.
  std::optional<Lease> try_acquire(std::uint64_t bytes);

 private:
  Block take(std::size_t bytes);
  void shrink_idle(std::uint64_t most, std::vector<Block>& dropped);

  // With mutex_ held.
  std::uint64_t unused() const { return bytes_ - std::min(bytes_, used_); }
  bool fits(std::uint64_t bytes) const { return used_ == 0 || (used_ < bytes_ && bytes <= bytes_ - used_); }

  const std::uint64_t bytes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t used_ = 0;      // guarded by mutex_
  std::size_t waiting_ = 0;     // guarded by mutex_
  std::deque<Block> idle_;      // guarded by mutex_: given back, the last at the end; no more than what is not in use
  std::size_t idle_bytes_ = 0;  // guarded by mutex_
};

}  // namespace attache
