#include "byte_budget.hpp"

#include <attache/base/byte_size.hpp>

#include "pages.hpp"

#include <algorithm>
#include <new>

namespace attache {

namespace {

// The kernel copies twice as fast to the start of a page as to where malloc() puts large memory.
constexpr std::align_val_t kAlignment{4096};

/// Kept for the next leases: as much as is under way at a time where the server is near.
constexpr std::uint64_t kMostIdle = 32 * kMiB;

/// A lease may get a block that is so many times as large.
constexpr std::size_t kMostTimes = 4;

}  // namespace

void ByteBudget::Free::operator()(std::byte* memory) const {
  if (bytes >= kMappedFrom) {
    unmap_pages(memory, bytes);
  } else {
    ::operator delete(memory, kAlignment);
  }
}

ByteBudget::Lease& ByteBudget::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = other.bytes_;
    block_ = std::move(other.block_);
  }
  return *this;
}

std::span<std::byte> ByteBudget::Lease::memory() {
  const auto bytes = static_cast<std::size_t>(bytes_);
  if (!block_.memory && bytes > 0) block_ = budget_->take(bytes);
  return {block_.memory.get(), bytes};
}

void ByteBudget::Lease::release() {
  if (budget_ == nullptr) return;
  std::vector<Block> dropped;  // freed when the lock is not held any more
  {
    const std::lock_guard lock(budget_->mutex_);
    budget_->used_ -= std::max<std::uint64_t>(bytes_, block_.bytes);
    if (block_.bytes >= kMappedFrom) {
      budget_->idle_bytes_ += block_.bytes;
      budget_->idle_.push_back(std::move(block_));
      budget_->shrink_idle(std::min(budget_->unused(), kMostIdle), dropped);
    }
  }
  block_ = {};
  budget_->changed_.notify_all();
}

/// With mutex_ held: keeps no more than `most` bytes, and drops what has been idle the longest.
void ByteBudget::shrink_idle(std::uint64_t most, std::vector<Block>& dropped) {
  while (idle_bytes_ > most) {
    idle_bytes_ -= idle_.front().bytes;
    dropped.push_back(std::move(idle_.front()));
    idle_.pop_front();
  }
}

ByteBudget::Block ByteBudget::take(std::size_t bytes) {
  std::vector<Block> dropped;  // freed when the lock is not held any more
  if (bytes >= kMappedFrom) {
    const std::lock_guard lock(mutex_);
    // The smallest that is large enough; of several the last one that came back, which the processor's caches know.
    auto best = idle_.end();
    for (auto block = idle_.begin(); block != idle_.end(); ++block) {
      if (block->bytes < bytes || block->bytes / kMostTimes > bytes) continue;
      if (best == idle_.end() || block->bytes <= best->bytes) best = block;
    }
    if (best != idle_.end()) {
      Block block = std::move(*best);
      idle_.erase(best);
      idle_bytes_ -= block.bytes;
      used_ += block.bytes - bytes;  // others wait for these, too
      return block;
    }
    shrink_idle(unused(), dropped);
  }
  dropped.clear();
  Block block;
  std::byte* const memory =
      bytes >= kMappedFrom ? map_pages(bytes) : static_cast<std::byte*>(::operator new(bytes, kAlignment));
  if (memory == nullptr) throw std::bad_alloc();
  block.memory = {memory, Free(bytes)};
  block.bytes = bytes;
  return block;
}

Result<ByteBudget::Lease> ByteBudget::acquire(std::uint64_t bytes, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  const bool granted = changed_.wait(lock, stop, [&] { return fits(bytes); }) && !stop.stop_requested();
  --waiting_;
  if (!granted) return cancelled();
  used_ += bytes;
  return Lease(this, bytes);
}

std::optional<ByteBudget::Lease> ByteBudget::try_acquire(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (waiting_ > 0 || !fits(bytes)) return std::nullopt;
  used_ += bytes;
  return Lease(this, bytes);
}

}  // namespace attache
