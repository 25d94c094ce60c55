#include "byte_budget.hpp"

namespace attache {

ByteBudget::Lease& ByteBudget::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = other.bytes_;
  }
  return *this;
}

void ByteBudget::Lease::release() {
  if (budget_ == nullptr) return;
  {
    const std::lock_guard lock(budget_->mutex_);
    budget_->used_ -= bytes_;
  }
  budget_->changed_.notify_all();
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
