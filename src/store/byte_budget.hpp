#pragma once

#include <attache/base/result.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace attache {

/// Memory that several calls share. Who waits for a lease must hold none: then somebody can always go on. A lease may
/// be larger than the budget; it is granted when nobody else has one. Thread-safe.
class ByteBudget {
 public:
  /// Gives its bytes back when it goes. Move-only.
  class Lease {
   public:
    Lease(Lease&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { release(); }

   private:
    friend class ByteBudget;
    Lease(ByteBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
    void release();
    ByteBudget* budget_;
    std::uint64_t bytes_;
  };

  explicit ByteBudget(std::uint64_t bytes) : bytes_(bytes) {}

  /// Waits until the bytes are there; kCancelled when `stop` fires.
  Result<Lease> acquire(std::uint64_t bytes, std::stop_token stop);
  /// Nothing if the bytes are not there now, or somebody waits: who has a lease and wants another must not overtake
  /// those who have none, or a large transfer would keep all the small ones waiting until its end.
  std::optional<Lease> try_acquire(std::uint64_t bytes);

 private:
  bool fits(std::uint64_t bytes) const { return used_ == 0 || (used_ < bytes_ && bytes <= bytes_ - used_); }

  const std::uint64_t bytes_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t used_ = 0;   // guarded by mutex_
  std::size_t waiting_ = 0;  // guarded by mutex_
};

}  // namespace attache
