#include "byte_budget.hpp"

#include "pages.hpp"

#include <algorithm>
#include <new>

namespace attache {

namespace {

// The kernel copies twice as fast to the start of a page as to where malloc() puts large memory.
constexpr std::align_val_t kAlignment{4096};

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
  {
    const std::lock_guard lock(budget_->mutex_);
    budget_->used_ -= bytes_;
    if (block_.bytes >= kMappedFrom && budget_->used_ + budget_->idle_bytes_ + block_.bytes <= budget_->bytes_) {
      budget_->idle_bytes_ += block_.bytes;
      budget_->idle_.push_back(std::move(block_));
    }
  }
  block_ = {};
  budget_->changed_.notify_all();
}

ByteBudget::Block ByteBudget::take(std::size_t bytes) {
  std::vector<Block> dropped;  // freed when the lock is not held any more
  {
    const std::lock_guard lock(mutex_);
    // Not much larger: what is handed out is accounted for by what was asked for.
    const auto found = std::ranges::find_if(
        idle_, [&](const Block& block) { return block.bytes >= bytes && block.bytes - bytes <= bytes / 4; });
    if (found != idle_.end()) {
      Block block = std::move(*found);
      idle_.erase(found);
      idle_bytes_ -= block.bytes;
      return block;
    }
    while (!idle_.empty() && used_ + idle_bytes_ > bytes_) {
      idle_bytes_ -= idle_.back().bytes;
      dropped.push_back(std::move(idle_.back()));
      idle_.pop_back();
    }
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
